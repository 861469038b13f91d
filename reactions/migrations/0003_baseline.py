"""What other systems counted before us, and what the last reconcile found."""

from django.db import migrations, models

KEYS = """
COMMENT ON INDEX reactions_baseline_pkey IS 'counts.sql, record.sql, article_statistics.sql, set_baseline.sql: what was imported';
COMMENT ON INDEX reactions_reconciliation_pkey IS 'keep_reconciliation.sql, last_reconciliation.sql: the one row';
"""


class Migration(migrations.Migration):
    dependencies = [("reactions", "0002_judging")]

    operations = [
        migrations.CreateModel(
            name="Baseline",
            fields=[
                ("pk", models.CompositePrimaryKey("article_id", "source", "kind", blank=True, editable=False, primary_key=True, serialize=False)),
                ("article_id", models.UUIDField()),
                ("source", models.CharField(help_text="Which import it came by.", max_length=50)),
                ("kind", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
                ("imported_at", models.DateTimeField(help_text="When an import last changed it.")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("count__gte", 0)), name="reactions_baseline_not_negative")],
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("ran_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
                ("rows_scanned", models.BigIntegerField()),
                ("articles", models.BigIntegerField()),
                ("drifted_articles", models.BigIntegerField()),
                ("drift", models.BigIntegerField(help_text="Of the totals, summed over articles and kinds.")),
                ("drift_of_buckets", models.BigIntegerField()),
                ("forgotten", models.BigIntegerField(help_text="Rows to be counted that nobody had marked.")),
                ("healed", models.BigIntegerField(help_text="Pairs of article and kind.")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="reactions_reconciliation_once")],
            },
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]
