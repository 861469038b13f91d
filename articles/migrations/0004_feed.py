import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="article",
            name="source_hash",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Of the content as it was last imported; tells an edit of the desk's.",
                max_length=64,
            ),
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.URLField(max_length=1000)),
                (
                    "format",
                    models.CharField(
                        blank=True, help_text="Empty: told by the content.", max_length=20
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("interval_seconds", models.PositiveIntegerField(default=300)),
                ("etag", models.TextField(blank=True, editable=False)),
                ("last_modified", models.TextField(blank=True, editable=False)),
                ("next_poll_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("polled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="In a row."
                    ),
                ),
                ("last_error", models.TextField(blank=True, editable=False)),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="articles.source",
                    ),
                ),
            ],
            options={
                "ordering": ["url"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("active", True)),
                        fields=["next_poll_at"],
                        name="articles_feeds_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("url",), name="articles_feed_url")
                ],
            },
        ),
    ]
