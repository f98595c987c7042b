"""psycopg2. Argument: port."""

import datetime
import decimal
import io
import pathlib
import select
import sys
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.sql
from report import PORT, check

psycopg2.extras.register_uuid()


def connect(**more):
    return psycopg2.connect(host="127.0.0.1", port=PORT, user="test", dbname="sluice", **more)


def run(sql, *args, autocommit=True):
    connection = connect()
    connection.autocommit = autocommit
    with connection.cursor() as cursor:
        cursor.execute(sql, *args)
        seen = cursor.fetchall() if cursor.description else cursor.rowcount
    connection.close()
    return seen


def started():
    with connect(application_name="checks", options="-c statement_timeout=60000") as connection:
        shown = {name: connection.get_parameter_status(name) for name in ("server_encoding", "DateStyle", "integer_datetimes", "application_name", "standard_conforming_strings", "IntervalStyle")}
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return connection.server_version // 10000, connection.encoding, shown, cursor.fetchone(), connection.info.dbname


VALUES = [
    (True, "bool"), (7, "int"), (2**40, "bigint"), (1.5, "float8"), (decimal.Decimal("12.340"), "numeric(10,3)"), ("ä'\\%", "text"),
    (b"\x00\xff'\\", "bytea"), (datetime.date(2024, 2, 29), "date"), (datetime.time(1, 2, 3, 4), "time"),
    (datetime.datetime(2024, 5, 1, 10, 0, 0, 123456), "timestamp"),
    (datetime.datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc), "timestamptz"),
    (datetime.timedelta(days=3, seconds=4, microseconds=5), "interval"), (uuid.UUID(int=5), "uuid"), ([1, None, 3], "int[]"), (["a", "b,c", None], "text[]"),
    (psycopg2.extras.Json({"a": [1, None]}), "json"), (psycopg2.extras.Json({"a": 1}), "jsonb"), (None, "text"), (float("nan"), "float8"), (float("-inf"), "float8"),
]


def values():
    with connect() as connection, connection.cursor() as cursor:
        seen = []
        for value, name in VALUES:
            cursor.execute(f"SELECT %s::{name}", (value,))
            got = cursor.fetchone()[0]
            seen.append([name, type(got).__name__, str(got.tobytes()) if isinstance(got, memoryview) else str(got)])
        return seen


def described():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS a, 'x'::text AS b, 1.5::numeric(8,2) AS c, now() AS d, '{1}'::int[] AS e, 1::int8, true")
        return [[column.name, column.type_code, column.internal_size, column.precision, column.scale] for column in cursor.description]


def dictionaries():
    with connect() as connection:
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute("SELECT 1 AS one, 'b' AS two")
            real = dict(cursor.fetchone())
        with connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as cursor:
            cursor.execute("SELECT 1 AS one, 'b' AS two")
            return real, tuple(cursor.fetchone())


def server_side():
    connection = connect()
    named = connection.cursor("named", scrollable=True)
    named.itersize = 10
    named.execute("SELECT n, 'row ' || n FROM generate_series(1, %s) AS g(n) ORDER BY n", (95,))
    first = named.fetchmany(3)
    rest = sum(1 for _ in named)
    named.scroll(0, mode="absolute")
    again = named.fetchone()
    named.scroll(-1)
    back = named.fetchone()
    two = connection.cursor("second")
    two.execute("SELECT 1")
    second = two.fetchone()
    named.close()
    connection.commit()
    held = connection.cursor("held", withhold=True)
    held.execute("SELECT generate_series(1, 5)")
    connection.commit()
    kept = held.fetchall()
    held.close()
    connection.close()
    return first, rest, again, back, second, kept


def many_values():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE p2_values (id INTEGER PRIMARY KEY, name TEXT, made TIMESTAMP)")
        rows = [(n, f"it's {n}", datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=n)) for n in range(250)]
        psycopg2.extras.execute_values(cursor, "INSERT INTO p2_values (id, name, made) VALUES %s", rows, page_size=100)
        returned = psycopg2.extras.execute_values(cursor, "INSERT INTO p2_values (id, name) VALUES %s RETURNING id", [(1000, "a"), (1001, None)], fetch=True)
        psycopg2.extras.execute_batch(cursor, "UPDATE p2_values SET name = %s WHERE id = %s", [(f"new {n}", n) for n in range(20)], page_size=7)
        cursor.executemany("DELETE FROM p2_values WHERE id = %s", [(n,) for n in range(5)])
        psycopg2.extras.execute_values(
            cursor, "INSERT INTO p2_values (id, name) VALUES %s ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name", [(6, "upserted"), (7, "upserted")]
        )
        psycopg2.extras.execute_values(cursor, "UPDATE p2_values SET name = data.name FROM (VALUES %s) AS data (id, name) WHERE p2_values.id = data.id", [(8, "joined")])
        cursor.execute("SELECT count(*), max(made), count(made) FROM p2_values")
        counted = cursor.fetchone()
        cursor.execute("SELECT id, name FROM p2_values WHERE id IN %s ORDER BY id", ((6, 8, 19, 20),))
        found = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM p2_values WHERE id = ANY(%s)", ([5, 6, 7, 1000],))
        return returned, counted, found, cursor.fetchone()


def copies():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE p2_copied (id INTEGER, name TEXT, price NUMERIC(10,2))")
        cursor.copy_from(io.StringIO("1\ta\t1.5\n2\t\\N\t2\n3\ttab\\there\t\\N\n"), "p2_copied")
        taken = cursor.rowcount
        cursor.copy_expert("COPY p2_copied (id, name) FROM STDIN WITH CSV HEADER", io.StringIO('id,name\n4,"x, y"\n5,\n'))
        out = io.StringIO()
        cursor.copy_to(out, "p2_copied", columns=("id", "name"))
        csv = io.StringIO()
        cursor.copy_expert("COPY (SELECT * FROM p2_copied ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE (name))", csv)
        try:
            cursor.copy_from(io.StringIO("x\n"), "p2_copied", columns=("id",))
        except psycopg2.Error as error:
            failed = error.pgcode, error.diag.context
        connection.rollback()
        return taken, sorted(out.getvalue().split("\n")), csv.getvalue(), failed


def notifications():
    one, two = connect(), connect()
    one.autocommit = two.autocommit = True
    one.cursor().execute("LISTEN news")
    with two.cursor() as cursor:
        cursor.execute("NOTIFY news, 'first'")
        cursor.execute("SELECT pg_notify(%s, %s)", ("news", "second"))
    payloads = []
    while len(payloads) < 2 and select.select([one], [], [], 20)[0]:
        one.poll()
        payloads += [(note.channel, note.payload) for note in one.notifies]
        del one.notifies[:]
    one.cursor().execute("UNLISTEN *")
    one.close()
    two.close()
    return payloads


def transactions():
    connection = connect()
    cursor = connection.cursor()
    status = [connection.status, connection.info.transaction_status]
    cursor.execute("CREATE TABLE p2_tx (id INTEGER PRIMARY KEY)")
    cursor.execute("INSERT INTO p2_tx VALUES (1)")
    status.append(connection.info.transaction_status)
    cursor.execute("SAVEPOINT one")
    cursor.execute("INSERT INTO p2_tx VALUES (2)")
    cursor.execute("ROLLBACK TO one")
    connection.commit()
    try:
        cursor.execute("INSERT INTO p2_tx VALUES (1)")
    except psycopg2.errors.UniqueViolation as error:
        status.append([error.pgcode, connection.info.transaction_status])
    try:
        cursor.execute("SELECT 1")
    except psycopg2.errors.InFailedSqlTransaction as error:
        status.append(error.pgcode)
    connection.rollback()
    connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
    cursor.execute("SHOW transaction_isolation")
    status.append(cursor.fetchone())
    try:
        cursor.execute("INSERT INTO p2_tx VALUES (3)")
    except psycopg2.errors.ReadOnlySqlTransaction as error:
        status.append(error.pgcode)
    connection.rollback()
    connection.set_session(isolation_level="DEFAULT", readonly=False)
    cursor.execute("SELECT count(*) FROM p2_tx")
    status.append(cursor.fetchone())
    connection.commit()
    connection.reset()
    connection.close()
    return status


def two_phase():
    """What is not there has to be refused in a way that a client understands."""
    connection = connect()
    try:
        connection.tpc_begin(connection.xid(1, "a", "b"))
        connection.cursor().execute("SELECT 1")
        connection.tpc_prepare()
        return "prepared"
    except psycopg2.Error as error:
        return error.pgcode in ("55000", "0A000")
    finally:
        connection.close()


def errors():
    seen = []
    connection = connect()
    connection.autocommit = True
    for sql in ("SELECT nothing", "SELECT * FROM nothing", "SELECT\n  1 +", "SELECT 1/0", "SELECT 'ä', nothing", "SELECT no_such_function(1)", "SELECT '2024-13-01'::date"):
        try:
            connection.cursor().execute(sql)
        except psycopg2.Error as error:
            seen.append([type(error).__name__, error.pgcode, error.diag.statement_position, error.diag.severity])
    connection.close()
    return seen


def cancelled():
    connection = connect()
    connection.autocommit = True
    threading.Timer(0.3, connection.cancel).start()
    try:
        connection.cursor().execute("SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b")
    except psycopg2.errors.QueryCanceled as error:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        return error.pgcode, cursor.fetchone()


def asynchronous():
    connection = psycopg2.connect(host="127.0.0.1", port=PORT, user="test", dbname="sluice", async_=True)

    def wait():
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            select.select(*(([connection], [], []) if state == psycopg2.extensions.POLL_READ else ([], [connection], [])), 20)

    wait()
    cursor = connection.cursor()
    cursor.execute("SELECT 1; SELECT 2 AS two")
    wait()
    return cursor.fetchall()


def identifiers():
    with connect() as connection, connection.cursor() as cursor:
        name = psycopg2.sql.Identifier('P2 "odd" name')
        cursor.execute(psycopg2.sql.SQL("CREATE TABLE {} ({} INTEGER, {} TEXT)").format(name, psycopg2.sql.Identifier("Mixed Case"), psycopg2.sql.Identifier("select")))
        cursor.execute(psycopg2.sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(name), (1, "x"))
        cursor.execute(psycopg2.sql.SQL("SELECT * FROM {}").format(name))
        seen = [column.name for column in cursor.description], cursor.fetchall()
        connection.rollback()
        return seen


def main():
    run("DROP TABLE IF EXISTS p2_values")
    run("DROP TABLE IF EXISTS p2_tx")
    for name in ("started", "values", "described", "dictionaries", "server_side", "many_values", "copies", "notifications", "transactions", "two_phase", "errors", "cancelled", "asynchronous", "identifiers"):
        check(name, globals()[name])
    check("drop", run, "DROP TABLE p2_values, p2_tx")


main()
