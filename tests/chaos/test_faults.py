"""`make chaos`: real processes, real signals, under load. No acknowledged reaction is lost, none is counted twice.

Each fault hits the running product while readers react at 200 a second. Afterwards: acknowledged ≤ rows ≤
acknowledged + in doubt, rows = totals = what the API says, and no drift. A table shows the results.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
import redis

from newsroom.stack.environment import recorded_environment
from tests.chaos.conftest import Line
from tests.load import Api, Load, UnexpectedStatus, publish
from tests.servers import PROJECT, RunningStack

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

WORKER = "celery --quiet -A newsroom.celery worker"
BEAT = "celery --quiet -A newsroom.beat beat"
SETTINGS = "newsroom.settings"
SETUP = "import django; django.setup()\n"
RATE = 200  # reactions a second
CONNECTIONS = 16  # which all begin at once, so that reactions meet
BEFORE_SECONDS, AFTER_SECONDS = 2, 6
RUN_SECONDS = 10  # for the start of a process and one aggregation
RECOVERY_SECONDS = 40  # at most, until every acknowledged reaction is public


class Site:
    """The product, with direct connections to its servers, for faults and for expected counts."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        urls = recorded_environment(stack.data)
        self.database_url, self.redis_url = urls["DATABASE_URL"], urls["REDIS_URL"]

    def kill(self, words: str) -> None:
        self.stack.process_of(words).kill()

    def kill_children_of(self, words: str) -> None:
        for child in self.stack.process_of(words).children():
            child.kill()

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis_url)

    def query(self, select: str) -> Any:
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(select).fetchone()
        assert found
        return found[0]

    def change(self, statements: str) -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statements)

    def rows(self, slug: str) -> int:
        return self._count("SELECT count(*) FROM reactions_reaction", slug)

    def totals(self, slug: str) -> int:
        return self._count("SELECT COALESCE(sum(count), 0) FROM reactions_articlecount", slug)

    def _count(self, select: str, slug: str) -> int:
        where = " WHERE article_id = (SELECT id FROM articles_article WHERE slug = %s)"
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(select + where, [slug]).fetchone()
        assert found
        return int(found[0])

    def start(self, role: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """One more worker or beat of the product, on its servers."""
        application = "newsroom.beat" if role == "beat" else "newsroom.celery"
        environment = {**self.stack.env, **recorded_environment(self.stack.data)}
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", application, role, *arguments],
            cwd=PROJECT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def process(self) -> dict[str, Any]:
        """Where and with which settings a process of the product runs."""
        environment = {**self.stack.env, **recorded_environment(self.stack.data)}
        return {"cwd": PROJECT, "env": {**environment, "DJANGO_SETTINGS_MODULE": SETTINGS}}

    def run(self, code: str) -> int:
        """Runs this code in a process with the product's settings; returns its exit code."""
        started = [sys.executable, "-c", SETUP + code]
        return subprocess.run(
            started, **self.process(), check=False, timeout=RUN_SECONDS
        ).returncode


Fault = Callable[[Site], None]


def freeze(words: str, seconds: float) -> Fault:
    def strike(site: Site) -> None:
        process = site.stack.process_of(words)
        process.suspend()
        time.sleep(seconds)
        process.resume()

    return strike


def more_processes(site: Site) -> None:
    """Another beat and four more workers, for eight seconds."""
    beat = ("beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "ERROR")
    worker = ("worker", "--concurrency", "2", "--without-gossip", "--without-mingle")
    started = [site.start(*beat), *(site.start(*worker, "-n", f"w{n}@%h") for n in range(4))]
    time.sleep(8)
    for process in started:
        process.kill()
        process.wait()


def same_task_many_times(site: Site) -> None:
    """One message delivered twenty times at once."""
    code = "from newsroom.celery import app\nfor _ in range(20): app.send_task('reactions.counting.aggregate')\n"
    environment = {**site.stack.env, **recorded_environment(site.stack.data)}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)


DIE = "import os, signal\ndef die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"

# Where an aggregation is killed, and the code that kills it there.
DEATHS = {
    "before its commit": "from django.db import transaction\nfrom reactions.counting.aggregate import aggregate_batch\n"
    "with transaction.atomic():\n    if aggregate_batch().entries: die()\n",
    "after its commit": "from reactions.counting.aggregate import aggregate_batch\n"
    "if aggregate_batch().entries: die()\n",
    "before it writes to Redis": "from reactions.counting import aggregate, cache_writer\n"
    "cache_writer.put_counts = die\naggregate.aggregate()\n",
    "before it confirms the cache": "from reactions.counting import aggregate, cache_writer\n"
    "rows = cache_writer.rows\n"
    "cache_writer.rows = lambda name, *a: die() if name == 'confirm_cached' else rows(name, *a)\n"
    "aggregate.aggregate()\n",
}


def aggregation_dies(where: str) -> Fault:
    """The product's own workers are suspended meanwhile, so that entries wait for each aggregation."""

    def strike(site: Site) -> None:
        for _ in range(4):
            assert any(dies_while_workers_wait(site, where) for _ in range(20))

    return strike


def dies_while_workers_wait(site: Site, where: str) -> bool:
    """Whether it got there: a worker that is suspended in its transaction holds the article, and nothing is counted."""
    time.sleep(0.5)  # the workers count what waited for the last try, and are idle again
    worker = [site.stack.process_of(WORKER), *site.stack.process_of(WORKER).children()]
    for process in worker:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    time.sleep(0.5)
    try:
        if site.query(SUSPENDED_IN_TRANSACTION):
            return False
        ended = site.run(DIE + DEATHS[where])
    except subprocess.TimeoutExpired:
        return False
    finally:
        for process in worker:
            with suppress(psutil.NoSuchProcess):  # past its time limit, ended by the worker
                process.resume()
    assert ended in {-signal.SIGKILL, 0}
    return ended == -signal.SIGKILL


NEWEST = "SELECT slug FROM articles_article ORDER BY first_created_at DESC LIMIT 1"
SUSPENDED_IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)
WAITING = "SELECT count(*) FROM reactions_outboxentry"
FAST_CLOCK = """
import sys, time
real, datetimes = time.time, __import__("datetime")
time.time = lambda: real() + 300
class Fast(datetimes.datetime):
    @classmethod
    def now(cls, tz=None): return cls.fromtimestamp(real() + 300, tz)
datetimes.datetime = Fast
from celery.__main__ import main
sys.argv = ["celery", "--quiet", "-A", "newsroom.celery", "worker", "--pool", "solo", "-n", "fast@%h",
            "--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
main()
"""


def clock_five_minutes_fast(site: Site) -> None:
    """The only worker that works is one whose clock is five minutes ahead of every other."""
    worker = [site.stack.process_of(WORKER), *site.stack.process_of(WORKER).children()]
    for process in worker:
        process.suspend()
    environment = {**site.stack.env, **recorded_environment(site.stack.data)}
    fast = subprocess.Popen(
        [sys.executable, "-c", FAST_CLOCK],
        cwd=PROJECT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
    )
    try:
        time.sleep(6)
        deadline = time.monotonic() + 20  # a worker starts slowly on a busy machine
        while (waiting := site.query(WAITING)) >= RATE * 3 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert waiting < RATE * 3, f"{waiting} entries wait: it aggregates nothing"
    finally:
        fast.kill()
        fast.wait()
        for process in worker:
            process.resume()


def database_shut_down(site: Site) -> None:
    """Stopped as often as it comes up, for five seconds: writes are 503, reads are served from Redis."""
    slug = site.query(NEWEST)
    totals: set[object] = set()
    deadline = time.perf_counter() + 5
    with Api(site.stack.url) as api:
        while time.perf_counter() < deadline:
            with suppress(StopIteration, psutil.Error):
                site.stack.process_of("bin/postgres").send_signal(signal.SIGINT)
            with suppress(OSError, HTTPException):
                totals.add(api.ask("GET", f"articles/{slug}/reactions/")["total"])
            time.sleep(0.2)
    assert None not in totals


def no_room_for_entries(site: Site) -> None:
    """The outbox raises PostgreSQL's error of a full disk."""
    full = (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE TRIGGER full_disk BEFORE INSERT ON reactions_outboxentry EXECUTE FUNCTION full_disk()"
    )
    site.change(full)
    time.sleep(2)
    site.change("DROP TRIGGER full_disk ON reactions_outboxentry; DROP FUNCTION full_disk()")


FREEZE = (
    "import os, signal\nfrom django.db import transaction\n"
    "from reactions.counting.aggregate import aggregate_batch\n"
    "with transaction.atomic():\n"
    "    while not aggregate_batch().entries: pass\n"
    "    os.kill(os.getpid(), signal.SIGSTOP)\n"
)


def frozen_in_its_transaction(site: Site) -> None:
    """A fifth aggregation holds what it claimed of the article under load, for five seconds; then it is killed."""
    other = publish_other(site)
    frozen = psutil.Popen([sys.executable, "-c", SETUP + FREEZE], **site.process())
    try:
        deadline = time.monotonic() + RUN_SECONDS
        while frozen.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline, "It claimed nothing."
            time.sleep(0.05)
        assert_counted_meanwhile(site, other, seconds=5)
    finally:
        frozen.kill()
        frozen.wait()


def forgotten_psql(site: Site) -> None:
    """A transaction holds the count version of the article under load, idle, for five seconds."""
    slug, other = site.query(NEWEST), publish_other(site)
    hold = (
        "SELECT FROM reactions_countversion WHERE article_id ="
        " (SELECT id FROM articles_article WHERE slug = %s) FOR UPDATE"
    )
    with psycopg.connect(site.database_url) as connection:
        assert connection.execute(hold, [slug]).fetchone() is not None
        assert_counted_meanwhile(site, other, seconds=5)
        connection.rollback()


def publish_other(site: Site) -> str:
    slug = f"beside-{uuid4().hex[:8]}"
    publish(site.stack, [slug])
    return slug


def assert_counted_meanwhile(site: Site, slug: str, *, seconds: float) -> None:
    """Readers of another article are counted and public within two seconds, one after the other."""
    deadline, sent = time.monotonic() + seconds, 0
    with Api(site.stack.url) as api:
        while time.monotonic() < deadline:
            api.react(slug, "love")
            sent += 1
            limit = time.monotonic() + 2
            while api.total(slug) < sent:
                assert time.monotonic() < limit, f"Reaction {sent} of another article waits."
                time.sleep(0.05)


def read_only(site: Site) -> None:
    """As after a failover to a standby, for four seconds: writes are 503, pages and counts are served."""
    slug = site.query(NEWEST)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        try:
            connection.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 4
            with Api(site.stack.url) as api:
                while time.monotonic() < deadline:
                    assert api.total(slug) > 0
                    site.stack.get(f"articles/{slug}/")
                    time.sleep(0.2)
        finally:
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")


def kill_children(site: Site) -> None:
    for _ in range(8):
        site.kill_children_of(WORKER)
        time.sleep(0.5)


def flush(site: Site) -> None:
    with site.redis() as client:
        for _ in range(5):
            client.flushall()
            time.sleep(0.5)


def end_backends(times: int, every: float) -> Fault:
    def strike(site: Site) -> None:
        with psycopg.connect(site.database_url, autocommit=True) as connection:
            for _ in range(times):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                time.sleep(every)

    return strike


def web_dies_in_a_batch(site: Site) -> None:
    """The statement of each committer waits for a lock; web is killed, and then the server goes on with it."""
    with psycopg.connect(site.database_url) as connection:
        connection.execute("LOCK TABLE reactions_outboxentry IN EXCLUSIVE MODE")
        wait_for_committers(connection)
        site.kill_children_of("granian")


def backends_end_in_a_batch(site: Site) -> None:
    with psycopg.connect(site.database_url) as connection:
        connection.execute("LOCK TABLE reactions_outboxentry IN EXCLUSIVE MODE")
        wait_for_committers(connection, "pg_terminate_backend(pid)")


BLOCKED = (
    "SELECT {} FROM pg_stat_activity WHERE query LIKE '-- record_many%'"
    " AND wait_event_type = 'Lock'"
)


def wait_for_committers(connection: "psycopg.Connection[Any]", act: str = "pid") -> None:
    deadline = time.monotonic() + 5
    while not connection.execute(BLOCKED.format(act)).fetchall():
        assert time.monotonic() < deadline, "No batch waits."
        time.sleep(0.001)


FAULTS: dict[str, Fault] = {
    "worker's children kill -9, 8 times": kill_children,
    "worker kill -9": lambda site: site.kill(WORKER),
    "beat kill -9": lambda site: site.kill(BEAT),
    "web kill -9": lambda site: site.kill_children_of("granian"),
    "web kill -9 in a batch": web_dies_in_a_batch,
    "web reloaded": lambda site: site.stack.process_of("granian").send_signal(signal.SIGHUP),
    "one more beat, four more workers": more_processes,
    "one task delivered 20 times": same_task_many_times,
    "Valkey FLUSHALL": flush,
    "Valkey kill -9, comes back empty": lambda site: site.kill("valkey-server"),
    "Valkey frozen for 5 s": freeze("valkey-server", 5),
    "worker frozen for 5 s": freeze(WORKER, 5),
    "Valkey frozen for a minute": freeze("valkey-server", 60),
    **{f"aggregation kill -9 {where}": aggregation_dies(where) for where in DEATHS},
    "the only worker's clock 5 min fast": clock_five_minutes_fast,
    "no room on disk for the outbox": no_room_for_entries,
    "PostgreSQL shut down for 5 s": database_shut_down,
    "PostgreSQL kill -9": lambda site: site.kill("bin/postgres"),
    "PostgreSQL's backends ended, 8 times": end_backends(8, 0.4),
    "the same, every 100 ms for 5 s": end_backends(50, 0.1),
    "its backend ended in a batch": backends_end_in_a_batch,
    "PostgreSQL read-only for 4 s": read_only,
    "an aggregation frozen in its transaction": frozen_in_its_transaction,
    "a forgotten psql holds the article for 5 s": forgotten_psql,
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_acknowledged_is_lost(name: str, stack: RunningStack, table: list[Line]) -> None:
    site, slug = Site(stack), f"chaos-{uuid4().hex[:8]}"
    publish(stack, [slug])

    with Load(stack.url, [slug], rate=RATE, connections=CONNECTIONS) as load:
        time.sleep(BEFORE_SECONDS)
        FAULTS[name](site)
        time.sleep(AFTER_SECONDS)
        rate = load.rate
    stopped = time.perf_counter()
    public = wait_until_all_is_public(site, slug)
    recovered = time.perf_counter() - stopped

    reconciled = stack.manage("reconcile", "--dry-run")
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


def test_pages_are_answered_while_every_reaction_waits(stack: RunningStack) -> None:
    """More readers react than web has threads, and nothing can be committed."""
    site, slug = Site(stack), f"chaos-{uuid4().hex[:8]}"
    publish(stack, [slug])
    took = []

    with (
        psycopg.connect(site.database_url) as connection,
        Load(stack.url, [slug], rate=1000, connections=100) as load,
    ):
        time.sleep(BEFORE_SECONDS)
        connection.execute("LOCK TABLE reactions_outboxentry IN EXCLUSIVE MODE")
        wait_for_committers(connection)
        for _ in range(20):
            began = time.perf_counter()
            stack.get(f"articles/{slug}/")
            took.append(time.perf_counter() - began)
            time.sleep(0.1)
        connection.rollback()
    public = wait_until_all_is_public(site, slug)

    assert max(took) < 2
    assert load.statuses <= {503}
    assert load.acknowledged <= public <= load.acknowledged + load.in_doubt + load.refused


def wait_until_all_is_public(site: Site, slug: str) -> int:
    """The public total once it equals the number of rows, or the last one."""
    deadline = time.perf_counter() + RECOVERY_SECONDS
    public = -1
    with Api(site.stack.url) as api:
        while time.perf_counter() < deadline:
            with suppress(UnexpectedStatus, OSError, HTTPException, psycopg.Error, ValueError):
                public = api.total(slug)
                if public == site.rows(slug):
                    break
            time.sleep(0.1)
    return public
