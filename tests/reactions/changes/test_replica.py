"""The change feed read from a replica of PostgreSQL that lags: a real one, which streams from the server of the tests."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection, connections
from django.test import Client

from articles import workflow
from articles.models import Article
from newsroom.postgresql.base import DatabaseWrapper
from newsroom.stack.accounts import give_to, run_as, server_account
from newsroom.stack.guard import Guard
from newsroom.stack.postgres import NAME, Postgres
from newsroom.stack.wheels import postgres_programs
from tests.conftest import PublishArticle
from tests.servers import SERVERS, open_folder

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = "/api/v1/changes/"


class Replica:
    """A standby; what `on` is given runs in a thread whose database it is."""

    def __init__(self, folder: Path, guard: Guard) -> None:
        account = server_account(SERVERS.data)
        programs = postgres_programs(account)
        give_to(account, folder)
        subprocess.run(
            [
                *(programs / "pg_basebackup", "-D", folder / "data", "-R", "-c", "fast"),
                *("--no-sync", "-U", NAME, "-h", connection.settings_dict["HOST"]),
            ],
            check=True,
            cwd="/",
            capture_output=True,
            **run_as(account),
        )
        self.server = Postgres(
            programs=programs,
            folder=folder / "data",
            sockets=folder,
            log=folder / "log",
            account=account,
            guard=guard,
            durable=False,
        )
        self.server.start()
        self._pool = ThreadPoolExecutor(1)
        self._host = unquote(urlsplit(self.server.url).netloc.rpartition("@")[2])

    @contextmanager
    def _connected(self) -> Iterator[None]:
        options = {**connections.settings["default"].get("OPTIONS", {})}
        options.pop("pool", None)
        settings = connection.settings_dict | {"HOST": self._host, "OPTIONS": options}
        connections["default"] = DatabaseWrapper(settings)
        try:
            yield
        finally:
            connections["default"].close()

    def on(self, act: Callable[[], Any]) -> Any:
        def here() -> Any:
            with self._connected():
                return act()

        return self._pool.submit(here).result()

    def ask(self, cursor: str = "") -> tuple[int, Any]:
        def call() -> tuple[int, Any]:
            answer = Client().get(CHANGES, {"cursor": cursor} if cursor else {})
            return answer.status_code, answer.json()

        found: tuple[int, Any] = self.on(call)
        return found

    def run(self, sql: str, *parameters: str) -> Any:
        def execute() -> Any:
            with connections["default"].cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchone()[0]

        return self.on(execute)

    def catch_up(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            (written,) = cursor.fetchone()
        deadline = time.monotonic() + 30
        while not self.run("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def replica(transactional_db: None) -> Iterator[Replica]:
    folder = open_folder("replica")
    guard = Guard()
    found = Replica(folder, guard)
    try:
        yield found
    finally:
        found.server.stop()
        guard.close()
        shutil.rmtree(folder, ignore_errors=True)


def ids(answer: Any) -> list[str]:
    return [each["article"] for each in answer["results"]]


def test_a_replica_that_lags_skips_nothing_and_ends_no_cursor(
    replica: Replica, client: Client, publish_article: PublishArticle
) -> None:
    def publish() -> Article:
        draft = publish_article(state="draft", first_published_at=None, published_at=None)
        return workflow.publish(article_id=draft.pk)

    first = publish()
    here = client.get(CHANGES).json()
    replica.catch_up()
    assert replica.run("SELECT pg_wal_replay_pause() IS NOT NULL")
    second = publish()
    ahead = client.get(CHANGES, {"cursor": here["next"]}).json()

    status, lagging = replica.ask()
    assert (status, ids(lagging)) == (200, [str(first.pk)])
    assert lagging["next"] == here["next"]
    assert ids(ahead) == [str(second.pk)]
    status, behind = replica.ask(ahead["next"])
    assert (status, ids(behind), behind["next"]) == (200, [], ahead["next"])

    assert replica.run("SELECT pg_wal_replay_resume() IS NOT NULL")
    third = publish()
    newest = client.get(CHANGES, {"cursor": ahead["next"]}).json()
    replica.catch_up()

    assert ids(replica.ask(lagging["next"])[1]) == [str(second.pk), str(third.pk)]
    assert ids(replica.ask(behind["next"])[1]) == [str(third.pk)]
    assert replica.ask(newest["next"])[1]["next"] == newest["next"]
