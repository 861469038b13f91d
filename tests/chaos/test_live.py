"""Live counts while processes die, servers stand still and thousands come and go."""

import random
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest
import redis
from pytest_django.fixtures import Settings

from newsroom.stack.environment import recorded_environment
from newsroom.stack.valkey import Valkey
from tests.live.conftest import WriteCounts
from tests.live.conftest import write as write  # a fixture
from tests.live.process import LiveProcess, live_process
from tests.live.streams import Stream
from tests.load import Api, publish
from tests.reactions.servers import own_valkey
from tests.servers import RunningStack

pytestmark = pytest.mark.chaos


@pytest.fixture
def valkey(settings: Settings) -> Iterator[Valkey]:
    """A Valkey of this test's own, which is also the one that counts are written to."""
    with own_valkey(memory="64mb") as started:
        settings.REDIS_URL = started.url
        yield started


@pytest.fixture
def live(valkey: Valkey, tmp_path: Path) -> Iterator[LiveProcess]:
    with live_process(tmp_path, REDIS_URL=valkey.url) as started:
        yield started


@pytest.fixture
def article_id(valkey: Valkey, write: WriteCounts) -> UUID:
    article_id = uuid4()
    write(article_id)
    return article_id


def listen(live: LiveProcess, article_id: UUID, count: int) -> list[Stream]:
    streams = [live.stream(f"/live/articles/{article_id}/") for _ in range(count)]
    for stream in streams:
        stream.begin()
    return streams


def pid_of(valkey: Valkey) -> int:
    assert valkey._process
    return valkey._process.pid


def test_redis_that_restarts_is_said_and_events_come_again(
    live: LiveProcess, valkey: Valkey, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()
        valkey.stop()
        assert stream.next("status").json == {"live": False}
        assert live.record()["status"] == 503
        with live.stream(f"/live/articles/{article_id}/") as late:
            assert late.next("counts").id == "1"
            assert late.next("status").json == {"live": False}
        time.sleep(6)  # long enough for the longest pause between attempts

        valkey.start()
        back = time.monotonic()
        write(article_id, 2)
        events = [stream.next("counts", within=5)]
        while events[-1].id != "2":
            events.append(stream.next("counts", within=5))

        assert events[-1].at - back < 5
        live.wait_until(status=200)


def test_a_server_that_stands_still_is_noticed(
    live: LiveProcess, valkey: Valkey, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()
        server = psutil.Process(pid_of(valkey))
        server.suspend()
        try:
            assert stream.next("status", within=8).json == {"live": False}
            assert live.record()["status"] == 503
            time.sleep(10)
        finally:
            server.resume()
        back = time.monotonic()
        assert stream.next("status", within=5).json == {"live": True}
        write(article_id, 2)
        stream.wait_for('"version":2', within=5)

        assert time.monotonic() - back < 5


def test_sigterm_ends_a_thousand_silent_streams_over_ten_seconds(
    live: LiveProcess, article_id: UUID
) -> None:
    streams = listen(live, article_id, 1_000)

    before = time.monotonic()
    live.process.send_signal(signal.SIGTERM)
    retries, ends = [], []
    for stream in streams:
        last = stream.wait_for_end(within=15)
        ends.append(time.monotonic() - before)
        retries.append(last[-1].retry)
    code = live.process.wait(15)
    seconds = time.monotonic() - before

    assert code == 0
    assert 9 < seconds < 15
    assert live.log.read_text() == ""
    assert len(set(retries)) > 900
    # Read one after the other, so an end is noticed late; the middle one by five seconds.
    assert 9 < max(ends) < 12
    # None comes again before this process has ended, and no second gets more than a sixth of them.
    assert min(each or 0 for each in retries) >= 2_000


def test_the_ends_of_a_drain_are_spread(live: LiveProcess, article_id: UUID) -> None:
    streams = listen(live, article_id, 300)
    live.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    left, ended = set(streams), []
    while left and time.monotonic() < began + 15:
        for stream in list(left):
            try:
                stream.next(within=0.001)
            except TimeoutError:
                continue
            except EOFError:
                left.discard(stream)
                ended.append(time.monotonic() - began)

    assert not left
    seconds = [int(each) for each in ended]
    assert max(seconds.count(each) for each in set(seconds)) < 60
    assert live.process.wait(10) == 0


def test_sigint_ends_it_at_once(live: LiveProcess, article_id: UUID) -> None:
    streams = listen(live, article_id, 200)

    before = time.monotonic()
    code = live.stop(signal.SIGINT)

    assert (code, time.monotonic() - before < 3) == (0, True)
    assert live.log.read_text() == ""
    assert all(stream.wait_for_end()[-1].retry for stream in streams)


def test_five_thousand_opens_and_closes_leave_nothing(
    live: LiveProcess, valkey: Valkey, article_id: UUID
) -> None:
    """Some leave in silence, some in the middle of the snapshot, some by reset."""
    process = live.ps()
    for stream in listen(live, article_id, 50):
        stream.close()
    live.wait_until(listeners=0)
    files, tasks = process.num_fds(), live.record()["tasks"]
    connections = redis_connections(valkey)

    for _ in range(50):
        streams = [live.stream(f"/live/articles/{article_id}/") for _ in range(100)]
        for number, stream in enumerate(streams):
            if number % 3 == 0:
                stream.begin()
            elif number % 3 == 1:
                stream.socket.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: a reset
            stream.close()
    live.wait_until(listeners=0, within=15)

    time.sleep(0.2)
    assert process.num_fds() <= files
    assert live.record()["tasks"] <= tasks
    assert redis_connections(valkey) <= connections


def redis_connections(valkey: Valkey) -> int:
    return len(psutil.Process(pid_of(valkey)).net_connections("unix"))


def test_thousands_that_come_at_once_share_the_connections_to_redis(
    live: LiveProcess, valkey: Valkey, article_id: UUID, write: WriteCounts
) -> None:
    before = redis_connections(valkey)
    others = [uuid4() for _ in range(50)]
    for other in others:
        write(other)

    began = time.monotonic()
    streams = [live.stream(f"/live/articles/{random.choice(others)}/") for _ in range(2_000)]
    seconds = time.monotonic() - began
    during = redis_connections(valkey)

    assert live.record()["listeners"] == 2_000
    assert seconds < 4  # of which most is this test's own
    assert during - before <= 2  # those of the threads that read
    for stream in streams:
        stream.close()


def test_a_client_that_takes_nothing_ends_with_its_lease(
    valkey: Valkey, article_id: UUID, tmp_path: Path
) -> None:
    environment = {"LIVE_LEASE_SECONDS": "2", "LIVE_HEARTBEAT_SECONDS": "1"}
    with live_process(tmp_path, REDIS_URL=valkey.url, **environment) as live:
        streams = [live.stream(f"/live/articles/{article_id}/") for _ in range(20)]
        live.wait_until(listeners=20)

        assert live.wait_until(listeners=0) < 6
        retries = [stream.wait_for_end()[-1].retry or 0 for stream in streams]
        assert statistics.pstdev(retries) > 0


@pytest.mark.stack
def test_listeners_see_a_restored_database(stack: RunningStack) -> None:
    """PostgreSQL has an older version than was sent, and Redis was emptied, as the operations page asks for."""
    urls = recorded_environment(stack.data)
    publish(stack, ["restored"])
    with (
        Api(stack.url) as api,
        Stream(int(stack.env["PORT"]), "/live/articles/restored/") as stream,
    ):
        for total in (1, 2, 3):
            api.react("restored", "love")
            sent = stream.wait_for(f'"total":{total},', within=20)
        assert int(sent.id) > 1

        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            connection.execute("UPDATE reactions_countversion SET version = 1, cached_version = 0")
        with redis.Redis.from_url(urls["REDIS_URL"]) as server:
            server.flushall()
        event = stream.next("counts", within=20)

    version, _, epoch = event.id.partition("-")
    assert int(version) < int(sent.id)
    assert int(epoch) > 0
    assert event.json["total"] == 3
