"""What makemigrations writes for the models."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('born', models.DateField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, unique=True)),
                ('weight', models.SmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Book',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=80)),
                ('price', models.DecimalField(decimal_places=2, max_digits=10)),
                ('added', models.DateTimeField()),
                ('ref', models.UUIDField()),
                ('raw', models.BinaryField()),
                ('took', models.DurationField(null=True)),
                ('rating', models.FloatField()),
                ('pages', models.PositiveIntegerField()),
                ('good', models.BooleanField(default=True)),
                ('open_at', models.TimeField()),
                ('note', models.TextField(blank=True, default='')),
                ('slug', models.SlugField(blank=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='shop.author')),
                ('tags', models.ManyToManyField(to='shop.tag')),
            ],
            options={
                'indexes': [models.Index(fields=['added', '-price'], name='shop_book_added')],
                'constraints': [models.UniqueConstraint(fields=('author', 'title'), name='shop_book_once'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='shop_book_price')],
            },
        ),
    ]
