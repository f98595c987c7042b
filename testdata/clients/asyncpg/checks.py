"""asyncpg (binary, prepared, cursors) against a gateway with the data set `events` (20,000 rows). Argument: port."""

import asyncio
import datetime
import decimal
import io
import sys
import uuid

import asyncpg

PORT = int(sys.argv[1])


def ok(name):
    print("ok", name, flush=True)


async def connect():
    return await asyncpg.connect(host="127.0.0.1", port=PORT, user="test", database="sluice", ssl=False)


async def values(connection):
    now = datetime.datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc)
    sent = [
        True, 7, 2**40, 1.5, decimal.Decimal("12.340"), "ä'\\", b"\x00\xff", datetime.date(2024, 2, 29),
        datetime.time(1, 2, 3, 4), now.replace(tzinfo=None), now, uuid.UUID(int=5), datetime.timedelta(days=3, seconds=4), None,
    ]
    types = "bool int bigint float8 numeric(10,3) text bytea date time timestamp timestamptz uuid interval text".split()
    casts = ", ".join(f"${n + 1}::{name}" for n, name in enumerate(types))
    got = list((await connection.fetchrow(f"SELECT {casts}", *sent)).values())
    assert got == sent, got


async def main():
    connection = await connect()
    assert connection.get_server_version().major == 15
    ok("connects")
    await values(connection)
    ok("values, binary")
    statement = await connection.prepare("SELECT count(*) AS n FROM events WHERE region = $1 AND id < $2")
    expected = await connection.fetchval("SELECT count(*) FROM events WHERE region = 'EU' AND id < 900")
    for _ in range(3):
        assert await statement.fetchval("EU", 900) == expected
    ok("prepared statement on a data set")
    await connection.execute("CREATE TABLE asyncpg_t (id INTEGER PRIMARY KEY, s TEXT); SELECT 1")
    await connection.executemany("INSERT INTO asyncpg_t VALUES ($1, $2)", [(n, f"s{n}") for n in range(100)])
    assert await connection.fetchval("SELECT count(*) FROM asyncpg_t") == 100
    ok("executemany")
    try:
        async with connection.transaction():
            await connection.execute("DELETE FROM asyncpg_t")
            await connection.fetch("SELECT * FROM nothing")
        raise AssertionError("no error")
    except asyncpg.exceptions.UndefinedTableError:
        pass
    assert await connection.fetchval("SELECT count(*) FROM asyncpg_t") == 100
    ok("transaction rolls back")
    async with connection.transaction():
        one = await connection.cursor("SELECT id FROM events ORDER BY id")
        two = await connection.cursor("SELECT id FROM asyncpg_t ORDER BY id DESC")
        got = [await one.fetch(10), await two.fetch(10), await one.fetch(5), await two.fetch(1000)]
        assert [row[0] for row in got[0] + got[2]] == list(range(15))
        assert [row[0] for row in got[1] + got[3]] == list(range(99, -1, -1))
    ok("two cursors at a time")
    try:
        await connection.fetch("SELECT count(*) FROM range(10000000000) a, range(1000) b", timeout=0.5)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    assert await connection.fetchval("SELECT 1") == 1
    ok("time-out cancels")
    many = await asyncio.gather(*(connect() for _ in range(10)))
    assert await asyncio.gather(*(each.fetchval("SELECT count(*) FROM events") for each in many)) == [20000] * 10
    await asyncio.gather(*(each.close() for each in many))
    ok("ten connections at once")
    records = [(n, f"copied {n}") for n in range(1000, 6000)]
    assert await connection.copy_records_to_table("asyncpg_t", records=records) == "COPY 5000"
    assert await connection.copy_records_to_table("asyncpg_t", records=[("only", 9999)], columns=["s", "id"]) == "COPY 1"
    out = io.BytesIO()
    query = "SELECT id, s FROM asyncpg_t WHERE id BETWEEN 1000 AND 1002 ORDER BY id"
    assert await connection.copy_from_query(query, output=out, format="csv", header=True) == "COPY 3"
    assert out.getvalue() == b"id,s\n1000,copied 1000\n1001,copied 1001\n1002,copied 1002\n", out.getvalue()
    source = io.BytesIO(b"id;s\n20000;x\n20001;\n")
    given = dict(source=source, format="csv", delimiter=";", header=True)
    assert await connection.copy_to_table("asyncpg_t", **given) == "COPY 2"
    out = io.BytesIO()
    assert await connection.copy_from_table("asyncpg_t", output=out, format="binary") == "COPY 5103"
    assert out.getvalue().startswith(b"PGCOPY\n\xff\r\n\0") and out.getvalue().endswith(b"\xff\xff")
    ok("COPY: records, queries, tables")
    await connection.execute("DROP TABLE asyncpg_t")
    await connection.close()


asyncio.run(main())
