"""Django: migrations of a small app, the ORM on its tables, inspectdb on others. Argument: port."""

import datetime
import decimal
import io
import pathlib
import re
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import django
from django.conf import settings
from report import PORT, check

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "shop"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": PORT, "USER": "test", "NAME": "sluice",
            "OPTIONS": {"server_side_binding": len(sys.argv) > 2},
        }
    },
    USE_TZ=True, TIME_ZONE="UTC", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)
django.setup()

from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, Value, Window
from django.db.models.functions import Coalesce, Concat, ExtractYear, Lower, RowNumber, TruncMonth
from shop.models import Author, Book, Tag


def told(command, *args, **options):
    out = io.StringIO()
    call_command(command, *args, stdout=out, stderr=out, no_color=True, **options)
    return out.getvalue()


def migrations():
    return [line for line in told("migrate").split("\n") if "..." in line]


def shown():
    return told("showmigrations"), "No changes detected" in told("makemigrations", check=True, dry_run=True)


def made():
    ann = Author.objects.create(name="Ann", born=datetime.date(1960, 2, 29))
    bob = Author.objects.create(name="Bob")
    moment = datetime.datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc)
    Book.objects.bulk_create([
        Book(
            author=ann if n % 3 else bob, title=f"Book {n}", price=decimal.Decimal(n) / 4, added=moment + datetime.timedelta(days=20 * n), ref=uuid.UUID(int=n),
            raw=bytes([0, n]), took=datetime.timedelta(hours=n), rating=n / 3, pages=n * 100, open_at=datetime.time(8, n),
        )
        for n in range(1, 21)
    ], batch_size=8)
    tags = [Tag.objects.create(name=name) for name in ("new", "old", "odd")]
    for book in Book.objects.order_by("id"):
        book.tags.set(tags[: book.pages // 100 % 4])
    return Author.objects.count(), Book.objects.count(), Tag.objects.count(), Book.tags.through.objects.count()


def values():
    book = Book.objects.select_related("author").order_by("title").first()
    return [[field.name, str(bytes(value) if isinstance(value, memoryview) else value)] for field in book._meta.fields if field.name not in ("id", "author") for value in [getattr(book, field.name)]], book.author.name


def queries():
    books = Book.objects
    return {
        "filter": list(books.filter(Q(price__gt=2) & ~Q(title__contains="1"), author__name="Ann").order_by("title").values_list("title", flat=True)),
        "lookups": [books.filter(**lookup).count() for lookup in ({"title__icontains": "BOOK 1"}, {"title__istartswith": "b"}, {"title__regex": r"1\d$"}, {"title__iregex": "^BOOK"}, {"added__year": 2024}, {"added__month": 6}, {"added__date": datetime.date(2024, 5, 21)}, {"price__in": [1, 2]}, {"price__range": (1, 2)}, {"open_at__hour": 8}, {"author__born__isnull": True})],
        "annotate": list(Author.objects.values("name").annotate(n=Count("book"), total=Sum("book__price"), top=Max("book__added")).order_by("name").values_list("name", "n", "total", "top")),
        "having": list(Author.objects.values("name").annotate(n=Count("book")).filter(n__gt=10).values_list("name", flat=True)),
        "aggregate": books.aggregate(Avg("pages"), Sum("price"), odd=Count("id", filter=Q(tags__name="odd"))),
        "prefetch": [sorted(tag.name for tag in book.tags.all()) for book in books.prefetch_related("tags").order_by("id")[:4]],
        "exists": list(Author.objects.filter(Exists(books.filter(author=OuterRef("pk"), price__gt=4.9))).values_list("name", flat=True)),
        "subquery": list(Author.objects.annotate(last=Subquery(books.filter(author=OuterRef("pk")).order_by("-added").values("title")[:1])).order_by("name").values_list("name", "last")),
        "window": list(books.annotate(row=Window(RowNumber(), partition_by=[F("author")], order_by=F("price").desc())).order_by("id").values_list("title", "row")[:5]),
        "functions": list(books.annotate(month=TruncMonth("added"), year=ExtractYear("added"), low=Lower("title"), both=Concat("title", Value("/"), "author__name"), none=Coalesce("author__born", Value(datetime.date(2000, 1, 1)))).order_by("id").values_list("month", "year", "low", "both", "none")[:3]),
        "dates": list(books.datetimes("added", "month"))[:3],
        "distinct": list(books.order_by("author__name", "-price").distinct("author__name").values_list("title", flat=True)),
        "union": list(books.filter(price__lt=1).values_list("title").union(books.filter(price__gt=4.5).values_list("title")).order_by("title")),
        "iterator": sum(1 for _ in books.iterator(chunk_size=5)),
        "explain": len(books.filter(price__gt=1).explain()) > 0,
        "raw": [one.title for one in books.raw("SELECT * FROM shop_book WHERE price > %s ORDER BY id", [4.5])],
    }


def changes():
    updated = Book.objects.filter(price__lt=1).update(price=F("price") + 1)
    author, made_new = Author.objects.get_or_create(name="Cid")
    again = Author.objects.update_or_create(name="Cid", defaults={"born": datetime.date(1970, 1, 1)})[1]
    author.name = "Cecil"
    author.save()
    Tag.objects.bulk_create([Tag(name="new"), Tag(name="more")], ignore_conflicts=True)
    Tag.objects.bulk_create([Tag(name="new", weight=7)], update_conflicts=True, unique_fields=["name"], update_fields=["weight"])
    tags = list(Tag.objects.filter(name__in=["more"]))
    for tag in tags:
        tag.weight += 1
    bulk = Tag.objects.bulk_update(tags, ["weight"])
    deleted = Tag.objects.filter(name="more").delete()
    removed = Book.objects.filter(title="Book 20").delete()
    with transaction.atomic():
        locked = Book.objects.select_for_update().order_by("id").first().title
    return updated, made_new, again, bulk, deleted, removed, locked, list(Tag.objects.order_by("name").values_list("name", "weight")), Author.objects.get(name="Cecil").born


def transactions():
    seen = []
    with transaction.atomic():
        Tag.objects.create(name="inside")
        try:
            with transaction.atomic():
                Tag.objects.create(name="inside")
        except IntegrityError:
            seen.append("twice")
        seen.append(Tag.objects.filter(name="inside").count())
        transaction.set_rollback(True)
    seen.append(Tag.objects.filter(name="inside").count())
    try:
        with transaction.atomic():
            Tag.objects.create(name="lost")
            raise ValueError
    except ValueError:
        seen.append(Tag.objects.filter(name="lost").count())
    return seen, related()


def related():
    """Django's foreign keys are checked at the end of the transaction; it deletes what refers to a row itself."""
    seen = []
    fields = {"price": 1, "added": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), "ref": uuid.UUID(int=1), "raw": b"", "rating": 1, "pages": 1, "open_at": datetime.time(8)}
    with transaction.atomic():
        Book.objects.create(author_id=4711, title="early", **fields)
        Author.objects.create(id=4711, name="late")
    try:
        with transaction.atomic():
            Book.objects.create(author_id=4712, title="lost", **fields)
            seen.append(Book.objects.filter(title="lost").count())
    except IntegrityError as error:
        seen.append(str(error).split("\n")[:2])
    try:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM shop_author WHERE id = 4711")
    except IntegrityError as error:
        seen.append(str(error).split("\n")[:2])
    book = Book.objects.get(title="early")
    book.tags.add(Tag.objects.create(name="bound"))
    with transaction.atomic():
        seen.append(Author.objects.filter(id=4711).delete())
        Tag.objects.filter(name="bound").delete()
    seen.append([Book.objects.filter(title="early").count(), Author.objects.filter(id=4711).count()])
    return seen


def users():
    from django.contrib.auth.models import Permission, User

    User.objects.create_user("ann", "ann@example.org", "secret")
    user = User.objects.get(username="ann")
    return user.check_password("secret"), Permission.objects.count(), user.has_perm("shop.add_book")


def schema_editor():
    """What later migrations do."""
    with connection.schema_editor() as editor:
        field = models.IntegerField(null=True)
        field.set_attributes_from_name("more")
        editor.add_field(Tag, field)
        index = models.Index(fields=["weight"], name="shop_tag_weight")
        editor.add_index(Tag, index)
    found = [column.name for column in connection.introspection.get_table_description(connection.cursor(), "shop_tag")]
    with connection.schema_editor() as editor:
        editor.remove_index(Tag, index)
        editor.remove_field(Tag, field)
    return found, [column.name for column in connection.introspection.get_table_description(connection.cursor(), "shop_tag")]


INSPECTED = [
    "DROP TABLE IF EXISTS insp_line", "DROP TABLE IF EXISTS insp_order",
    "CREATE TABLE insp_order (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC(10,2), tags TEXT[], active BOOLEAN NOT NULL, born DATE, seen TIMESTAMPTZ,"
    " note JSON, ref UUID UNIQUE, big BIGINT, small SMALLINT, f4 REAL, f8 DOUBLE PRECISION, raw BYTEA, at_time TIME, span INTERVAL, a INTEGER, b INTEGER, UNIQUE (a, b))",
    "CREATE TABLE insp_line (id BIGINT PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES insp_order(id), what TEXT)",
    "CREATE VIEW insp_view AS SELECT id, name FROM insp_order",
]


def inspected():
    with connection.cursor() as cursor:
        for statement in INSPECTED:
            cursor.execute(statement)
    text = told("inspectdb", "insp_order", "insp_line", "insp_view", include_views=True)
    with connection.cursor() as cursor:
        for statement in ("VIEW insp_view", "TABLE insp_line", "TABLE insp_order"):
            cursor.execute(f"DROP {statement}")
    return text[text.index("class") :]


def introspected():
    with connection.cursor() as cursor:
        found = connection.introspection
        constraints = found.get_constraints(cursor, "shop_book")
        return [
            sorted(found.table_names(cursor)),
            [[column.name, column.null_ok, column.default is not None] for column in found.get_table_description(cursor, "shop_book")],
            found.get_primary_key_column(cursor, "shop_book"),
            {key: list(value) for key, value in found.get_relations(cursor, "shop_book").items()},
            sorted(str([one["columns"], one["primary_key"], one["unique"], one["foreign_key"], one["check"], one["index"]]) for one in constraints.values()),
            sorted(re.sub("[0-9a-f]{8}", "#", name) for name in constraints),
            [each["column"] for each in found.get_sequences(cursor, "shop_book")],
        ]


def back():
    return [line for line in told("migrate", "shop", "zero").split("\n") if "..." in line], told("migrate", "shop", "0001").count("... OK")


def dropped():
    told("migrate", "shop", "zero")
    told("migrate", "auth", "zero")
    told("migrate", "contenttypes", "zero")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")
        return connection.introspection.table_names(cursor)


def main():
    check("migrate", migrations)
    check("showmigrations", shown)
    check("introspection", introspected)
    check("orm: makes", made)
    check("orm: values", values)
    try:
        for name, seen in queries().items():
            check(f"orm: {name}", lambda: seen)
    except Exception:
        check("orm: queries", queries)
    check("orm: changes", changes)
    check("transactions", transactions)
    check("users", users)
    check("schema editor", schema_editor)
    check("inspectdb", inspected)
    check("migrate back", back)
    check("drop", dropped)


main()
