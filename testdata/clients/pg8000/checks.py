"""pg8000 (pure Python, text) against a gateway with the data set `events` (20,000 rows). Argument: port."""

import datetime
import decimal
import sys

import pg8000.dbapi


def ok(name):
    print("ok", name, flush=True)


def main():
    connection = pg8000.dbapi.connect(host="127.0.0.1", port=int(sys.argv[1]), user="test", database="sluice")
    connection.autocommit = True
    cursor = connection.cursor()
    ok("connects")
    cursor.execute(
        "SELECT 7::INTEGER, 12.50::DECIMAL(5, 2), 'ä', true, NULL, DATE '2024-02-29', 1.5::DOUBLE, [1, NULL, 3], '\\x01'::BLOB"
    )
    expected = [7, decimal.Decimal("12.50"), "ä", True, None, datetime.date(2024, 2, 29), 1.5, [1, None, 3], b"\x01"]
    got = list(cursor.fetchone())
    assert got == expected, got
    ok("values")
    cursor.execute("SELECT count(*) FROM events WHERE region = %s AND id < %s", ("EU", 900))
    counted = cursor.fetchone()
    cursor.execute("SELECT count(*) FROM events WHERE region = 'EU' AND id < 900")
    assert cursor.fetchone() == counted
    ok("parameters on a data set")
    cursor.execute("CREATE TABLE pg8000_t (id INTEGER, s TEXT)")
    cursor.executemany("INSERT INTO pg8000_t VALUES (%s, %s)", [(n, f"s{n}") for n in range(20)])
    connection.autocommit = False
    cursor.execute("DELETE FROM pg8000_t WHERE id < %s", (10,))
    assert cursor.rowcount == 10
    connection.rollback()
    cursor.execute("SELECT count(*) FROM pg8000_t")
    assert list(cursor.fetchone()) == [20]
    connection.commit()
    ok("transaction rolls back")
    try:
        cursor.execute("SELECT nothing FROM events")
        raise AssertionError("no error")
    except pg8000.dbapi.DatabaseError as error:
        assert error.args[0]["C"] == "42703", error
    connection.rollback()
    ok("errors with SQLSTATE")
    connection.autocommit = True
    cursor.execute("DROP TABLE pg8000_t")
    connection.close()


main()
