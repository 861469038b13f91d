"""Closing by time, presets of sections and tags, and the function that says what a story takes."""

from pathlib import Path

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

POLICY_OF = Path(__file__).with_name("0004_policy.sql").read_text("utf-8")
NO_POLICY_OF = "DROP FUNCTION reactions_policy_of(uuid, bigint, timestamptz, integer);"
STATES = [("open", "Open"), ("closed", "closed, counts shown"), ("hidden", "Hidden")]


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial"), ("reactions", "0003_baseline")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="close_after_days",
            field=models.PositiveIntegerField(help_text="Days after the first publication; 0: never.", null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="closes_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="policy",
            name="allowed",
            field=models.IntegerField(help_text="The set it takes.", null=True),
        ),
        migrations.AlterField(
            model_name="policy",
            name="state",
            field=models.CharField(choices=STATES, max_length=6, null=True),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(condition=models.Q(("closes_at", None), ("close_after_days", None), _connector="OR"), name="reactions_policy_closes_once"),
        ),
        migrations.CreateModel(
            name="Preset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("section", models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="articles.section")),
                ("tag", models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="articles.tag")),
                ("state", models.CharField(choices=STATES, default="open", max_length=6)),
                ("allowed", models.IntegerField(blank=True, help_text="The set they take; empty: every kind.", null=True)),
                ("close_after_days", models.PositiveIntegerField(blank=True, help_text="Days after a story’s first publication. Empty: left to the site.", null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36500)])),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.AddConstraint(
            model_name="preset",
            constraint=models.UniqueConstraint(fields=("name",), name="reactions_preset_name"),
        ),
        migrations.AddConstraint(
            model_name="preset",
            constraint=models.UniqueConstraint(fields=("section",), name="reactions_preset_section", violation_error_message="This section has a preset."),
        ),
        migrations.AddConstraint(
            model_name="preset",
            constraint=models.UniqueConstraint(fields=("tag",), name="reactions_preset_tag", violation_error_message="This tag has a preset."),
        ),
        migrations.AddConstraint(
            model_name="preset",
            constraint=models.CheckConstraint(condition=models.Q(("section", None), ("tag", None), _connector="XOR"), name="reactions_preset_section_or_tag", violation_error_message="A preset is for a section or for a tag."),
        ),
        migrations.CreateModel(
            name="Renewal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section_id", models.BigIntegerField(null=True)),
                ("tag_id", models.BigIntegerField(null=True)),
                ("told_to", models.UUIDField(null=True)),
            ],
        ),
        migrations.RunSQL(POLICY_OF, NO_POLICY_OF),
    ]
