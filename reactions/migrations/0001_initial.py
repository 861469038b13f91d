"""The tables behind the counts. What Django cannot say, partitions above all, is in 0001_ledger.sql."""

from pathlib import Path

import django.db.models.functions.datetime
from django.db import migrations, models

LEDGER = Path(__file__).with_name("0001_ledger.sql").read_text("utf-8")
NO_LEDGER = """
DROP TABLE reactions_reaction;
DROP TRIGGER reactions_total_not_negative ON reactions_total;
DROP FUNCTION reactions_refuse_negative_total();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("articles", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ReactedArticle",
            fields=[],
            options={
                "verbose_name": "reacted article",
                "verbose_name_plural": "reactions",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("articles.article",),
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("article_id", models.UUIDField()),
                ("reader_id", models.UUIDField()),
                ("marked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("article_id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
                ("published_version", models.BigIntegerField(default=0)),
                ("counted_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(condition=models.Q(("version__gt", models.F("published_version"))), fields=["article_id"], name="reactions_unpublished"),
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                ("pk", models.CompositePrimaryKey("article_id", "kind", blank=True, editable=False, primary_key=True, serialize=False)),
                ("article_id", models.UUIDField()),
                ("kind", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Bucket",
            fields=[
                ("pk", models.CompositePrimaryKey("article_id", "start", "kind", blank=True, editable=False, primary_key=True, serialize=False)),
                ("article_id", models.UUIDField()),
                ("start", models.DateTimeField()),
                ("kind", models.SmallIntegerField()),
                ("added", models.IntegerField()),
                ("removed", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("article_id", models.UUIDField(primary_key=True, serialize=False)),
                ("state", models.CharField(choices=[("open", "Open"), ("closed", "closed, counts shown"), ("hidden", "Hidden")], default="open", max_length=6)),
                ("allowed", models.IntegerField(help_text="The set it takes; empty: every kind.", null=True)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Reaction",
                    fields=[
                        ("pk", models.CompositePrimaryKey("article_id", "reader_id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("article_id", models.UUIDField()),
                        ("reader_id", models.UUIDField()),
                        ("kinds", models.IntegerField()),
                        ("previous", models.IntegerField(default=0, help_text="The set that `kinds` replaced.")),
                        ("held", models.BooleanField(default=False, help_text="Kept, and left out of the counts.")),
                        ("counted", models.IntegerField(default=0, help_text="What of this row the totals hold.")),
                        ("was_counted", models.IntegerField(default=0, help_text="What `counted` was before the last fold.")),
                        ("erased", models.BooleanField(default=False, help_text="Its reader left; fold removes the row.")),
                        ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["reader_id"], name="reactions_by_reader"),
                            models.Index(condition=models.Q(("erased", True)), fields=["article_id"], name="reactions_erased"),
                        ],
                    },
                ),
            ],
            database_operations=[migrations.RunSQL(LEDGER, NO_LEDGER)],
        ),
    ]
