"""The audit log: who, what, before and after; it cannot be changed, and holds no secret."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from articles import audit
from articles.audit import Actor, Named, acting
from articles.models import ActorKind, AuditEntry, Section, Site

pytestmark = pytest.mark.django_db
ROOT = User(pk=7, username="root")


def last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_an_entry_says_who_did_what_and_what_differs() -> None:
    section = Section.objects.create(name="World", slug="world")
    before = audit.values_of(section)
    section.name = "Abroad"

    with acting(lambda: audit.user_actor(ROOT)):
        audit.record("changed", section, before=before, after=audit.values_of(section))

    entry = last()
    assert (entry.actor_kind, entry.actor, entry.actor_id) == ("user", "root", "7")
    assert (entry.object_type, entry.object_id, entry.object_name) == (
        "section",
        str(section.pk),
        "Abroad",
    )
    assert (entry.before, entry.after) == ({"name": "World"}, {"name": "Abroad"})


@pytest.mark.parametrize(
    ("process", "arguments", "kind", "name"),
    [
        ("worker", ["celery"], "system", "worker"),
        ("command", ["manage.py", "publish"], "command", "manage.py publish"),
    ],
)
def test_without_a_request_the_process_acts(
    process: str,
    arguments: list[str],
    kind: str,
    name: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.PROCESS = process
    monkeypatch.setattr("sys.argv", arguments)

    audit.record("changed", Named("thing"))

    assert (last().actor_kind, last().actor) == (kind, name)


def test_no_secret_is_in_an_entry_and_one_sees_that_it_changed() -> None:
    secret = "s3cr3t-of-the-site-that-nobody-may-see"
    site = Site(name="Blog", origins=["https://blog.example.org"], jwt_secrets=secret)
    site.save()
    before = audit.values_of(site)
    site.jwt_secrets = f"{secret}-2"

    audit.record("changed", site, before=before, after=audit.values_of(site))

    entry = last()
    assert (entry.before, entry.after) == (
        {"jwt_secrets": "•••"},
        {"jwt_secrets": "••• (another)"},
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:secret@feeds.example.org/rss", "https://•••@feeds.example.org/rss"),
        ("https://example.org/hook?token=abc&x=1", "https://example.org/hook?token=•••&x=1"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
    ],
)
def test_a_secret_in_an_address_is_hidden(text: str, shown: str) -> None:
    audit.record("added", Named("feed", "1", text))

    assert last().object_name == shown


def test_a_password_and_the_roles_of_a_user() -> None:
    user = User.objects.create_user("ada", password="a bridge over the river")
    before = audit.values_of(user)
    user.groups.add(Group.objects.create(name="Night desk"))
    user.set_password("another bridge over it")

    audit.record("changed", user, before=before, after=audit.values_of(user))

    entry = last()
    assert entry.after == {"password": "••• (another)", "groups": ["Night desk"]}
    assert "md5" not in str(vars(entry))


def test_a_long_text_is_cut() -> None:
    audit.record("added", Section(name="x" * 3_000, slug="x"), after={"name": "x" * 3_000})
    section = Section(name="y" * 3_000, slug="y")

    assert len(audit.values_of(section)["name"]) == 2_000
    assert len(last().object_name) == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles_auditentry SET actor = 'eve'",
        "DELETE FROM articles_auditentry",
        "SET LOCAL newsroom.audit_retention = on; UPDATE articles_auditentry SET actor = 'eve'",
    ],
)
def test_the_database_refuses_to_change_an_entry(statement: str) -> None:
    audit.record("changed", Named("thing"))

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_entries_go_when_they_are_older_than_they_are_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_LOG_DAYS = 10
    monkeypatch.setattr(audit, "_BATCH", 2)
    now = timezone.now()
    for days in (30, 20, 11, 9, 0):
        AuditEntry.objects.create(
            action="changed", object_type="thing", at=now - timedelta(days=days)
        )

    assert audit.purge_audit_log() == 3
    assert audit.purge_audit_log() == 0
    assert AuditEntry.objects.count() == 2


def test_after_the_retention_the_table_is_append_only_again() -> None:
    audit.record("changed", Named("thing"))
    audit.purge_audit_log()

    test_the_database_refuses_to_change_an_entry("DELETE FROM articles_auditentry")


def test_a_log_that_is_kept_for_good(settings: Settings) -> None:
    settings.AUDIT_LOG_DAYS = 0
    AuditEntry.objects.create(action="x", object_type="y", at=timezone.now() - timedelta(9_999))

    assert audit.purge_audit_log() == 0


def test_the_first_entries_are_those_of_djangos_log() -> None:
    """What the migration does to the log of an installation."""
    from importlib import import_module

    from django.apps import apps
    from django.contrib.admin.models import CHANGE, LogEntry

    user = User.objects.create_user("ada")
    section = Section.objects.create(name="World", slug="world")
    LogEntry.objects.log_actions(
        user.pk, [section], CHANGE, [{"changed": {"fields": ["Name"]}}], single_object=True
    )
    migration: Any = import_module("articles.migrations.0018_append_only")

    migration.copy_log(apps, None)

    entry = last()
    assert (entry.actor, entry.action, entry.object_type) == ("ada", "changed", "section")
    assert entry.note == "Changed Name."
    assert entry.actor_kind == ActorKind.USER
    assert Actor(ActorKind.USER).name == ""
