"""Migrations run while readers react: none locks a table that every reaction needs for longer than a moment.

And while processes of the release before run: none takes away what these use, or asks of a row what they do not give it.

Reads the operations and SQL of each migration that no release has yet. What a long one has to be instead is in _ADVICE.
`python -m tests.drills.upgrade` shows it with two releases.
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

ROOT = Path(__file__).parents[2]
# The last ones whose locks were announced: "run it while no process of the release before is serving".
_ANNOUNCED = {"articles": 10, "reactions": 10}
_HOT_MODELS = {"article", "reaction", "outboxentry", "countversion", "articlecount", "bucket"}
_HOT = r'"?(?:articles_article|reactions_(?:reaction|outboxentry|countversion|articlecount|bucket))"?\b'
_ADVICE = {
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)[^;]*? ON (?:ONLY )?{_HOT}": "CREATE INDEX CONCURRENTLY",
    rf"DROP INDEX (?!CONCURRENTLY)[^;]*{_HOT}": "DROP INDEX CONCURRENTLY",
    rf"ALTER TABLE (?:ONLY )?{_HOT}[^;]*ALTER COLUMN[^;]* TYPE ": "a new column, filled in batches",
    rf"ALTER TABLE (?:ONLY )?{_HOT}[^;]*ALTER COLUMN[^;]* SET NOT NULL": "a CHECK that is NOT VALID first",
    rf"ALTER TABLE (?:ONLY )?{_HOT}[^;]*ADD CONSTRAINT(?![^;]*NOT VALID)": "ADD CONSTRAINT … NOT VALID, then VALIDATE",
    rf"ALTER TABLE (?:ONLY )?{_HOT}[^;]*SET (?:UN)?LOGGED": "nothing: it rewrites the table",
    rf"LOCK TABLE {_HOT}": "no LOCK TABLE",
    rf"^\s*UPDATE {_HOT}": "batches, in a command or a task",
    rf"^\s*DELETE FROM {_HOT}": "batches, in a command or a task",  # noqa: S608  # a pattern
}
# A plain operation of Django's on a hot model, and what does it without a long lock.
_OPERATIONS: dict[type, str] = {
    migrations.AddIndex: "AddIndexConcurrently",
    migrations.RemoveIndex: "RemoveIndexConcurrently",
    migrations.AlterField: "SeparateDatabaseAndState where the column stays as it is",
    migrations.AddConstraint: "AddConstraintNotValid, then ValidateConstraint",
    migrations.AlterUniqueTogether: "a unique index made concurrently",
}


def list_migrations() -> Iterator[tuple[str, migrations.Migration]]:
    for app, announced in _ANNOUNCED.items():
        for path in sorted((ROOT / app / "migrations").glob("0*.py")):
            if int(path.stem[:4]) > announced:
                module = import_module(f"{app}.migrations.{path.stem}")
                yield f"{app} {path.stem}", module.Migration(path.stem, app)


def list_operations(
    operations: Sequence[migrations.operations.base.Operation],
) -> Iterator[migrations.operations.base.Operation]:
    """Those that the database sees."""
    for each in operations:
        if isinstance(each, migrations.SeparateDatabaseAndState):
            yield from list_operations(each.database_operations)
        else:
            yield each


def faults_of_sql(text: object) -> Iterator[str]:
    parts = text if isinstance(text, list | tuple) else [text]
    for part in parts:
        sql = re.sub(r"--[^\n]*", "", part[0] if isinstance(part, tuple) else str(part))
        for pattern, advice in _ADVICE.items():
            if found := re.search(pattern, sql, re.IGNORECASE | re.MULTILINE):
                yield f"{' '.join(found[0].split())[:80]}: {advice}"


def faults_of(operation: migrations.operations.base.Operation) -> Iterator[str]:
    if isinstance(operation, migrations.RunSQL):
        yield from faults_of_sql(operation.sql)
        return
    model = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    is_online = isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently)
    if str(model).lower() in _HOT_MODELS and not is_online:
        for kind, advice in _OPERATIONS.items():
            if isinstance(operation, kind):
                yield f"{type(operation).__name__} of {model}: {advice}"


# Each was looked at: what it does takes a moment, for the reason beside it.
_HARMLESS: dict[str, str] = {}


def test_no_migration_locks_a_hot_table() -> None:
    found = {
        name: faults
        for name, migration in list_migrations()
        if (
            faults := [
                each for one in list_operations(migration.operations) for each in faults_of(one)
            ]
        )
        and name not in _HARMLESS
    }

    assert len(list(list_migrations())) > 10
    assert found == {}


def test_what_works_beside_readers_is_not_in_a_transaction() -> None:
    """CONCURRENTLY needs that, and a migration with both would hold its other locks for as long."""
    for name, migration in list_migrations():
        online = [
            isinstance(each, AddIndexConcurrently | RemoveIndexConcurrently)
            for each in list_operations(migration.operations)
        ]
        assert not any(online) or not migration.atomic, name


# What the release before uses goes one release after the code that uses it.
_TAKEN_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
_TAKEN_AWAY_BY_SQL = re.compile(
    r"\b(?:DROP (?:TABLE|COLUMN)|RENAME (?:COLUMN |CONSTRAINT )?\S* ?TO)\b", re.IGNORECASE
)
# A later migration has made it good, before any release.
_MENDED = {"articles 0019_sources: source.schedules has no default of the database"}


def faults_beside_the_release_before(
    operation: migrations.operations.base.Operation,
) -> Iterator[str]:
    if isinstance(operation, _TAKEN_AWAY):
        yield f"{type(operation).__name__} of what the release before uses"
    if isinstance(operation, migrations.RunSQL) and _TAKEN_AWAY_BY_SQL.search(str(operation.sql)):
        yield "SQL that takes away what the release before uses"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        # Django's own default is not the column's: a row that does not name the column is refused.
        if not (field.null or field.has_db_default() or field.many_to_many):
            yield f"{operation.model_name}.{operation.name} has no default of the database"


def test_processes_of_the_release_before_work_on_the_new_schema() -> None:
    found = {
        f"{name}: {fault}"
        for name, migration in list_migrations()
        for one in list_operations(migration.operations)
        for fault in faults_beside_the_release_before(one)
    }

    assert found == _MENDED


@pytest.mark.parametrize(
    ("operation", "count"),
    [
        (migrations.AddField("article", "x", models.IntegerField(default=0)), 1),
        (migrations.AddField("article", "x", models.IntegerField(db_default=0)), 0),
        (migrations.AddField("article", "x", models.IntegerField(null=True)), 0),
        (migrations.RemoveField("article", "x"), 1),
        (migrations.RenameField("article", "x", "y"), 1),
        (migrations.RunSQL("ALTER TABLE articles_article DROP COLUMN x"), 1),
        (migrations.RunSQL("ALTER TABLE articles_article RENAME COLUMN x TO y"), 1),
        (migrations.RunSQL("ALTER TABLE articles_article RENAME TO y"), 1),
        (migrations.RunSQL("ALTER TABLE articles_article ADD COLUMN x int"), 0),
    ],
)
def test_what_the_release_before_needs_is_known(
    operation: migrations.operations.base.Operation, count: int
) -> None:
    assert len(list(faults_beside_the_release_before(operation))) == count


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("CREATE INDEX x ON reactions_reaction (wave_id)", 1),
        ("CREATE INDEX CONCURRENTLY x ON reactions_reaction (wave_id)", 0),
        ('CREATE UNIQUE INDEX "x" ON "articles_article" ("slug")', 1),
        ("CREATE INDEX x ON reactions_wave (id)", 0),
        ("ALTER TABLE reactions_bucket ALTER COLUMN added TYPE bigint", 1),
        ("ALTER TABLE reactions_bucket ADD CONSTRAINT x CHECK (added >= 0)", 1),
        ("ALTER TABLE reactions_bucket ADD CONSTRAINT x CHECK (added >= 0) NOT VALID", 0),
        ("ALTER TABLE reactions_bucket ADD COLUMN x int DEFAULT 0 NOT NULL", 0),
        ("-- UPDATE reactions_reaction\nSELECT 1", 0),
        ("UPDATE reactions_reaction SET kinds = 0", 1),
        ("LOCK TABLE reactions_outboxentry", 1),
    ],
)
def test_a_statement_is_read_rightly(sql: str, count: int) -> None:
    assert len(list(faults_of_sql(sql))) == count
