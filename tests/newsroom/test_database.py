"""The connection to PostgreSQL: bounded waits, lost connections, a read-only server, PgBouncer."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from articles.models import Article
from newsroom import health
from newsroom.postgresql.options import connection_options
from reactions.kinds import pack
from reactions.models import Reaction
from reactions.readers import new_reader
from reactions.record import set_reactions
from tests.programs import find_program
from tests.races.rival import (
    Rival,
    held_open,
    on_a_connection_of_its_own,
    wait_for_a_blocked_backend,
)
from tests.reactions.oracle import assert_counts_are_the_rows
from tests.reactions.visitor import browser
from tests.servers import PROJECT, free_port, open_folder
from tests.sessions import session_settings

LOVE, SAD = pack(["love"]), pack(["sad"])
MINE = "/api/v1/articles/{}/reactions/mine/"


SHOW_LIMITS = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
import django
django.setup()
from django.db import connection
names = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
names.append("client_connection_check_interval")
with connection.cursor() as cursor:
    cursor.execute("SELECT name, setting::int FROM pg_settings WHERE name = ANY (%s)", [names])
    print(json.dumps(dict(cursor.fetchall())))
"""


def execute(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def put(article: Article, token: str) -> tuple[int, str | None, dict[str, object]]:
    response = browser().put(
        MINE.format(article.id),
        {"reactions": ["love"]},
        content_type="application/json",
        headers={"Authorization": f"Reader {token}"},
    )
    return response.status_code, response.headers.get("Retry-After"), response.json()


@pytest.mark.parametrize(
    ("kind", "module"), [("web", "newsroom.wsgi"), ("worker", "newsroom.celery")]
)
@pytest.mark.django_db(transaction=True)
def test_every_wait_of_a_process_is_bounded(kind: str, module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NEWSROOM_PROCESS"}

    shown = subprocess.run(
        [sys.executable, "-c", SHOW_LIMITS, module],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    limits = json.loads(shown.stdout)
    assert len(limits) == 4
    assert all(0 < limit <= 60_000 for limit in limits.values())
    assert limits["lock_timeout"] == {"web": 2_000, "worker": 5_000}[kind]


@pytest.mark.django_db(transaction=True)
def test_a_put_that_cannot_get_its_lock_is_a_503_and_records_nothing(article: Article) -> None:
    reader = new_reader()
    set_reactions(article_id=article.id, reader_id=reader.id, kinds=SAD)

    with (
        session_settings(lock_timeout="100ms"),
        held_open(lambda: Reaction.objects.select_for_update().get()),
    ):
        status, retry_after, problem = put(article, reader.token)

    assert (status, retry_after) == (503, "2")
    assert "Nothing was recorded" in str(problem["detail"])
    assert Reaction.objects.get().kinds == SAD
    assert put(article, reader.token)[0] == 200


@pytest.mark.parametrize("path", ["/sections/unknown/", "/api/v1/articles/"])
@pytest.mark.django_db(transaction=True)
def test_a_page_that_cannot_get_its_lock_is_a_503(path: str) -> None:
    with (
        session_settings(lock_timeout="50ms"),
        held_open(lambda: execute("LOCK TABLE articles_article, articles_section")),
    ):
        response = browser().get(path)

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
    assert response.headers["Cache-Control"] == "no-store"
    assert browser().get(path).status_code in {200, 404}


@pytest.mark.django_db(transaction=True)
def test_a_read_only_server_is_a_503_and_not_ready(article: Article) -> None:
    with session_settings(default_transaction_read_only="on"):
        status, retry_after, problem = put(article, new_reader().token)
        ready = browser().get("/readyz")
        read = browser().get(f"/api/v1/articles/{article.id}/reactions/")

    assert (status, retry_after) == (503, "2")
    assert "read-only" in str(problem["detail"])
    assert (ready.status_code, ready.json()["parts"]["postgresql"]["state"]) == (503, "down")
    assert read.status_code == 200
    assert not Reaction.objects.exists()
    health.clear_checks()
    assert browser().get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_no_request_fails_after_the_server_ended_idle_connections(article: Article) -> None:
    def react(_: int) -> int:
        return on_a_connection_of_its_own(lambda: put(article, new_reader().token)[0])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(react, range(8)))  # fills the pool
        ended = execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        statuses = list(pool.map(react, range(20)))

    assert len(ended) > 0
    assert statuses == [200] * 20


@pytest.mark.django_db(transaction=True)
def test_a_put_whose_connection_is_lost_while_it_waits_is_repeated_once(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    with held_open(lambda: Reaction.objects.select_for_update().get()):
        change = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
        )
        deadline = time.monotonic() + 10
        while not execute(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    assert change.result().changed
    assert Reaction.objects.get().kinds == LOVE


@pytest.mark.django_db(transaction=True)
def test_a_second_try_gets_no_connection_that_ends_a_moment_after_the_first(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database() AND (wait_event_type = 'Lock' OR state = 'idle')"
    )

    with held_open(lambda: Reaction.objects.select_for_update().get()):
        change = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
        )
        wait_for_a_blocked_backend()
        execute(end)
        time.sleep(0.03)
        execute(end)

    assert change.result().changed


@pytest.mark.parametrize("path", ["/", "/articles/{}/", "/api/v1/articles/{}/"])
@pytest.mark.django_db(transaction=True)
def test_a_page_whose_connection_is_lost_while_it_waits_is_read_again(
    article: Article, path: str
) -> None:
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    with held_open(lambda: execute("LOCK TABLE articles_article")):
        page = Rival().start(lambda: browser().get(path.format(article.slug)))
        deadline = time.monotonic() + 10
        while not execute(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    assert page.result().status_code == 200


@pytest.fixture
def pooled_url() -> Iterator[str]:
    """The tests' database through PgBouncer, which gives every transaction another of three connections."""
    folder, port = open_folder("pgbouncer"), free_port()
    server = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    program = find_program("pgbouncer")
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n{name} = host={server['HOST']} user={server['USER']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n"
    )
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program.path, "-q", *user, configuration],
        env=program.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"postgresql://anyone@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("PgBouncer does not listen.")


WRITES = """
import sys, uuid
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.db import connection
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.group_commit import group_commit
from reactions.record import Write
from reactions.sql import stream
from tests.reactions.crowds import from_anywhere

article = uuid.UUID(sys.argv[1])

def react(n):
    for kinds in (1, 2, 4):
        group_commit.set(Write(article, uuid.UUID(int=n), kinds, from_anywhere()))
    if n % 5 == 0:
        aggregate()
    connection.close()

with ThreadPoolExecutor(6) as pool:
    list(pool.map(react, range(1, 31)))
aggregate()
print(reconcile().is_clean, len(list(stream("export_rows"))), group_commit._committer is not None)
"""


def through_the_pooler(
    url: str, *command: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(PROJECT)} | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_every_write_works_through_pgbouncer_in_transaction_mode(
    article: Article, pooled_url: str
) -> None:
    done = through_the_pooler(
        pooled_url, "-c", WRITES, str(article.id), DATABASE_POOLER="transaction"
    )

    assert (done.returncode, done.stdout) == (0, "True 30 True\n"), done.stderr
    assert_counts_are_the_rows(article.id, expected=[4] * 30)


@pytest.mark.django_db(transaction=True)
def test_a_pooler_that_no_setting_names_is_found(pooled_url: str) -> None:
    prepared = through_the_pooler(pooled_url, "manage.py", "prepare")
    checked = through_the_pooler(
        pooled_url, "manage.py", "check", "--database", "default", DATABASE_POOLER="transaction"
    )

    assert prepared.returncode != 0
    assert "set DATABASE_POOLER to its pool_mode" in prepared.stderr
    assert "newsroom.W001" in checked.stderr
    assert "lock_timeout, statement_timeout" in checked.stderr


def test_the_options_of_the_url_come_after_ours() -> None:
    options = connection_options(
        "web",
        "",
        lambda _, default: default,
        of_url={"options": "-c search_path=news", "sslmode": "require"},
    )

    assert options["options"].startswith("-c lock_timeout=2000 ")
    assert options["options"].endswith(" -c search_path=news")
    assert options["sslmode"] == "require"


def test_an_unknown_pooler_or_process_is_refused() -> None:
    def number(name: str, default: int) -> int:
        return default

    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOLER"):
        connection_options("web", "statement", number)
    with pytest.raises(ImproperlyConfigured, match="NEWSROOM_PROCESS"):
        connection_options("desk", "", number)
