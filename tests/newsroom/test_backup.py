"""A backup into an empty installation: counts, keys, cookies and pictures the same, and no drift."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings

from articles.api.api_keys import issue_key
from newsroom import backup
from newsroom.backup import BackupError, back_up, read_contents, restore
from newsroom.stack.wheels import postgres_programs
from reactions import readers
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import NetworkRate, Salt
from reactions.moderation import client_network
from reactions.moderation.client_network import hash_client_network
from reactions.moderation.signals import Signals
from reactions.readers import new_reader
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.servers import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)

# Restores, and says what the restored installation knows of a reader and of a key.
_RESTORE = """
import django, json, sys
django.setup()
from django.core.management import call_command
call_command("restore", sys.argv[1])
from articles.api.api_keys import find_key
from reactions.models import NetworkRate, Reaction, Salt
from reactions.readers import read_token
of_reader = Reaction.objects.filter(reader_id=read_token(sys.argv[2]).id)
print(json.dumps([
    list(of_reader.values_list("kinds", flat=True)), find_key(sys.argv[3]) is not None,
    Salt.objects.count(), NetworkRate.objects.count(),
]))
"""


@pytest.fixture
def other_database() -> Iterator[str]:
    """An empty database on the tests' server; its URL."""
    server = django_settings.DATABASES["default"]
    name = f"restored_{uuid4().hex[:8]}"
    login = f"host='{server['HOST']}' user='{server['USER']}' dbname=postgres"
    with psycopg.connect(login, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    yield f"postgresql://{server['USER']}@{quote(server['HOST'], safe='')}/{name}"
    with psycopg.connect(login, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def restore_elsewhere(
    database: str, data: Path, *arguments: str | Path
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RESTORE, *map(str, arguments)],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "NEWSROOM_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_restored_installation_is_the_same(
    publish_article: PublishArticle, settings: Settings, tmp_path: Path, other_database: str
) -> None:
    client_network._salt.cache_clear()
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "pictures").mkdir(parents=True)
    (settings.MEDIA_ROOT / "pictures" / "one.jpg").write_bytes(b"picture")
    reader, key = new_reader(), issue_key(name="wire", scopes=["articles:read"])
    for each in (reader.id, uuid4(), uuid4()):
        network = hash_client_network(RequestFactory().get("/", REMOTE_ADDR="198.18.5.1"))
        article = publish_article()
        signals = Signals(network=network, has_page_token=True)
        set_reactions(article_id=article.id, reader_id=each, kinds=pack(["love"]), signals=signals)
        aggregate()
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["sad"]))  # not counted yet
    assert Salt.objects.exists()
    assert NetworkRate.objects.exists()

    contents = back_up(tmp_path / "backup")
    restored = restore_elsewhere(
        other_database, tmp_path / "other", tmp_path / "backup", reader.token, key
    )

    assert restored.returncode == 0, restored.stderr
    *lines, asked = restored.stdout.splitlines()
    assert lines == ["articles: 3", "reactions: 4", "counted: 3", "api_keys: 1", "drift found: 0"]
    assert contents["reactions"] == 4
    assert json.loads(asked) == [[pack(["love"])], True, 0, 0]
    picture = tmp_path / "other" / "media" / "pictures" / "one.jpg"
    assert picture.read_bytes() == b"picture"
    with pytest.raises(BackupError, match="This installation is in use, it has stories"):
        restore(tmp_path / "backup")


def test_no_row_of_a_backup_needs_one_that_is_left_out() -> None:
    """Else it could not be restored."""
    for model in backup.WITHOUT_ROWS:
        needing = {each.related_model for each in model._meta.related_objects}
        assert needing <= {*backup.WITHOUT_ROWS}, model


def test_only_its_owner_can_read_a_backup_and_no_secret_is_in_it(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "none"

    back_up(tmp_path / "backup")

    files = sorted((tmp_path / "backup").iterdir())
    assert [each.name for each in files] == ["backup.json", "database.dump", "media.tar"]
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    content = b"".join(each.read_bytes() for each in files)
    for secret in (settings.SECRET_KEY, settings.READER_KEY):
        assert secret.encode() not in content
    with pytest.raises(BackupError, match="is there already"):
        back_up(tmp_path / "backup")


def test_a_backup_that_was_changed_or_is_of_other_keys_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "none"
    back_up(tmp_path / "backup")
    key, settings.READER_KEY = settings.READER_KEY, "another key"
    with pytest.raises(BackupError, match="READER_KEY is another one"):
        restore(tmp_path / "backup")
    settings.READER_KEY_PREVIOUS = [key]
    backup._check_keys(read_contents(tmp_path / "backup"))  # readers of before stay the same
    readers.clear_keys()

    with (tmp_path / "backup" / backup.MEDIA).open("ab") as archive:
        archive.write(b"x")

    with pytest.raises(BackupError, match=r"media\.tar is not as it was written"):
        restore(tmp_path / "backup")
    (tmp_path / "backup" / backup.MEDIA).unlink()
    with pytest.raises(BackupError, match="is no whole backup"):
        restore(tmp_path / "backup")


def test_a_program_of_postgresql_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        connection,
        "get_connection_params",
        lambda: {"host": "/nowhere", "dbname": "x'y", "password": "s3cret"},
    )
    monkeypatch.setattr(backup, "_find", lambda program: postgres_programs(None) / program)

    with pytest.raises(BackupError, match="pg_dump failed") as failed:
        backup._run("pg_dump")

    assert "s3cret" not in str(failed.value)
