"""`make chaos`: real processes, real signals, under load. Nothing acknowledged is lost, nothing is counted twice.

Each fault strikes a house in which readers react at 200 a second. Afterwards: acknowledged ≤ rows ≤
acknowledged + in doubt, rows = totals = what the API says, and no drift. A table says how it went.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from uuid import uuid4

import psycopg
import pytest
import redis

from newsroom.stack.environment import recorded_environment
from tests.chaos.conftest import Line
from tests.load import Api, Load, Unanswered, publish
from tests.servers import PROJECT, House

pytestmark = [pytest.mark.chaos, pytest.mark.house]

WORKER, BEAT = (f"celery --quiet -A newsroom.celery {role}" for role in ("worker", "beat"))
RATE = 200  # reactions a second
BEFORE_SECONDS, AFTER_SECONDS = 2, 6
RECOVERY_SECONDS = 40  # the longest that a house may take until all it acknowledged is public


class Site:
    """A house and direct lines to its servers, for the faults and for the truth."""

    def __init__(self, house: House) -> None:
        self.house = house
        urls = recorded_environment(house.data)
        self.database_url, self.redis_url = urls["DATABASE_URL"], urls["REDIS_URL"]

    def kill(self, words: str) -> None:
        self.house.member(words).kill()

    def kill_children_of(self, words: str) -> None:
        for child in self.house.member(words).children():
            child.kill()

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis_url)

    def rows(self, slug: str) -> int:
        return self._count("SELECT count(*) FROM reactions_reaction", slug)

    def totals(self, slug: str) -> int:
        return self._count("SELECT COALESCE(sum(count), 0) FROM reactions_total", slug)

    def _count(self, select: str, slug: str) -> int:
        where = " WHERE article_id = (SELECT id FROM articles_article WHERE slug = %s)"
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(select + where, [slug]).fetchone()
        assert found
        return int(found[0])

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """One more process of the house's kind, with its servers."""
        environment = {**self.house.env, **recorded_environment(self.house.data)}
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "newsroom.celery", *arguments],
            cwd=PROJECT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


Fault = Callable[[Site], None]


def freeze(words: str, seconds: float) -> Fault:
    def strike(site: Site) -> None:
        process = site.house.member(words)
        process.suspend()
        time.sleep(seconds)
        process.resume()

    return strike


def crowd(site: Site) -> None:
    """Two beats and three workers more, for as long as the load runs."""
    beat = ("beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "ERROR")
    worker = ("worker", "--concurrency", "2", "--without-gossip", "--without-mingle")
    started = [site.start(*beat), *(site.start(*worker, "-n", f"w{n}@%h") for n in range(3))]
    time.sleep(8)
    for process in started:
        process.kill()
        process.wait()


def same_tick_many_times(site: Site) -> None:
    """One message delivered twenty times at once."""
    code = "from newsroom.celery import app\nfor _ in range(20): app.send_task('reactions.fold')\n"
    environment = {**site.house.env, **recorded_environment(site.house.data)}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)


def kill_children(site: Site) -> None:
    for _ in range(8):
        site.kill_children_of(WORKER)
        time.sleep(0.5)


def flush(site: Site) -> None:
    with site.redis() as client:
        for _ in range(5):
            client.flushall()
            time.sleep(0.5)


def end_backends(site: Site) -> None:
    for _ in range(8):
        with psycopg.connect(site.database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.4)


FAULTS: dict[str, Fault] = {
    "worker's children kill -9, 8 times": kill_children,
    "worker kill -9": lambda site: site.kill(WORKER),
    "beat kill -9": lambda site: site.kill(BEAT),
    "web kill -9": lambda site: site.kill_children_of("granian"),
    "two more beats, three more workers": crowd,
    "one tick delivered 20 times": same_tick_many_times,
    "Valkey FLUSHALL": flush,
    "Valkey kill -9, comes back empty": lambda site: site.kill("valkey-server"),
    "Valkey frozen for 5 s": freeze("valkey-server", 5),
    "worker frozen for 5 s": freeze(WORKER, 5),
    "PostgreSQL kill -9": lambda site: site.kill("bin/postgres"),
    "PostgreSQL's backends ended, 8 times": end_backends,
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_acknowledged_is_lost(name: str, house: House, table: list[Line]) -> None:
    site, slug = Site(house), f"chaos-{uuid4().hex[:8]}"
    publish(house, [slug])

    with Load(house.url, [slug], rate=RATE) as load:
        time.sleep(BEFORE_SECONDS)
        FAULTS[name](site)
        time.sleep(AFTER_SECONDS)
        rate = load.rate
    stopped = time.perf_counter()
    public = wait_until_all_is_public(site, slug)
    recovered = time.perf_counter() - stopped

    reconciled = house.manage("reconcile", "--dry-run")
    rows, totals = site.rows(slug), site.totals(slug)
    drift = "none" if reconciled.returncode == 0 else "SOME"
    table.append(
        Line(
            name,
            rate,
            load.acknowledged,
            load.refused,
            load.in_doubt,
            rows,
            totals,
            drift,
            recovered,
        )
    )
    assert load.acknowledged > RATE
    assert load.acknowledged <= rows <= load.acknowledged + load.in_doubt + load.refused
    assert rows == totals == public
    assert drift == "none", reconciled.stdout
    assert load.statuses <= {503}


def wait_until_all_is_public(site: Site, slug: str) -> int:
    """What the API says once it says as many as there are rows."""
    deadline = time.perf_counter() + RECOVERY_SECONDS
    public = -1
    with Api(site.house.url) as api:
        while time.perf_counter() < deadline:
            with suppress(Unanswered, OSError, HTTPException, psycopg.Error, ValueError):
                public = api.total(slug)
                if public == site.rows(slug):
                    break
            time.sleep(0.1)
    return public
