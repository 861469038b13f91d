"""`make chaos`: the broker's connections are cut, and workers that receive nothing any more. Counting goes on."""

import random
import shutil
import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from celery import Celery

from newsroom.stack.environment import load_or_create_secrets, recorded_environment
from newsroom.stack.guard import Guard
from newsroom.stack.servers import Servers
from tests.load import Load, publish
from tests.proxy import Proxy
from tests.servers import RunningStack, open_folder

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

RATE = 50  # reactions a second
ROUNDS, CUTS, CUT_SECONDS = 5, 40, 6
STALLED_SECONDS = 4
WORKER = "celery --quiet -A newsroom.celery worker --concurrency"
LAG = "SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - created_at)), 0)::float FROM reactions_outboxentry"


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """Before a Valkey that is the broker alone: the cache is not cut off."""
    folder = open_folder("broker")
    guard = Guard()
    secret = load_or_create_secrets({})["READER_KEY"]
    servers = Servers(data=folder, secret=secret, given={"DATABASE_URL": "none"}, guard=guard)
    try:
        servers.start()
        with Proxy(servers.urls["REDIS_URL"].removeprefix("unix://")) as running:
            yield running
    finally:
        servers.stop()
        guard.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(proxy: Proxy) -> Iterator[RunningStack]:
    folder = open_folder("chaos")
    broker = f"redis://127.0.0.1:{proxy.port}/0"
    started = RunningStack(
        folder,
        environment={
            "TRUSTED_PROXY_HOPS": "1",
            "CELERY_BROKER_URL": broker,
            "WORKER_STALLED_SECONDS": str(STALLED_SECONDS),
        },
    )
    started.start()
    try:
        started.wait_until_up()
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def load(stack: RunningStack) -> Iterator[Load]:
    slug = f"broker-{uuid4().hex[:8]}"
    publish(stack, [slug])
    with Load(stack.url, [slug], rate=RATE) as running:
        wait_until_counted(stack, within_seconds=20)
        yield running


def lag_seconds(stack: RunningStack) -> float:
    with psycopg.connect(recorded_environment(stack.data)["DATABASE_URL"]) as connection:
        found = connection.execute(LAG).fetchone()
    assert found
    return float(found[0])


def wait_until_counted(stack: RunningStack, *, within_seconds: float) -> None:
    """Until no reaction has waited for a second."""
    deadline = time.monotonic() + within_seconds
    while (lag := lag_seconds(stack)) >= 1:
        assert time.monotonic() < deadline, f"{lag} s late:\n{stack.output()[-2000:]}"
        time.sleep(0.1)


def wait_until_stalled(stack: RunningStack) -> None:
    deadline = time.monotonic() + 10
    while lag_seconds(stack) < 2:
        assert time.monotonic() < deadline, "It still counts."
        time.sleep(0.1)


@pytest.mark.parametrize("share", [0.3, 0.6, 1])
def test_a_worker_counts_again_after_every_burst_of_disconnects(
    stack: RunningStack, load: Load, proxy: Proxy, share: float
) -> None:
    """Of some connections alone too: then an acknowledgement may fail where nothing else does."""
    for _ in range(ROUNDS):
        for _ in range(CUTS):
            proxy.cut(share if share == 1 else random.uniform(0, 2 * share))
            time.sleep(CUT_SECONDS / CUTS)

        wait_until_counted(stack, within_seconds=5)

    assert "has not aggregated" not in stack.output()


def test_a_worker_that_receives_nothing_ends_and_is_started_again(
    stack: RunningStack, load: Load, proxy: Proxy
) -> None:
    """It is connected, and answers `inspect ping`."""
    app = Celery(broker=f"redis://127.0.0.1:{proxy.port}/0", set_as_current=False)
    ended = stack.output().count("worker ended (exit code 1)")

    app.control.cancel_consumer("celery")
    wait_until_stalled(stack)

    assert any("celery@" in name for answer in app.control.ping() or () for name in answer)
    wait_until_counted(stack, within_seconds=STALLED_SECONDS + 15)
    assert stack.output().count("worker ended (exit code 1)") == ended + 1
    assert "this worker has not aggregated for 4 seconds" in stack.output()


def test_a_worker_that_hangs_is_killed_by_the_supervisor(stack: RunningStack, load: Load) -> None:
    worker = stack.process_of(WORKER)
    for process in (worker, *worker.children()):
        process.suspend()

    stack.wait_for_output("worker no longer shows that it works: it is killed.")

    wait_until_counted(stack, within_seconds=20)


def test_without_beat_counting_goes_on_slowly(stack: RunningStack, load: Load) -> None:
    beat = stack.process_of("newsroom.beat beat")
    beat.suspend()
    try:
        time.sleep(3 * STALLED_SECONDS)
        assert "this worker has not aggregated" not in stack.output().rpartition("killed.")[2]
        wait_until_counted(stack, within_seconds=STALLED_SECONDS)
    finally:
        beat.resume()
