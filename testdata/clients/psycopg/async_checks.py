"""psycopg 3 as asyncio programs use it: pipelines, binary values, COPY, cancelling, notifications. Argument: port; a server with a user `test`."""

import asyncio
import datetime
import decimal
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import psycopg  # noqa: E402
from psycopg.rows import dict_row, namedtuple_row  # noqa: E402
from report import PORT, check, report  # noqa: E402

DSN = f"host=127.0.0.1 port={PORT} user=test dbname=sluice options='-c TimeZone=UTC'"


def connect(**named):
    return psycopg.AsyncConnection.connect(DSN, autocommit=True, **named)


def run(name, work):
    async def on_connection():
        async with await connect() as connection:
            return await work(connection)

    check(name, lambda: asyncio.run(on_connection()))


VALUES = (
    True, 7, 2**40, 1.5, decimal.Decimal("12.340"), "ä'\\", b"\x00\xff", datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4),
    datetime.datetime(2024, 5, 1, 10, 0, 0, 123456), datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc), uuid.UUID(int=5),
    datetime.timedelta(days=3, seconds=4), [1, None, 3], ["a", 'b"', None], None,
)  # fmt: skip
TYPES = "bool int bigint float8 numeric(10,3) text bytea date time timestamp timestamptz uuid interval int[] text[] text".split()


async def values(connection):
    seen = []
    casts = ", ".join(f"%b::{name}" for name in TYPES)
    for binary in (False, True):
        async with connection.cursor(binary=binary) as cursor:
            got = await (await cursor.execute(f"SELECT {casts}", VALUES)).fetchone()
            seen.append([got == VALUES, got])
    return seen


async def pipelined(connection):
    await connection.execute("DROP TABLE IF EXISTS async_p")
    await connection.execute("CREATE TABLE async_p (id INTEGER PRIMARY KEY, s TEXT)")
    async with connection.pipeline() as pipeline:
        cursor = connection.cursor()
        await cursor.executemany("INSERT INTO async_p VALUES (%s, %s) RETURNING id", [(n, f"s{n}") for n in range(50)], returning=True)
        await pipeline.sync()
        reads = []
        for n in range(50):
            one = connection.cursor(binary=n % 2 == 0)
            reads.append(await one.execute("SELECT id, s FROM async_p WHERE id = %s", (n,)))
        seen = [await one.fetchone() for one in reads]
    ids = []
    while True:
        ids.append((await cursor.fetchone())[0])
        if not cursor.nextset():
            break
    return [seen, ids, cursor.rowcount]


async def pipeline_errors(connection):
    seen = []
    # Made before: the error may come with any statement after the one that has it.
    good, bad, dropped = (connection.cursor() for _ in range(3))
    try:
        async with connection.pipeline() as pipeline:
            await good.execute("INSERT INTO async_p VALUES (100, 'a')")
            await pipeline.sync()
            await bad.execute("SELECT nothing")
            await dropped.execute("INSERT INTO async_p VALUES (101, 'a')")
            await pipeline.sync()
    except psycopg.Error as error:
        seen.append(error.sqlstate)
    for cursor in (good, bad, dropped):
        seen.append(cursor.statusmessage)
    seen.append(await (await connection.execute("SELECT id FROM async_p WHERE id >= 100")).fetchall())
    async with connection.pipeline():
        try:
            async with connection.transaction():
                await connection.execute("INSERT INTO async_p VALUES (102, 'b')")
                async with connection.transaction():
                    await connection.execute("INSERT INTO async_p VALUES (0, 'twice')")
        except psycopg.errors.UniqueViolation as error:
            seen.append(error.diag.constraint_name)
        after = await connection.execute("SELECT count(*) FROM async_p")
        seen.append(await after.fetchone())
    return seen


async def transaction_of_pipelines(connection):
    async with connection.transaction():
        async with connection.pipeline():
            await connection.execute("UPDATE async_p SET s = 'changed' WHERE id < 10")
            changed = await connection.execute("SELECT count(*) FROM async_p WHERE s = 'changed'")
            await connection.execute("DELETE FROM async_p WHERE id >= 40")
        inside = await changed.fetchone()
    outside = await (await connection.execute("SELECT count(*), max(id) FROM async_p")).fetchone()
    return [inside, outside]


async def prepared(connection):
    seen = []
    for n in range(8):
        cursor = await connection.execute("SELECT %s::int + id, s FROM async_p WHERE id = %s", (n, n), prepare=n > 1)
        seen.append(await cursor.fetchone())
    # A pipeline that prepares and uses in one go.
    async with connection.pipeline():
        cursors = [await connection.execute("SELECT s FROM async_p WHERE id = %s", (n,), prepare=True) for n in range(5)]
    return seen + [await cursor.fetchone() for cursor in cursors]


async def copies(connection):
    seen = []
    rows = [(n, f"tab\t{n}\n\\ä", decimal.Decimal(n) / 4, bytes([n % 256, 0, 92]), [n, None]) for n in range(2000)] + [(None,) * 5]
    await connection.execute("DROP TABLE IF EXISTS async_c")
    await connection.execute("CREATE TABLE async_c (i INTEGER, s TEXT, n NUMERIC(10,2), b BYTEA, l INTEGER[])")
    for options in ("", " (FORMAT binary)"):
        async with connection.cursor() as cursor:
            async with cursor.copy(f"COPY async_c FROM STDIN{options}") as copy:
                copy.set_types(["int4", "text", "numeric", "bytea", "int4[]"])
                for row in rows:
                    await copy.write_row(row)
            seen.append(cursor.rowcount)
            async with cursor.copy(f"COPY (SELECT * FROM async_c ORDER BY i NULLS LAST) TO STDOUT{options}") as copy:
                copy.set_types(["int4", "text", "numeric", "bytea", "int4[]"])
                seen.append([row async for row in copy.rows()] == rows)
        await connection.execute("TRUNCATE async_c")
    try:
        async with connection.cursor() as cursor, cursor.copy("COPY async_c (i) FROM STDIN") as copy:
            await copy.write("1\n")
            raise ValueError("enough")
    except ValueError:
        seen.append(await (await connection.execute("SELECT count(*) FROM async_c")).fetchone())
    await connection.execute("DROP TABLE async_c")
    return seen


async def server_cursors(connection):
    async with connection.transaction():
        async with connection.cursor("named", binary=True) as cursor:
            cursor.itersize = 300
            await cursor.execute("SELECT i FROM generate_series(1, %s) AS g(i)", (1000,))
            total = 0
            async for (i,) in cursor:
                total += i
    streamed = [row async for row in connection.cursor(binary=True).stream("SELECT i, i::text FROM generate_series(1, 500) AS g(i)")]
    return [total, len(streamed), streamed[-1]]


async def cancelled(connection):
    asyncio.get_running_loop().call_later(0.3, lambda: asyncio.ensure_future(connection.cancel_safe(timeout=20)))
    try:
        await connection.execute("SELECT pg_sleep(60)")
    except psycopg.errors.QueryCanceled as error:
        state = error.sqlstate
    task = asyncio.ensure_future(connection.execute("SELECT pg_sleep(60)"))
    await asyncio.sleep(0.3)
    task.cancel()
    ended = await asyncio.gather(task, return_exceptions=True)
    again = await (await connection.execute("SELECT 1")).fetchone()
    return [state, type(ended[0]).__name__, again]


async def notified(connection):
    await connection.execute("LISTEN news")
    async with await connect() as other:
        async with other.pipeline():
            for n in range(3):
                await other.execute("SELECT pg_notify('news', %s)", (f"message {n}",))
    return [note.payload async for note in connection.notifies(timeout=30, stop_after=3)]


async def at_once(_connection):
    async def one(n):
        async with await connect(row_factory=dict_row) as own:
            async with own.pipeline():
                cursors = [await own.execute("SELECT %s::int AS n, %s::text AS s", (n, str(k))) for k in range(10)]
            return [await cursor.fetchone() for cursor in cursors]

    return await asyncio.gather(*(one(n) for n in range(20)))


async def factories(connection):
    cursor = connection.cursor(row_factory=namedtuple_row)
    row = await (await cursor.execute("SELECT 1 AS a, 'x' AS b")).fetchone()
    described = [(column.name, column.type_code) for column in cursor.description]
    raw = psycopg.AsyncRawCursor(connection)
    by_number = await (await raw.execute("SELECT $2::text, $1::int", (4, "y"))).fetchone()
    client = psycopg.AsyncClientCursor(connection)
    by_client = await (await client.execute("SELECT %s, %s; SELECT 3", (4, "it's"))).fetchone()
    return [row._asdict(), described, by_number, by_client, client.nextset(), await client.fetchone()]


def main():
    run("values in both formats", values)
    run("a pipeline", pipelined)
    run("errors in pipelines", pipeline_errors)
    run("pipelines in a transaction", transaction_of_pipelines)
    run("prepared statements", prepared)
    run("COPY in and out", copies)
    run("server-side cursors and streams", server_cursors)
    run("cancelling", cancelled)
    run("notifications", notified)
    run("twenty connections at once", at_once)
    run("kinds of rows and cursors", factories)
    report("libpq", psycopg.pq.version() >= 140000)


main()
