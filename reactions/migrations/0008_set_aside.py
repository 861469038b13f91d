"""Set-aside articles; the rates of a day; history comes from counted reactions and no longer from a token's age."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

COMMENTS = """
COMMENT ON INDEX reactions_outboxentry_pkey IS 'claim.sql: the oldest entries first';
COMMENT ON INDEX reactions_setaside_pkey IS 'set_aside.sql, end_set_aside.sql: one article';
COMMENT ON INDEX reactions_by_reader IS 'erase.sql, export.sql: all rows of one reader; moderate.sql: whether they have history';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reactions", "0007_descriptions"),
    ]

    operations = [
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("article_id", models.UUIDField(primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("failures", models.IntegerField()),
                ("retry_at", models.DateTimeField()),
                ("error", models.TextField(help_text="What PostgreSQL said the last time.")),
            ],
        ),
        migrations.RemoveField("outboxentry", "has_history"),
        migrations.RenameField("articlerate", "without_history", "in_minute"),
        migrations.AlterField(
            model_name="articlerate",
            name="in_minute",
            field=models.IntegerField(
                help_text="First reactions without page counted in this minute."
            ),
        ),
        migrations.AlterField(
            model_name="articlerate",
            name="usual",
            field=models.FloatField(help_text="Moving average of `in_minute`."),
        ),
        migrations.AddField(
            model_name="articlerate",
            name="day",
            field=models.DateField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="articlerate",
            name="in_day",
            field=models.IntegerField(
                db_default=0, help_text="First reactions counted on this day."
            ),
        ),
        migrations.AddField(
            model_name="articlerate",
            name="in_day_before",
            field=models.IntegerField(db_default=0, help_text="Those of the day before."),
        ),
        migrations.AddField(
            model_name="networkrate",
            name="day_started_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="When the day began that `in_day` counts.",
            ),
        ),
        migrations.AddField(
            model_name="networkrate",
            name="in_day",
            field=models.IntegerField(
                db_default=0, help_text="First reactions in that day, held ones included."
            ),
        ),
        migrations.AlterField(
            model_name="wave",
            name="network_count",
            field=models.IntegerField(
                help_text="1,000 is a thousand or more.", verbose_name="networks"
            ),
        ),
        migrations.AlterField(
            model_name="wave",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Their hashes, a thousand at most, for 48 hours.",
                size=None,
            ),
        ),
        migrations.RunSQL(COMMENTS, migrations.RunSQL.noop),
    ]
