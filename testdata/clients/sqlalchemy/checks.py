"""SQLAlchemy 2: reflection and the ORM. Arguments: port, driver (psycopg, psycopg2, pg8000 or asyncpg)."""

import asyncio
import datetime
import decimal
import enum
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import sqlalchemy as sa
from report import PORT, check, report
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

DRIVER = sys.argv[2]
URL = f"postgresql+{DRIVER}://test@127.0.0.1:{PORT}/sluice"

SCHEMA = [
    "CREATE SCHEMA sa_shop",
    "CREATE TYPE sa_shop.mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE TYPE sa_size AS ENUM ('S', 'M')",
    "CREATE SEQUENCE sa_shop.sa_ticket START 5",
    "CREATE TABLE sa_shop.customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, score NUMERIC(10,2) DEFAULT 1.5, tags TEXT[],"
    " active BOOLEAN DEFAULT true NOT NULL, born DATE, seen TIMESTAMP, seen_tz TIMESTAMPTZ, note JSON, ref UUID, big BIGINT, small SMALLINT,"
    " f4 REAL, f8 DOUBLE PRECISION, feels sa_shop.mood, raw BYTEA, at_time TIME, span INTERVAL)",
    "CREATE TABLE sa_shop.orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES sa_shop.customers(id), total NUMERIC(12,2) DEFAULT 0,"
    " size sa_size, a INTEGER, b INTEGER, CHECK (total >= 0), UNIQUE (a, b))",
    "CREATE TABLE sa_shop.order_lines (order_id INTEGER REFERENCES sa_shop.orders(id), n INTEGER, what TEXT, PRIMARY KEY (order_id, n))",
    "CREATE INDEX sa_orders_customer ON sa_shop.orders(customer_id)",
    "CREATE UNIQUE INDEX sa_lines_what ON sa_shop.order_lines(what, n)",
    "CREATE VIEW sa_shop.big_orders AS SELECT id, total FROM sa_shop.orders WHERE total > 100",
    "COMMENT ON TABLE sa_shop.customers IS 'who buys'",
    "COMMENT ON COLUMN sa_shop.customers.email IS 'where to write'",
]


def normal(value):
    """What reflection found, in an order of its own where it has none, with types as DDL."""
    if isinstance(value, sa.types.TypeEngine):
        return repr(value)
    if isinstance(value, dict):
        return {str(key): normal(each) for key, each in sorted(value.items(), key=lambda item: str(item[0])) if key != "oid"}
    if isinstance(value, (list, tuple)):
        items = [normal(each) for each in value]
        return sorted(items, key=repr) if items and isinstance(items[0], dict) and "name" in items[0] and "type" not in items[0] else items
    return value


def reflection(inspector):
    check("schemas", lambda: [name for name in inspector.get_schema_names() if name in ("public", "sa_shop", "information_schema")])
    check("default schema", lambda: inspector.default_schema_name)
    check("tables", lambda: sorted(inspector.get_table_names(schema="sa_shop")))
    check("tables in order of their keys", lambda: [name for name, _ in inspector.get_sorted_table_and_fkc_names(schema="sa_shop")])
    check("views", lambda: [inspector.get_view_names(schema="sa_shop"), inspector.get_materialized_view_names(schema="sa_shop")])
    check("view definition", lambda: "".join(inspector.get_view_definition("big_orders", schema="sa_shop").split()).replace("(", "").replace(")", "").replace("orders.", "").replace("sa_shop.", "").replace("::numeric", "").rstrip(";").lower())
    check("sequences", lambda: inspector.get_sequence_names(schema="sa_shop"))
    check("enums", lambda: normal(inspector.get_enums(schema="*")))
    check("domains", lambda: inspector.get_domains(schema="sa_shop"))
    for table in ("customers", "orders", "order_lines", "big_orders"):
        check(f"{table}: columns", lambda: normal(inspector.get_columns(table, schema="sa_shop")))
        check(f"{table}: primary key", lambda: normal(inspector.get_pk_constraint(table, schema="sa_shop")))
        check(f"{table}: foreign keys", lambda: normal(inspector.get_foreign_keys(table, schema="sa_shop")))
        check(f"{table}: indexes", lambda: normal(inspector.get_indexes(table, schema="sa_shop")))
        check(f"{table}: unique constraints", lambda: normal(inspector.get_unique_constraints(table, schema="sa_shop")))
        check(f"{table}: check constraints", lambda: [str(each["sqltext"]).replace("::numeric", "").replace("(", "").replace(")", "") for each in inspector.get_check_constraints(table, schema="sa_shop")])
        check(f"{table}: comment", lambda: inspector.get_table_comment(table, schema="sa_shop"))
    check("has", lambda: [inspector.has_table("customers", schema="sa_shop"), inspector.has_table("nothing", schema="sa_shop"), inspector.has_schema("sa_shop"), inspector.has_sequence("sa_ticket", schema="sa_shop")])
    check("all at once", lambda: [sorted(key[1] for key in each) for each in (inspector.get_multi_columns(schema="sa_shop"), inspector.get_multi_indexes(schema="sa_shop"), inspector.get_multi_foreign_keys(schema="sa_shop"))])


def reflected(bind):
    metadata = sa.MetaData()
    metadata.reflect(bind=bind, schema="sa_shop", views=True)
    return {name: [[column.name, str(column.type), column.nullable, column.primary_key] for column in table.columns] for name, table in sorted(metadata.tables.items())}


class Base(DeclarativeBase):
    pass


class Kind(enum.Enum):
    plain = "plain"
    fancy = "fancy"


class Author(Base):
    __tablename__ = "sa_authors"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    born: Mapped[datetime.date | None]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "sa_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("sa_authors.id", ondelete="CASCADE", onupdate="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(sa.String(80), unique=True)
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2))
    added: Mapped[datetime.datetime]
    seen: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True))
    ref: Mapped[uuid.UUID]
    words: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.Text))
    extra: Mapped[dict] = mapped_column(sa.JSON)
    more: Mapped[dict | None] = mapped_column(pg.JSONB)
    raw: Mapped[bytes]
    good: Mapped[bool] = mapped_column(default=True)
    length: Mapped[float]
    kind: Mapped[Kind]
    took: Mapped[datetime.timedelta | None]
    author: Mapped[Author] = relationship(back_populates="books")


def book(number, **more):
    moment = datetime.datetime(2024, 5, 1, 10, 0, number, 123456)
    return Book(
        title=f"title {number}", price=decimal.Decimal(number) / 4, added=moment, seen=moment.replace(tzinfo=datetime.timezone.utc), ref=uuid.UUID(int=number),
        words=["a", "b c", '"'], extra={"n": number}, more={"m": [1]}, raw=bytes([0, number, 255]), length=number / 3, kind=Kind.fancy, took=datetime.timedelta(days=1, seconds=number), **more,
    )


def stored(one):
    return [one.title, str(one.price), str(one.added), str(one.seen.astimezone(datetime.timezone.utc)), str(one.ref), one.words, one.extra, one.more, one.raw, one.good, round(one.length, 9), one.kind.name, str(one.took), one.author.name]


def queries():
    """Statements that both kinds of session run."""
    totals = sa.select(Author.name, sa.func.count(Book.id).label("n"), sa.func.sum(Book.price)).join(Author.books).group_by(Author.name).order_by(Author.name)
    ranked = sa.select(Book.title, sa.func.row_number().over(partition_by=Book.author_id, order_by=Book.price.desc())).order_by(Book.title).limit(5).offset(1)
    found = sa.select(Book.title).where(Book.title.ilike("TITLE 1%"), Book.price.between(1, 3), Book.words.any("a"), Book.extra["n"].as_integer() > 9).order_by(Book.title)
    exists = sa.select(Author.name).where(sa.exists().where(Book.author_id == Author.id, Book.price > 4)).order_by(Author.name)
    upsert = pg.insert(Author).values(id=9, name="made").on_conflict_do_update(index_elements=["id"], set_={"name": "changed"}).returning(Author.name)
    updated = sa.update(Book).where(Book.price < 1).values(price=Book.price + 1).returning(Book.title)
    return {"groups": totals, "windows": ranked, "filters": found, "exists": exists, "upsert": upsert, "upsert again": upsert, "update": updated}


def round_trip(engine):
    with Session(engine) as session:
        one = Author(id=1, name="one", born=datetime.date(1960, 2, 29), books=[book(n) for n in range(1, 16)])
        session.add_all([one, Author(id=2, name="two", books=[book(n) for n in range(16, 19)])])
        session.commit()
        check("orm: values", lambda: [stored(each) for each in session.scalars(sa.select(Book).order_by(Book.title).limit(2))])
        check("orm: loads related rows", lambda: [len(each.books) for each in session.scalars(sa.select(Author).options(selectinload(Author.books)).order_by(Author.id))])
        for name, statement in queries().items():
            check(f"orm: {name}", lambda: sorted(str(tuple(row)) for row in session.execute(statement)))
        session.commit()
        check("orm: streams", lambda: sum(1 for _ in session.scalars(sa.select(Book.id).execution_options(yield_per=4))))
        check("orm: nested transaction", nested, session)
        check("orm: rows follow those they refer to", related, session)
        check("orm: deletes", lambda: [session.delete(session.scalars(sa.select(Book).limit(1)).one()), session.commit(), session.scalar(sa.select(sa.func.count()).select_from(Book))])


def related(session):
    count = lambda key: session.scalar(sa.select(sa.func.count()).select_from(Book).where(Book.author_id == key))
    session.execute(sa.update(Author).where(Author.id == 2).values(id=20).execution_options(synchronize_session=False))
    moved = count(2), count(20)
    deleted = session.execute(sa.delete(Author).where(Author.id == 20).execution_options(synchronize_session=False)).rowcount
    left = count(20)
    session.rollback()
    return moved, deleted, left, count(2)


def nested(session):
    try:
        with session.begin_nested():
            session.add(Author(id=1, name="twice"))
            session.flush()
    except sa.exc.IntegrityError as error:
        failed = type(error).__name__
    session.add(Author(id=3, name="three"))
    session.commit()
    return failed, session.scalar(sa.select(sa.func.count()).select_from(Author))


async def asynchronous():
    engine = create_async_engine(URL)
    async with engine.begin() as connection:
        await connection.run_sync(setup)
    async with engine.connect() as connection:
        await connection.run_sync(lambda bind: reflection(sa.inspect(bind)))
        report("reflected metadata", await connection.run_sync(reflected))
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(Author(id=1, name="one", books=[book(n) for n in range(1, 16)]))
        session.add(Author(id=2, name="two", books=[book(n) for n in range(16, 19)]))
        await session.commit()
        seen = await session.scalars(sa.select(Book).options(selectinload(Book.author)).order_by(Book.title).limit(2))
        report("orm: values", [stored(each) for each in seen])
        for name, statement in queries().items():
            report(f"orm: {name}", sorted(str(tuple(row)) for row in await session.execute(statement)))
        report("orm: streams", sum([1 async for _ in await session.stream_scalars(sa.select(Book.id))]))
        await session.commit()
    async with engine.begin() as connection:
        await connection.run_sync(drop)
    await engine.dispose()


def setup(connection):
    for statement in SCHEMA:
        connection.exec_driver_sql(statement)
    Base.metadata.create_all(connection)


def drop(connection):
    Base.metadata.drop_all(connection)
    for statement in ("VIEW sa_shop.big_orders", "TABLE sa_shop.order_lines", "TABLE sa_shop.orders", "TABLE sa_shop.customers", "TYPE sa_size", "TYPE sa_shop.mood", "SEQUENCE sa_shop.sa_ticket", "SCHEMA sa_shop"):
        connection.exec_driver_sql(f"DROP {statement}")


def main():
    engine = sa.create_engine(URL)
    with engine.begin() as connection:
        setup(connection)
    reflection(sa.inspect(engine))
    check("reflected metadata", lambda: reflected(engine))
    round_trip(engine)
    with engine.begin() as connection:
        drop(connection)
    report("dropped")


if DRIVER == "asyncpg":
    asyncio.run(asynchronous())
else:
    main()
