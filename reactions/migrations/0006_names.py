"""Tables and columns in the words of docs/glossary.md. Only names change: every row stays where it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import migrations, models

NAMES = Path(__file__).with_name("0006_names.sql").read_text("utf-8")

# Old model, new model.
MODELS = (
    ("Mark", "OutboxEntry"),
    ("Tally", "CountVersion"),
    ("Total", "ArticleCount"),
    ("Baseline", "ImportedCount"),
    ("Preset", "DefaultPolicy"),
    ("Renewal", "PolicyRefresh"),
    ("NetworkPace", "NetworkRate"),
    ("StoryPace", "ArticleRate"),
)

# New model, old field, new field.
FIELDS = (
    ("OutboxEntry", "marked_at", "created_at"),
    ("OutboxEntry", "is_newcomer", "has_history"),
    ("OutboxEntry", "has_read", "has_page_token"),
    ("CountVersion", "published_version", "cached_version"),
    ("PolicyRefresh", "told_to", "refreshed_to"),
    ("Reconciliation", "drift_of_buckets", "bucket_drift"),
    ("Reconciliation", "forgotten", "missed_rows"),
    ("Reconciliation", "healed", "repaired"),
    ("NetworkRate", "since", "hour_started_at"),
    ("NetworkRate", "seen", "in_hour"),
    ("NetworkRate", "seen_in_minute", "in_minute"),
    ("ArticleRate", "passed", "counted"),
    ("ArticleRate", "passed_before", "counted_before"),
    ("ArticleRate", "unread", "without_page"),
    ("ArticleRate", "unread_before", "without_page_before"),
    ("ArticleRate", "newcomers", "without_history"),
)

# Model, old constraint, new constraint.
CONSTRAINTS = (
    ("importedcount", "reactions_baseline_not_negative", "reactions_importedcount_not_negative"),
    ("defaultpolicy", "reactions_preset_name", "reactions_defaultpolicy_name"),
    ("defaultpolicy", "reactions_preset_section", "reactions_defaultpolicy_section"),
    ("defaultpolicy", "reactions_preset_tag", "reactions_defaultpolicy_tag"),
    ("defaultpolicy", "reactions_preset_section_or_tag", "reactions_defaultpolicy_section_or_tag"),
)


def rename_constraint(model: str, old: str, new: str) -> migrations.RunSQL:
    """ALTER TABLE … RENAME CONSTRAINT; Django would drop it, and check every row to add it again."""
    return migrations.RunSQL(
        f"ALTER TABLE reactions_{model} RENAME CONSTRAINT {old} TO {new}",
        f"ALTER TABLE reactions_{model} RENAME CONSTRAINT {new} TO {old}",
    )


def rename_permissions(apps: Any, schema_editor: Any, names: Sequence[tuple[str, str]] = MODELS) -> None:
    """Groups and users keep what they may do: Django renames a model's content type, not its permissions."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for old, new in names:
        for action in ("add", "change", "delete", "view"):
            found = permissions.filter(
                content_type__app_label="reactions", codename=f"{action}_{old.lower()}"
            )
            found.update(codename=f"{action}_{new.lower()}", name=f"Can {action} {new}")


def rename_permissions_back(apps: Any, schema_editor: Any) -> None:
    rename_permissions(apps, schema_editor, [(new, old) for old, new in MODELS])


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("reactions", "0005_room_to_count"),
    ]

    operations = [
        *(migrations.RenameModel(old, new) for old, new in MODELS),
        *(migrations.RenameField(*names) for names in FIELDS),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER INDEX reactions_unpublished RENAME TO reactions_stale_counts",
                    "ALTER INDEX reactions_stale_counts RENAME TO reactions_unpublished",
                )
            ],
            state_operations=[
                migrations.RemoveIndex("countversion", "reactions_unpublished"),
                migrations.AddIndex("countversion", models.Index(fields=["article_id"], name="reactions_stale_counts", condition=models.Q(("version__gt", models.F("cached_version"))))),
            ],
        ),
        migrations.RunPython(rename_permissions, rename_permissions_back),
        migrations.SeparateDatabaseAndState(
            database_operations=[rename_constraint(*names) for names in CONSTRAINTS],
            state_operations=[
                *(migrations.RemoveConstraint(model, old) for model, old, _ in CONSTRAINTS),
                migrations.AddConstraint("importedcount", models.CheckConstraint(condition=models.Q(("count__gte", 0)), name="reactions_importedcount_not_negative")),
                migrations.AddConstraint("defaultpolicy", models.UniqueConstraint(fields=("name",), name="reactions_defaultpolicy_name")),
                migrations.AddConstraint("defaultpolicy", models.UniqueConstraint(fields=("section",), name="reactions_defaultpolicy_section", violation_error_message="This section already has a default policy.")),
                migrations.AddConstraint("defaultpolicy", models.UniqueConstraint(fields=("tag",), name="reactions_defaultpolicy_tag", violation_error_message="This tag already has a default policy.")),
                migrations.AddConstraint("defaultpolicy", models.CheckConstraint(condition=models.Q(("section", None), ("tag", None), _connector="XOR"), name="reactions_defaultpolicy_section_or_tag", violation_error_message="A default policy is for a section or for a tag.")),
            ],
        ),
        migrations.AlterModelOptions("defaultpolicy", {"ordering": ["name"], "verbose_name_plural": "default policies"}),
        migrations.RunSQL(NAMES, migrations.RunSQL.noop),
    ]
