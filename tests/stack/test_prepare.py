"""What `manage.py prepare` refuses, and that it may be repeated."""

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import connection

from newsroom.stack.management.commands import prepare


def test_an_old_postgresql_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        CommandError, match=r"leads to PostgreSQL 14; Newsroom needs 15 or newer\.$"
    ):
        prepare.check_version(140_011)


def test_the_oldest_supported_postgresql_is_accepted() -> None:
    prepare.check_version(150_000)


def test_an_unreachable_database_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    existing = {
        "HOST": "127.0.0.1",
        "PORT": "9",
        "USER": "me",
        "PASSWORD": "secret",
        "NAME": "news",
    }
    for name, value in existing.items():
        monkeypatch.setitem(connection.settings_dict, name, value)

    with pytest.raises(CommandError, match=r"^DATABASE_URL cannot be reached: .*") as refusal:
        prepare.check_database()

    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:9/0", "unix:///tmp/no/such.sock"])
def test_an_unreachable_redis_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", url)

    with pytest.raises(CommandError, match=r"^REDIS_URL cannot be reached: ") as refusal:
        prepare.check_redis()

    assert "secret" not in str(refusal.value)


def test_an_unreachable_broker_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "amqp://me:secret@127.0.0.1:9//")

    with pytest.raises(CommandError, match=r"^CELERY_BROKER_URL cannot be reached: ") as refusal:
        prepare.check_broker()

    assert "secret" not in str(refusal.value)


@pytest.mark.django_db
def test_the_editor_is_made_once_and_can_sign_in(client: Any) -> None:
    password = prepare.create_editor()

    assert client.login(username="editor", password=password)
    assert prepare.create_editor() is None
    assert get_user_model().objects.get().is_superuser


@pytest.mark.django_db
def test_samples_are_published_into_an_empty_database_once(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path

    assert prepare.publish_samples()
    assert not prepare.publish_samples()


@pytest.mark.django_db
def test_samples_stay_out_of_a_database_with_articles(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    prepare.publish_samples()
    settings.DATA = tmp_path / "of another machine"
    settings.DATA.mkdir()

    assert not prepare.publish_samples()


@pytest.mark.django_db
def test_a_second_run_prints_nothing(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    prepare.Command(stdout=StringIO(), stderr=StringIO()).handle()
    output = StringIO()

    prepare.Command(stdout=output, stderr=StringIO()).handle()

    assert output.getvalue() == ""
