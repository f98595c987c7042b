"""Cursors, savepoints, notifications and locks as psycopg 3 uses them. Argument: port of a gateway with the data set `events`."""

import sys

import psycopg

DSN = f"host=127.0.0.1 port={sys.argv[1]} user=test dbname=sluice"


def ok(name):
    print("ok", name, flush=True)


def cursors(connection):
    with connection.transaction():
        with connection.cursor("named", scrollable=True, binary=True) as cursor:
            cursor.itersize = 700
            cursor.execute("SELECT id FROM events WHERE id >= %s ORDER BY id", (0,))
            assert sum(1 for _ in cursor) == 20000
            cursor.scroll(0, mode="absolute")
            assert cursor.fetchone() == (0,)
            cursor.scroll(-1)
            assert [row[0] for row in cursor.fetchmany(3)] == [0, 1, 2]
    ok("server-side cursor, scrolled, binary")
    with connection.cursor("kept", withhold=True) as cursor:
        cursor.execute("SELECT id FROM events ORDER BY id")
        connection.commit()
        assert len(cursor.fetchall()) == 20000
    ok("cursor with hold")


def savepoints(connection):
    connection.execute("CREATE TABLE sp (id INTEGER PRIMARY KEY, s TEXT)")
    with connection.transaction():
        connection.execute("INSERT INTO sp VALUES (1, 'outer')")
        try:
            with connection.transaction():
                connection.execute("INSERT INTO sp VALUES (2, 'inner')")
                connection.execute("INSERT INTO sp VALUES (1, 'twice')")
        except psycopg.errors.UniqueViolation:
            pass
        with connection.transaction():
            assert connection.execute("INSERT INTO sp VALUES (3, 'inner') RETURNING id").fetchone() == (3,)
        try:
            with connection.transaction():
                connection.execute("SELECT nothing FROM events")
        except psycopg.errors.UndefinedColumn:
            pass
    assert connection.execute("SELECT id FROM sp ORDER BY id").fetchall() == [(1,), (3,)]
    connection.execute("DROP TABLE sp")
    ok("nested transactions")


def notifications(connection):
    with psycopg.connect(DSN, autocommit=True) as other:
        connection.execute("LISTEN news")
        for n in range(5):
            other.execute("SELECT pg_notify(%s, %s)", ("news", f"message {n}"))
        got = [note.payload for note in connection.notifies(timeout=30, stop_after=5)]
        assert got == [f"message {n}" for n in range(5)], got
        ok("notifications")
        assert connection.execute("SELECT pg_advisory_lock(%s)", (2**40,)).fetchone() == ("",)
        assert other.execute("SELECT pg_try_advisory_lock(%s)", (2**40,)).fetchone() == (False,)
        assert connection.execute("SELECT pg_advisory_unlock(%s)", (2**40,)).fetchone() == (True,)
        assert other.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (1, -2)).fetchone() == (True,)
        ok("advisory locks")


def main():
    with psycopg.connect(DSN) as connection:
        cursors(connection)
    with psycopg.connect(DSN, autocommit=True) as connection:
        savepoints(connection)
        notifications(connection)
        connection.execute("PREPARE plus (int, int) AS SELECT $1 + $2 AS n")
        assert connection.execute("EXECUTE plus (1, 2)").fetchone() == (3,)
        connection.execute("DISCARD ALL")
        ok("prepare and discard")
        connection.read_only = True
        try:
            with connection.transaction():
                connection.execute("CREATE TABLE forbidden (i INTEGER)")
            raise AssertionError("no error")
        except psycopg.errors.ReadOnlySqlTransaction:
            ok("read-only")


main()
