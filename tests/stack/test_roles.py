"""deploy/roles.sql: the product runs as a role that may neither change a table nor the audit log."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.load import Api
from tests.servers import PROJECT, RunningStack, running_stack

pytestmark = pytest.mark.stack

_OWNER, _ROLE, _DATABASE = "newsroom_owner", "newsroom_app", "newsroom_of_two_roles"
# Every task of the schedule, in this process: workers log what one of theirs is refused, and go on.
_RUN_THE_SCHEDULE = """
from django.conf import settings
from newsroom.celery import app
app.loader.import_default_modules()
for name in sorted({each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}):
    app.tasks[name]()
    print("ran", name)
"""


@dataclass
class Installation:
    """Two roles, and the product that runs as the lesser one."""

    owner_url: str
    url: str
    stack: RunningStack


def url_of(role: str) -> str:
    """Of our database, as this role: the servers of the tests ask for no password."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role}@{host}", path=f"/{_DATABASE}").geturl()


def manage(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Made as docs/operations.md, "Roles of PostgreSQL", says."""
    owner_url, url = url_of(_OWNER), url_of(_ROLE)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as superuser:
        for statement in (
            f"CREATE ROLE {_OWNER} LOGIN",
            f"CREATE ROLE {_ROLE} LOGIN",
            f"CREATE DATABASE {_DATABASE} OWNER {_OWNER}",
        ):
            superuser.execute(statement.encode())
    try:
        migrated = manage(owner_url, "migrate", "--verbosity=0")
        assert migrated.returncode == 0, migrated.stderr
        with psycopg.connect(owner_url) as owner:
            for _ in range(2):  # it is safe to repeat
                owner.execute((PROJECT / "deploy/roles.sql").read_bytes())
        with running_stack("roles", DATABASE_URL=url, FRONT="none") as stack:
            yield Installation(owner_url, url, stack)
    finally:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as superuser:
            for statement in (
                f"DROP DATABASE {_DATABASE} WITH (FORCE)",
                f"DROP ROLE {_ROLE}",
                f"DROP ROLE {_OWNER}",
            ):
                superuser.execute(statement.encode())


def test_a_reader_reacts_and_is_counted(installation: Installation) -> None:
    slug = "kelp-forest-returns"
    with Api(installation.stack.url) as api:
        before = api.total(slug)
        api.react(slug, "love")
        deadline = time.monotonic() + 15
        while api.total(slug) == before:
            assert time.monotonic() < deadline, installation.stack.output()
            time.sleep(0.1)

    reconciled = installation.stack.manage("reconcile", "--dry-run")
    assert reconciled.returncode == 0, reconciled.stdout


def test_a_program_publishes_and_the_audit_log_has_it(installation: Installation) -> None:
    key = installation.stack.manage("issue_key", "cms", "--scopes", "articles:write")
    bearer = {"Authorization": f"Bearer {key.stdout.split()[-1]}"}
    with Api(installation.stack.url) as api:
        story = {
            "headline": "Two roles",
            "slug": f"roles-{uuid4().hex[:8]}",
            "body_markdown": "One.",
        }
        made = api.ask("POST", "articles/", story, **bearer)
        api.ask("POST", f"articles/{made['id']}/publish/", {}, **bearer)

    with psycopg.connect(installation.url) as connection:
        entries = connection.execute(
            "SELECT action FROM articles_auditentry WHERE object_id = %s", [made["id"]]
        ).fetchall()
    assert len(entries) == 2, entries


def test_every_task_of_the_schedule_runs(installation: Installation) -> None:
    done = installation.stack.manage("shell", "-c", _RUN_THE_SCHEDULE)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ran ") > 15
    assert "permission denied" not in done.stderr + installation.stack.output()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "ALTER TABLE articles_article ADD COLUMN mine int",
        "DROP TABLE reactions_reaction",
        "TRUNCATE reactions_reaction",
        "ALTER TABLE articles_auditentry DISABLE TRIGGER ALL",
        "UPDATE articles_auditentry SET actor = 'eve'",
        "SET newsroom.audit_retention = on; DELETE FROM articles_auditentry",
        "DELETE FROM django_migrations",
    ],
)
def test_the_processes_may_not(installation: Installation, statement: str) -> None:
    with (
        closing(psycopg.connect(installation.url)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_what_a_later_migration_makes_is_theirs_to_read_and_write(
    installation: Installation,
) -> None:
    with psycopg.connect(installation.owner_url) as owner:
        owner.execute("CREATE TABLE later (id serial, name text)")
    with psycopg.connect(installation.url) as connection:
        connection.execute("INSERT INTO later (name) VALUES ('x')")
        connection.execute("UPDATE later SET name = 'y'")
        found = connection.execute("DELETE FROM later RETURNING name").fetchall()

    assert found == [("y",)]


def test_the_owner_purges_the_audit_log_and_the_processes_say_so(
    installation: Installation,
) -> None:
    with psycopg.connect(installation.owner_url) as owner:
        owner.execute(
            "INSERT INTO articles_auditentry (at, actor_kind, actor, actor_id, action, object_type, object_id, object_name, before, after, note)"
            " VALUES (now() - interval '9 years', 'system', '', '', 'changed', 'thing', '', '', '{}', '{}', '')"
        )
    shell = "from articles.audit import purge_audit_log; print(purge_audit_log())"

    task = installation.stack.manage("shell", "-c", shell)
    refused = manage(installation.url, "purge_audit_log")
    purged = manage(installation.owner_url, "purge_audit_log")

    assert task.stdout.split()[-1] == "0"
    assert "run manage.py purge_audit_log as the owner" in task.stderr
    assert refused.returncode == 1
    assert "as the owner of the tables" in refused.stderr
    assert purged.stdout == "entries deleted: 1\n"
