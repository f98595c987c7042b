"""A small shop: each kind of field, keys, constraints, relations."""

from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=40)
    born = models.DateField(null=True, db_index=True)


class Tag(models.Model):
    name = models.CharField(max_length=20, unique=True)
    weight = models.SmallIntegerField(default=0)


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    title = models.CharField(max_length=80)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    added = models.DateTimeField()
    ref = models.UUIDField()
    raw = models.BinaryField()
    took = models.DurationField(null=True)
    rating = models.FloatField()
    pages = models.PositiveIntegerField()
    good = models.BooleanField(default=True)
    open_at = models.TimeField()
    note = models.TextField(blank=True, default="")
    slug = models.SlugField(blank=True)
    tags = models.ManyToManyField(Tag)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "title"], name="shop_book_once"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="shop_book_price"),
        ]
        indexes = [models.Index(fields=["added", "-price"], name="shop_book_added")]
