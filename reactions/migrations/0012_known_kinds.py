"""Which key each bit of a kind had when it was first counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reactions", "0011_cache_state"),
    ]

    operations = [
        migrations.CreateModel(
            name="KnownKind",
            fields=[
                ("bit", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
            ],
        ),
    ]
