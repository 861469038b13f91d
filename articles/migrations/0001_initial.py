"""The story and its parts, and the keys of programs. Creates tables only: nothing to lock."""

import articles.ids
import articles.models
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Media",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("caption", models.TextField(blank=True)),
                ("alt_text", models.TextField(blank=True)),
                ("credit", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name_plural": "media",
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(editable=False, max_length=12)),
                ("secret_hash", models.BinaryField(max_length=32)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("prefix",), name="articles_apikey_prefix")
                ],
            },
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.CharField(max_length=120, validators=[articles.models.validate_slug]),
                ),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="articles_section_slug")
                ],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=articles.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "guid",
                    models.CharField(
                        editable=False, help_text="A tag: URI; never changes.", max_length=255
                    ),
                ),
                ("headline", models.CharField(max_length=300)),
                (
                    "slug",
                    models.CharField(max_length=120, validators=[articles.models.validate_slug]),
                ),
                ("abstract", models.TextField(blank=True)),
                ("body_markdown", models.TextField(help_text="As filed.")),
                ("body_html", models.TextField(help_text="Sanitised; without the dateline.")),
                ("word_count", models.PositiveIntegerField(default=0)),
                ("byline", models.CharField(blank=True, max_length=200)),
                ("dateline_place", models.CharField(blank=True, max_length=100)),
                ("dateline_region", models.CharField(blank=True, max_length=100)),
                (
                    "dateline_country",
                    models.CharField(blank=True, help_text="ISO 3166-1 alpha-2.", max_length=2),
                ),
                ("dateline_date", models.DateField(blank=True, null=True)),
                ("dateline_source", models.CharField(blank=True, max_length=50)),
                ("dateline_style", models.CharField(blank=True, max_length=20)),
                (
                    "dateline_text",
                    models.TextField(
                        blank=True,
                        help_text="Frozen at publishing, so that a change of style does not rewrite history.",
                    ),
                ),
                ("language", models.CharField(default="en", help_text="BCP 47.", max_length=35)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("in_review", "In review"),
                            ("scheduled", "Scheduled"),
                            ("published", "Published"),
                            ("corrected", "Corrected"),
                            ("unpublished", "Unpublished"),
                            ("retracted", "Retracted"),
                            ("killed", "Killed"),
                            ("spiked", "Spiked"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                (
                    "pub_status",
                    models.CharField(
                        choices=[
                            ("usable", "Usable"),
                            ("withheld", "Withheld"),
                            ("canceled", "Canceled"),
                        ],
                        default="usable",
                        max_length=20,
                    ),
                ),
                (
                    "first_created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "version_created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "first_published_at",
                    models.DateTimeField(
                        blank=True, editable=False, help_text="Set once.", null=True
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(
                        blank=True, help_text="Shown to readers; orders lists.", null=True
                    ),
                ),
                (
                    "content_modified_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="The last change that readers would notice.",
                        null=True,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, help_text="The row, whatever changed."),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "lead_image",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="articles.media",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="articles",
                        to="articles.section",
                    ),
                ),
            ],
            options={
                "db_table": "articles_article",
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.CharField(max_length=120, validators=[articles.models.validate_slug]),
                ),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="articles_tag_slug")
                ],
            },
        ),
        migrations.CreateModel(
            name="ArticleTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tag_links",
                        to="articles.article",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="article_links",
                        to="articles.tag",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="tags",
            field=models.ManyToManyField(
                blank=True,
                related_name="articles",
                through="articles.ArticleTag",
                to="articles.tag",
            ),
        ),
        migrations.AddConstraint(
            model_name="articletag",
            constraint=models.UniqueConstraint(fields=("article", "tag"), name="articles_tag_once"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "corrected", "retracted"))),
                fields=["-published_at", "-id"],
                name="articles_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "corrected", "retracted"))),
                fields=["section", "-published_at", "-id"],
                name="articles_by_section",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(fields=("slug",), name="articles_article_slug"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(fields=("guid",), name="articles_article_guid"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("published", "corrected", "retracted")), _negated=True),
                    models.Q(
                        ("first_published_at__isnull", False), ("published_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="articles_public_has_times",
            ),
        ),
    ]
