"""psqlODBC through pyodbc. Arguments: port, path of the driver, UseDeclareFetch (0 or 1)."""

import datetime
import decimal
import pathlib
import sys
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import pyodbc
from report import PORT, check

pyodbc.pooling = False
DRIVER, DECLARE = sys.argv[2], sys.argv[3]


def connect(autocommit=True, **more):
    options = {
        "DRIVER": DRIVER, "SERVER": "127.0.0.1", "PORT": PORT, "UID": "test", "DATABASE": "sluice", "SSLmode": "disable",
        "UseDeclareFetch": DECLARE, "Fetch": 7, "UseServerSidePrepare": 1, **more,
    }
    return pyodbc.connect(";".join(f"{key}={value}" for key, value in options.items()), autocommit=autocommit)


def setup(connection):
    for sql in (
        "DROP TABLE IF EXISTS odbc_lines",
        "DROP TABLE IF EXISTS odbc_orders",
        "CREATE TABLE odbc_orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC(10,2) DEFAULT 1.5, placed TIMESTAMP)",
        "CREATE TABLE odbc_lines (order_id INTEGER NOT NULL REFERENCES odbc_orders(id), n SMALLINT NOT NULL, what TEXT, PRIMARY KEY (order_id, n))",
        "CREATE INDEX odbc_lines_what ON odbc_lines(what)",
        "COMMENT ON TABLE odbc_orders IS 'orders'",
    ):
        connection.execute(sql)


def rows_of(cursor):
    return [[column[0] for column in cursor.description], *[list(row) for row in cursor.fetchall()]]


def without(rows, *names):
    """Rows without the columns that are a server's own, such as OIDs."""
    keep = [n for n, name in enumerate(rows[0]) if name.upper() not in names]
    return [[row[n] for n in keep] for row in rows]


def catalogs(connection):
    cursor = connection.cursor()
    own = ("TABLE OID", "BASE TYPID", "TABLE_INFO")
    check("SQLTables", lambda: rows_of(cursor.tables(table="odbc%", schema="public")))
    check("SQLTables, types of tables", lambda: rows_of(cursor.tables(table="odbc_orders", tableType="TABLE")))
    check("SQLTables, schemas", lambda: sorted(row[1] for row in cursor.tables(schema="%", catalog="", table="").fetchall() if row[1] == "public"))
    check("SQLColumns", lambda: without(rows_of(cursor.columns(table="odbc_orders")), *own))
    check("SQLColumns, pattern", lambda: without(rows_of(cursor.columns(table="odbc%", schema="public", column="%e%")), *own))
    check("SQLPrimaryKeys", lambda: rows_of(cursor.primaryKeys("odbc_lines")))
    check("SQLForeignKeys of a table", lambda: rows_of(cursor.foreignKeys(foreignTable="odbc_lines")))
    check("SQLForeignKeys to a table", lambda: rows_of(cursor.foreignKeys(table="odbc_orders")))
    check("SQLStatistics", lambda: rows_of(cursor.statistics("odbc_lines")))
    check("SQLStatistics, unique", lambda: rows_of(cursor.statistics("odbc_lines", unique=True)))
    check("SQLSpecialColumns", lambda: rows_of(cursor.rowIdColumns("odbc_orders")))
    check("SQLGetTypeInfo", lambda: rows_of(cursor.getTypeInfo()))
    check("SQLProcedures", lambda: len(cursor.procedures(procedure="nothing_like_this").fetchall()))
    check("SQLGetInfo", lambda: [connection.getinfo(pyodbc.SQL_DBMS_NAME), connection.getinfo(pyodbc.SQL_DATABASE_NAME), connection.getinfo(pyodbc.SQL_DBMS_VER)[:2]])


VALUES = [
    ("boolean", True), ("integer", -7), ("bigint", 2**40), ("smallint", 3), ("real", 1.5), ("double precision", 2.25),
    ("numeric(10,3)", decimal.Decimal("12.340")), ("text", "ä'\\ \n"), ("varchar", "x"), ("bytea", b"\x00\xff\\'"),
    ("date", datetime.date(2024, 2, 29)), ("time", datetime.time(1, 2, 3)), ("timestamp", datetime.datetime(2024, 5, 1, 10, 0, 0, 123456)),
    ("uuid", uuid.UUID(int=5)), ("text", None),
]


def values(connection):
    for name, value in VALUES:
        got = check_value(connection, name, value)
        check(f"value of {name}{' that is null' if value is None else ''}", lambda: [type(got).__name__, got])


def check_value(connection, name, value):
    try:
        return connection.execute(f"SELECT ?::{name}", str(value) if isinstance(value, uuid.UUID) else value).fetchone()[0]
    except pyodbc.Error as error:
        return repr(error)


def described(connection):
    cursor = connection.execute(
        "SELECT 1::int2 AS a, 2 AS b, 3::int8 AS c, 1.5::float4 AS d, 1.5::float8 AS e, 1.25::numeric(8,2) AS f, 'x'::text AS g,"
        " true AS h, date '2024-01-02' AS i, '{1,2}'::int[] AS j, interval '1 day' AS k, '{\"a\":1}'::json AS l,"
        " timestamptz '2024-01-02 03:04:05+00' AS m"
    )
    return [[column[0], column[1].__name__, *column[2:]] for column in cursor.description], list(cursor.fetchone())


def code_of(call):
    try:
        call()
    except pyodbc.Error as error:
        return error.args[0]
    return None


def cursors(connection):
    cursor = connection.execute("SELECT n, 'row ' || n FROM generate_series(1, 100) AS g(n) ORDER BY n")
    first, many = [list(cursor.fetchone())], [list(row) for row in cursor.fetchmany(20)]
    other = connection.execute("SELECT count(*) FROM odbc_orders").fetchone()[0]
    rest = cursor.fetchall()
    return first, many[-1], other, len(rest), list(rest[-1])


def batches(connection):
    cursor = connection.cursor()
    at = datetime.datetime(2024, 5, 1, 10)
    cursor.executemany("INSERT INTO odbc_orders VALUES (?, ?, ?, ?)", [(n, f"name {n}", decimal.Decimal(n) / 4, at) for n in range(50)])
    cursor.fast_executemany = True
    cursor.executemany("INSERT INTO odbc_lines VALUES (?, ?, ?)", [(n, 1, f"line {n}") for n in range(50)])
    updated = cursor.execute("UPDATE odbc_orders SET price = price + 1 WHERE id < ?", 10).rowcount
    found = cursor.execute("SELECT count(*), sum(price), max(name) FROM odbc_orders WHERE id < ?", 20).fetchone()
    joined = cursor.execute("SELECT o.name, l.what FROM odbc_orders o JOIN odbc_lines l ON l.order_id = o.id WHERE o.id IN (?, ?) ORDER BY o.id", 3, 4)
    return updated, list(found), [list(row) for row in joined.fetchall()]


def transactions():
    with connect(autocommit=False) as connection:
        cursor = connection.cursor()
        seen = [list(row) for row in cursor.execute("SELECT id FROM odbc_orders ORDER BY id").fetchmany(9)][-1]
        cursor.execute("DELETE FROM odbc_lines WHERE order_id < 5")
        inside = cursor.execute("SELECT count(*) FROM odbc_lines").fetchone()[0]
        connection.rollback()
        outside = cursor.execute("SELECT count(*) FROM odbc_lines").fetchone()[0]
        failed = code_of(lambda: cursor.execute("SELECT nothing FROM odbc_lines"))
        connection.rollback()
        after = cursor.execute("SELECT count(*) FROM odbc_lines").fetchone()[0]
        cursor.execute("INSERT INTO odbc_lines VALUES (1, 2, 'kept')")
        connection.commit()
        open_over_commit = cursor.execute("SELECT id FROM odbc_orders ORDER BY id")
        open_over_commit.fetchone()
        connection.commit()
        return seen, inside, outside, failed, after


def statement_rollback(protocol):
    """Protocol=7.4-N: what an error undoes; 2: the statement alone, by savepoints."""
    with connect(autocommit=False, Protocol=f"7.4-{protocol}") as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO odbc_lines VALUES (2, 7, 'first')")
        failed = code_of(lambda: cursor.execute("INSERT INTO odbc_lines VALUES (2, 7, 'twice')"))
        read = code_of(lambda: cursor.execute("SELECT nothing FROM odbc_lines"))
        left = code_of(lambda: cursor.execute("SELECT count(*) FROM odbc_lines WHERE n = 7"))
        count = None if left else cursor.fetchone()[0]
        connection.rollback()
        return failed, read, left, count


def errors(connection):
    cursor = connection.cursor()
    return [
        code_of(lambda: cursor.execute(sql))
        for sql in (
            "SELECT * FROM odbc_nothing", "SELECT nothing FROM odbc_orders", "SELEC 1", "SELECT 1/0", "SELECT 'x'::int",
            "INSERT INTO odbc_orders VALUES (1, 'twice')", "INSERT INTO odbc_orders (id) VALUES (1000)", "INSERT INTO odbc_lines VALUES (99999, 1, '')",
        )
    ]


def cancelled():
    with connect() as connection:
        cursor = connection.cursor()
        threading.Timer(0.3, cursor.cancel).start()
        code = code_of(lambda: cursor.execute("SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"))
        return code, connection.execute("SELECT 1").fetchone()[0]


def main():
    connection = connect()
    check("setup", setup, connection)
    catalogs(connection)
    values(connection)
    check("described columns", described, connection)
    check("batches", batches, connection)
    check("cursors", cursors, connection)
    check("transactions", transactions)
    check("errors undo the statement", statement_rollback, 2)
    check("errors undo the transaction", statement_rollback, 1)
    check("errors leave it to the client", statement_rollback, 0)
    check("errors", errors, connection)
    check("cancel", cancelled)
    connection.execute("DROP TABLE odbc_lines")
    connection.execute("DROP TABLE odbc_orders")
    connection.close()


main()
