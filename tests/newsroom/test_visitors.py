"""docs/privacy.md: a visitor with a marked address, browser and cookie is nowhere in what is kept of a visit.

Everything is searched: each column of each table, each key of Valkey, the log, and a backup.
"""

import logging
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from django.db import connection
from django.test import Client
from pytest_django import Settings

from articles.models import Article
from newsroom import backup, log_format
from newsroom.counter_store import flush
from reactions.counting.aggregate import aggregate
from reactions.http import api
from reactions.models import NetworkRate, OutboxEntry, Reaction, Salt
from reactions.moderation import client_network
from reactions.moderation.client_network import purge_networks
from reactions.page_views import copy_views
from reactions.readers import read_token
from tests.conftest import PublishArticle
from tests.reactions.http.test_fast_path import LOVE, SAD, Site

pytestmark = pytest.mark.django_db(transaction=True)

# A real address: those for documentation are not redacted.
ADDRESS = "81.2.69.160"
AGENT = "Mozilla/5.0 (X11; Marked 7.3) MarkedVisitor/7.3"
FROM = "https://elsewhere.example/marked-page"
SEARCHED = "markedwords"
VISITOR: dict[str, Any] = {
    "REMOTE_ADDR": ADDRESS,
    "HTTP_USER_AGENT": AGENT,
    "HTTP_REFERER": FROM,
    "HTTP_ACCEPT_LANGUAGE": "x-marked",
    "HTTP_SEC_FETCH_SITE": "same-origin",
}


class Visit:
    """What one visitor did, and by what they could be found."""

    def __init__(self, article: Article) -> None:
        self.client = Client(raise_request_exception=False, **VISITOR)
        self.article = article
        self.token = self.client.post("/api/v1/readers/").json()["token"]
        self.reader_id: UUID = read_token(self.token).id

    def go(self) -> None:
        mine = f"/api/v1/articles/{self.article.id}/reactions/mine/"
        for path in ("/", f"/articles/{self.article.slug}/", f"/search/?q={SEARCHED}", "/nothing/"):
            self.client.get(path)
        self.client.put(mine, LOVE, "application/json")
        site = Site()
        for body in (SAD, LOVE):
            site.put(mine, body, HTTP_AUTHORIZATION=f"Reader {self.token}", **VISITOR)
        self.client.get(mine)
        self.client.post("/api/v1/views/", {"article": str(self.article.id)}, "application/json")
        self.client.get("/privacy/")
        self.client.get(
            "/api/v1/keys/me/", headers={"Authorization": "Bearer nr_1234567890_marked-key"}
        )
        self.client.put(mine, b"{", "application/json")
        # Who tries to sign in at the desk, and has no account.
        self.client.post("/desk/login/", {"username": "marked-name", "password": "marked-word"})

    @property
    def marks(self) -> list[bytes]:
        texts = [
            *(ADDRESS, "81.2.69.", AGENT, "MarkedVisitor", "Marked 7.3", "marked-page", SEARCHED),
            *(
                "x-marked",
                "marked-key",
                "marked-name",
                "marked-word",
                self.token,
                *self.token.split(".")[::2],
            ),
            self.token.split("~")[0],
        ]
        packed = ip_address(ADDRESS).packed.hex()
        return [
            each.encode() for each in [*texts, *(text.encode().hex() for text in texts), packed]
        ]


def everything_in_postgresql() -> bytes:
    """Every row of every table as text; bytes are hexadecimal."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  # of the catalogue
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found).encode()


def everything_in_valkey(url: str) -> bytes:
    client: Any = redis.Redis.from_url(url)
    readers: dict[str, Any] = {
        "string": client.get,
        "hash": client.hgetall,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1),
    }
    found = [
        key + b" " + repr(readers[client.type(key).decode()](key)).encode()
        for key in client.scan_iter()
    ]
    return b"\n".join(found)


def everything_in_a_backup(folder: Path) -> bytes:
    backup.back_up(folder)
    program = backup._find("pg_restore")
    listed = subprocess.run(
        [program, "--file=-", folder / backup.DATABASE], capture_output=True, check=True
    )
    return listed.stdout + b"".join(each.read_bytes() for each in folder.iterdir())


@pytest.fixture
def visit(publish_article: PublishArticle, settings: Settings) -> Iterator[Visit]:
    """With every limit on, since what limits a network counts it."""
    settings.NEW_READERS_PER_NETWORK_HOUR = settings.CALLS_PER_NETWORK_MINUTE = 600
    settings.WRONG_KEYS_PER_NETWORK_HOUR = settings.VIEWS_PER_NETWORK_HOUR = 600
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    client_network._salt.cache_clear()
    yield Visit(publish_article(slug="marked-article"))
    client_network._salt.cache_clear()
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


def found_in(kept: bytes, marks: list[bytes]) -> list[bytes]:
    return [mark for mark in marks if mark in kept]


def test_nothing_that_is_kept_names_the_visitor(
    visit: Visit,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "none"
    visit.go()
    before = everything_in_postgresql()
    aggregate()
    copy_views()
    flush()

    def fail(*_: object, **__: object) -> None:
        raise ValueError(
            f"a fault at {ADDRESS}, with reader={visit.token} and Reader {visit.token}"
        )

    monkeypatch.setattr(api, "export_reader", fail)
    caplog.set_level(logging.WARNING)
    failed = visit.client.get("/api/v1/readers/me/export/")
    log = "\n".join(log_format.JsonFormatter().format(record) for record in caplog.records)
    kept = {
        "postgresql, before it is counted": before,
        "postgresql": everything_in_postgresql(),
        "valkey": everything_in_valkey(settings.REDIS_URL),
        "log": log.encode(),
        "backup": everything_in_a_backup(tmp_path / "backup"),
    }

    assert failed.status_code == 500
    assert "a fault at …" in log
    # What is kept is found: the search works.
    assert str(visit.reader_id).encode() in kept["postgresql"]
    assert b"marked-article" in kept["backup"]
    assert f"counts:{{{visit.article.id}}}".encode() in kept["valkey"]
    assert {name: found_in(each, visit.marks) for name, each in kept.items()} == {
        name: [] for name in kept
    }


def test_a_backup_has_nothing_by_which_a_network_could_be_found_again(
    visit: Visit, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "none"
    visit.go()
    aggregate()
    salt = bytes(Salt.objects.get().salt).hex()
    networks = [str(each) for each in NetworkRate.objects.values_list("network", flat=True)]
    assert networks
    assert salt.encode() in everything_in_postgresql()

    kept = everything_in_a_backup(tmp_path / "backup")

    assert found_in(kept, [each.encode() for each in (salt, *networks)]) == []


def test_two_days_later_no_network_is_left_in_the_database(visit: Visit) -> None:
    visit.go()
    aggregate()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reactions_salt SET day = day - 3")
        cursor.execute(
            "UPDATE reactions_networkrate SET minute = minute - interval '3 days',"
            " hour_started_at = hour_started_at - interval '3 days'"
        )

    purge_networks()

    assert not Salt.objects.exists()
    assert not NetworkRate.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_an_erased_reader_leaves_counts_that_are_right_and_nothing_else(visit: Visit) -> None:
    visit.go()
    aggregate()

    erased = visit.client.delete("/api/v1/readers/me/")
    aggregate()

    assert erased.json() == {"erased": 1}
    assert str(visit.reader_id).encode() not in everything_in_postgresql()
    assert not Reaction.objects.exists()
