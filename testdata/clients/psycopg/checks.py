"""psycopg 3 against a gateway with the data set `events` (20,000 rows). Argument: port."""

import datetime
import decimal
import sys
import threading
import time
import uuid

import psycopg
from psycopg.types.json import Json

DSN = f"host=127.0.0.1 port={sys.argv[1]} user=test dbname=sluice"


def ok(name):
    print("ok", name, flush=True)


def values(connection):
    now = datetime.datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc)
    sent = (
        True, 7, 2**40, 1.5, decimal.Decimal("12.340"), "ä'\\", b"\x00\xff", datetime.date(2024, 2, 29),
        datetime.time(1, 2, 3, 4), now.replace(tzinfo=None), now, uuid.UUID(int=5), datetime.timedelta(days=3, seconds=4), None,
    )
    types = "bool int bigint float8 numeric(10,3) text bytea date time timestamp timestamptz uuid interval text".split()
    casts = ", ".join(f"%s::{name}" for name in types)
    for binary in (False, True):
        with connection.cursor(binary=binary) as cursor:
            got = cursor.execute(f"SELECT {casts}", sent).fetchone()
            assert got == sent, (binary, got)
            assert cursor.execute("SELECT %b::int, %t::text", (5, "x")).fetchone() == (5, "x")
            assert cursor.execute("SELECT %s::int[]", ([1, None, 3],)).fetchone()[0] == [1, None, 3]
            assert cursor.execute("SELECT %s::json", (Json({"a": 1}),)).fetchone()[0] == {"a": 1}


def copies(connection):
    connection.execute("CREATE TABLE psycopg_c (i INTEGER, s TEXT, n NUMERIC(10,2), d DATE, t TIMESTAMP, b BYTEA, l INTEGER[])")
    now = datetime.datetime(2024, 5, 1, 10, 0, 0, 123456)
    types = ["int4", "text", "numeric", "date", "timestamp", "bytea", "int4[]"]
    rows = [
        (n, f"tab\t{n}\n\\ä", decimal.Decimal(n) / 4, datetime.date(2024, 2, 29), now, bytes([n % 256, 0, 92]), [n, None])
        for n in range(3000)
    ] + [(None,) * 7]
    for binary in ("", " (FORMAT binary)"):
        connection.execute("DELETE FROM psycopg_c")
        cursor = connection.cursor()
        with cursor.copy(f"COPY psycopg_c FROM STDIN{binary}") as copy:
            if binary:
                copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        assert cursor.rowcount == 3001, cursor.rowcount
        with cursor.copy(f"COPY (SELECT * FROM psycopg_c ORDER BY i NULLS LAST) TO STDOUT{binary}") as copy:
            copy.set_types(types)
            assert list(copy.rows()) == rows
    cursor = connection.cursor()
    try:
        with cursor.copy("COPY psycopg_c (i) FROM STDIN") as copy:
            copy.write("1\n2\nx\n")
        raise AssertionError("no error")
    except psycopg.errors.InvalidTextRepresentation as error:
        assert error.diag.context == 'COPY psycopg_c, line 3, column i: "x"', error.diag.context
    try:
        with cursor.copy("COPY psycopg_c (i) FROM STDIN") as copy:
            copy.write("1\n")
            raise ValueError("enough")
    except ValueError:
        pass
    assert connection.execute("SELECT count(*) FROM psycopg_c").fetchone() == (3001,)
    with cursor.copy("COPY events TO STDOUT") as copy:
        assert sum(1 for _ in copy.rows()) == 20000
    connection.execute("DROP TABLE psycopg_c")


def main():
    with psycopg.connect(DSN, autocommit=True) as connection:
        assert connection.info.server_version // 10000 == 15
        ok("connects")
        values(connection)
        ok("values, text and binary")
        query = "SELECT count(*), sum(amount) FROM events WHERE region = %s AND id < %s"
        expected = connection.execute("SELECT count(*), sum(amount) FROM events WHERE region = 'EU' AND id < 900").fetchone()
        for prepare in (False, True, True):
            assert connection.execute(query, ("EU", 900), prepare=prepare).fetchone() == expected
        ok("server-side parameters on a data set")
        connection.execute("CREATE TABLE psycopg_t (id INTEGER PRIMARY KEY, s TEXT)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO psycopg_t VALUES (%s, %s)", [(n, f"s{n}") for n in range(100)])
            assert cursor.rowcount == 100
        ok("executemany")
        with connection.pipeline():
            cursors = [connection.execute("SELECT s FROM psycopg_t WHERE id = %s", (n,)) for n in range(20)]
        assert [cursor.fetchone()[0] for cursor in cursors] == [f"s{n}" for n in range(20)]
        ok("pipeline")
        try:
            with connection.pipeline() as pipeline:
                connection.execute("INSERT INTO psycopg_t VALUES (200, 'a')")
                connection.execute("SELECT nothing")
                connection.execute("INSERT INTO psycopg_t VALUES (201, 'a')")
                pipeline.sync()
            raise AssertionError("no error")
        except psycopg.errors.UndefinedColumn:
            pass
        assert connection.execute("SELECT count(*) FROM psycopg_t").fetchone() == (100,)
        ok("error in a pipeline undoes it")
        try:
            with connection.transaction():
                connection.execute("DELETE FROM psycopg_t")
                connection.execute("SELECT 1 FROM nothing")
        except psycopg.errors.UndefinedTable:
            pass
        assert connection.execute("SELECT count(*) FROM psycopg_t").fetchone() == (100,)
        ok("transaction rolls back")
        assert sum(1 for _ in connection.cursor().stream("SELECT id FROM events")) == 20000
        ok("stream, row by row")
        threading.Timer(0.5, connection.cancel).start()
        started = time.monotonic()
        try:
            connection.execute("SELECT count(*) FROM range(10000000000) a, range(1000) b")
            raise AssertionError("not cancelled")
        except psycopg.errors.QueryCanceled:
            assert time.monotonic() - started < 5
        assert connection.execute("SELECT 1").fetchone() == (1,)
        ok("cancel")
        copies(connection)
        connection.execute("DROP TABLE psycopg_t")
        ok("COPY in and out, text and binary, errors, breaking off")


main()
