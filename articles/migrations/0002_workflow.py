"""The workflow, corrections, revisions, authors and sources. Every lock is short: the columns are empty or constant, the tables new."""

import articles.models
import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="article",
            name="article_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("reportage", "Reportage"),
                    ("analysis", "Analysis"),
                    ("background", "Background"),
                    ("opinion", "Opinion"),
                    ("review", "Review"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="canonical_url",
            field=models.URLField(
                blank=True, help_text="Where the original is, when it is not ours.", max_length=1000
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="copyright_holder",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="article",
            name="copyright_notice",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="article",
            name="credit_line",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="article",
            name="ed_note",
            field=models.TextField(blank=True, help_text="For editors only."),
        ),
        migrations.AddField(
            model_name="article",
            name="editor_note",
            field=models.TextField(blank=True, help_text="For readers."),
        ),
        migrations.AddField(
            model_name="article",
            name="embargoed_until",
            field=models.DateTimeField(
                blank=True, help_text="Before which nobody may have it out.", null=True
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="expires_at",
            field=models.DateTimeField(blank=True, help_text="When it is taken off.", null=True),
        ),
        migrations.AddField(
            model_name="article",
            name="publish_at",
            field=models.DateTimeField(
                blank=True, help_text="When the desk wants it out.", null=True
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="short_headline",
            field=models.CharField(
                blank=True, help_text="For lists and push messages.", max_length=100
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="slugline",
            field=models.CharField(blank=True, help_text="The desk's key words.", max_length=100),
        ),
        migrations.AddField(
            model_name="article",
            name="source_item_id",
            field=models.CharField(
                blank=True, help_text="The source's own name for the story.", max_length=255
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="source_url",
            field=models.URLField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="article",
            name="source_version",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="article",
            name="subheadline",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="article",
            name="subjects",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="URIs of IPTC Media Topics, the most important first.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="translation_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="translations",
                to="articles.article",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="urgency",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="1, a flash, to 9; IPTC's scale.", null=True
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="usage_terms",
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name="ArticleRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "snapshot",
                    models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "kind",
                    models.CharField(
                        help_text="What was done: create, edit, publish, …", max_length=20
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("editor", models.CharField(blank=True, max_length=150)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="articles.article",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="ArticleURL",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=120)),
                (
                    "ceased_to_be_canonical_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_urls",
                        to="articles.article",
                    ),
                ),
            ],
            options={
                "verbose_name": "former URL",
            },
        ),
        migrations.CreateModel(
            name="Author",
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
                ("job_title", models.CharField(blank=True, max_length=100)),
                (
                    "about",
                    models.TextField(blank=True, help_text="Plain text, for the author's page."),
                ),
                ("url", models.URLField(blank=True, help_text="Their own site or profile.")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="articles_author_slug")
                ],
            },
        ),
        migrations.CreateModel(
            name="ArticleAuthor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(default="author", max_length=40)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="author_links",
                        to="articles.article",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="article_links",
                        to="articles.author",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="authors",
            field=models.ManyToManyField(
                blank=True,
                related_name="articles",
                through="articles.ArticleAuthor",
                to="articles.author",
            ),
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("correction", "Correction"),
                            ("clarification", "Clarification"),
                            ("update", "Update"),
                            ("editors_note", "Editor’s note"),
                            ("retraction", "Retraction"),
                        ],
                        default="correction",
                        max_length=20,
                    ),
                ),
                ("text", models.TextField(help_text="Plain text.")),
                (
                    "placement",
                    models.CharField(
                        choices=[("top", "Above the story"), ("bottom", "Below the story")],
                        default="top",
                        max_length=10,
                    ),
                ),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "version",
                    models.PositiveIntegerField(help_text="The version of the story that it made."),
                ),
                ("editor", models.CharField(blank=True, max_length=150)),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="articles.article",
                    ),
                ),
            ],
            options={
                "ordering": ["published_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("response_status", models.PositiveSmallIntegerField(default=0)),
                ("response_body", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="articles.apikey",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "credit",
                    models.CharField(
                        blank=True, help_text="As a dateline prints it, such as AFP.", max_length=50
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("staff", "Staff"),
                            ("wires", "Wires"),
                            ("freelance", "Freelance"),
                            ("stock", "Stock"),
                            ("handout", "Handout"),
                            ("other", "Other"),
                        ],
                        default="wires",
                        max_length=20,
                    ),
                ),
                (
                    "dateline_style",
                    models.CharField(blank=True, help_text="Empty: the house's.", max_length=20),
                ),
                (
                    "indexing",
                    models.CharField(
                        choices=[("index", "Index"), ("noindex", "Do not index")],
                        default="index",
                        max_length=20,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="articles_source_name")
                ],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="source",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="articles",
                to="articles.source",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("publish_at", "embargoed_until"),
                condition=models.Q(("state", "scheduled")),
                name="articles_by_due",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(
                    ("expires_at__isnull", False),
                    ("state__in", ("scheduled", "published", "corrected")),
                ),
                fields=["expires_at"],
                name="articles_by_expiry",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_item_id", ""), _negated=True),
                fields=("source", "source_item_id"),
                name="articles_once_from_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publish_at", None), ("embargoed_until", None), _connector="OR"
                ),
                name="articles_embargo_or_schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("urgency", None), ("urgency__range", (1, 9)), _connector="OR"),
                name="articles_urgency_1_to_9",
            ),
        ),
        migrations.AddConstraint(
            model_name="articlerevision",
            constraint=models.UniqueConstraint(
                fields=("article", "version"), name="articles_revision_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="articleurl",
            constraint=models.UniqueConstraint(fields=("slug",), name="articles_former_slug"),
        ),
        migrations.AddConstraint(
            model_name="articleauthor",
            constraint=models.UniqueConstraint(
                fields=("article", "author"), name="articles_author_once"
            ),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(
                fields=["article", "published_at", "id"], name="articles_corrections_of_story"
            ),
        ),
        migrations.AddIndex(
            model_name="idempotencykey",
            index=models.Index(fields=["created_at"], name="articles_answers_by_time"),
        ),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(
                fields=("api_key", "key"), name="articles_answer_once"
            ),
        ),
    ]
