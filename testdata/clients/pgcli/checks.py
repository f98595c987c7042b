"""pgcli: what it asks for to complete, its backslash commands, and the program itself. Argument: port."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import psycopg
from pgcli.completion_refresher import CompletionRefresher
from pgcli.pgcompleter import PGCompleter
from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial
from prompt_toolkit.document import Document
from report import PORT, check

SCHEMA = [
    "CREATE SCHEMA cli",
    "CREATE TYPE cli.mood AS ENUM ('sad', 'ok')",
    "CREATE SEQUENCE cli.ticket",
    "CREATE TABLE cli.customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, score NUMERIC(10,2) DEFAULT 1.5, feels cli.mood)",
    "CREATE TABLE cli.orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES cli.customers(id), total NUMERIC(12,2), CHECK (total >= 0))",
    "CREATE INDEX orders_customer ON cli.orders(customer_id)",
    "CREATE VIEW cli.totals AS SELECT customer_id, total FROM cli.orders",
    "COMMENT ON TABLE cli.orders IS 'what was bought'",
]
DROPS = ["VIEW cli.totals", "TABLE cli.orders", "TABLE cli.customers", "SEQUENCE cli.ticket", "TYPE cli.mood", "SCHEMA cli"]


def ours(rows, at=0):
    return sorted(tuple(row) for row in rows if row[at] == "cli")


def asked(executor):
    check("search path", executor.search_path)
    check("schemas", lambda: [name for name in sorted(executor.schemata()) if name in ("cli", "public", "pg_catalog", "information_schema")])
    check("tables", lambda: ours(executor.tables()))
    check("views", lambda: ours(executor.views()))
    check("columns of tables", lambda: ours(executor.table_columns()))
    check("columns of views", lambda: ours(executor.view_columns()))
    check("databases", lambda: "sluice" in executor.databases())
    check("databases in full", lambda: "sluice" in [row[0] for row in executor.full_databases()])
    check("foreign keys", lambda: sorted(tuple(key) for key in executor.foreignkeys()))
    check("types", lambda: ours(executor.datatypes()))
    check("functions", lambda: [sum(1 for each in executor.functions() if each.schema_name == "pg_catalog" and each.func_name == "array_length") > 0, sorted([each.func_name, each.arg_names or [], each.return_type] for each in executor.functions() if each.func_name in ("generate_series", "pg_typeof") and each.schema_name == "pg_catalog")])
    check("time zone", lambda: executor.get_timezone() is not None)
    check("explain", lambda: len(list(executor.run(executor.explain_prefix() + "SELECT 1"))) > 0)
    check("view definition", lambda: re.sub(r"\s+", " ", executor.view_definition("cli.totals")).replace("orders.", "").replace("FROM cli.", "FROM "))


def completed(executor):
    """The refresher in the foreground, then completions."""
    refresher = CompletionRefresher()
    found = []
    done = refresher.refresh(executor, PGSpecial(), lambda completer: found.append(completer))
    refresher._completer_thread.join(60)
    completer = found[0]
    texts = ["SELECT * FROM cli.", "SELECT  FROM cli.orders", "SELECT * FROM cli.orders o JOIN cli."]
    return [sorted(one.text for one in completer.get_completions(Document(text, len(text) if "  " not in text else 7), None) if one.text.split()[0] in ("customers", "orders", "totals", "customer_id", "total", "id"))[:12] for text in texts]


def commands(executor):
    special = PGSpecial()
    for command in ("\\l", "\\dn", "\\dt cli.*", "\\dt+ cli.*", "\\dv cli.*", "\\ds cli.*", "\\di cli.*", "\\dT cli.*", "\\d cli.orders", "\\d+ cli.orders", "\\d cli.customers", "\\d cli.totals", "\\d+ cli.totals", "\\df pg_catalog.array_length", "\\du", "\\dp cli.*", "\\dx", "\\dD cli.*", "\\dm cli.*", "\\db", "\\dE", "\\ddp"):
        check(command, run, executor, special, command)


def run(executor, special, command):
    seen = []
    for title, rows, headers, status, *rest in executor.run(command, special):
        seen.append([title, list(headers or []), sorted([str(cell) for cell in row] for row in (rows or []))])
    if command in ("\\l", "\\du", "\\db"):
        return [[headers] for _, headers, _ in seen]
    return comparable(seen)


def comparable(value):
    """Without what is each server's own: owners, sizes, casts that only PostgreSQL writes."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, str):
        value = re.sub(r"\b(test|sluice)\b", "owner", value)
        value = re.sub(r"\d+ (bytes|kB)", "size", value)
        value = re.sub(r"\s+", " ", re.sub(r"::(numeric|text)\b", "", value))
        return value.replace("((total >= (0)))", "((total >= 0))").replace(" orders.", " ").replace("FROM cli.", "FROM ")
    return value


def program():
    """pgcli as a user starts it, reading from a pipe."""
    with tempfile.TemporaryDirectory() as home:
        ran = subprocess.run(
            [sys.executable, "-m", "pgcli.main", "-h", "127.0.0.1", "-p", str(PORT), "-U", "test", "-d", "sluice", "--pgclirc", f"{home}/config", "-w", "--no-warn"],
            input="SELECT 1 AS one, 'zwei' AS two;\n\\dt cli.*\n\\q\n", capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": home, "TERM": "dumb"},
        )
        told = ran.stdout + ran.stderr
        return [word in told for word in ("one", "zwei", "customers", "orders")]


def main():
    with psycopg.connect(host="127.0.0.1", port=PORT, user="test", dbname="sluice", autocommit=True) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        executor = PGExecute("sluice", "test", None, "127.0.0.1", str(PORT))
        asked(executor)
        check("completion", completed, executor)
        commands(executor)
        check("program", program)
        for statement in DROPS:
            connection.execute(f"DROP {statement}")


main()
