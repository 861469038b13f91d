"""The hub inside the test's own event loop: what happens between two of its steps."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from pytest_django.fixtures import Settings

from reactions import counts
from reactions.cache.redis import client
from reactions.counts import Answer
from reactions.live import events, reading
from reactions.live import hub as hubs
from reactions.live.application import _find
from reactions.live.hub import Full, Hub, Limits
from reactions.live.requests import Asked, network_of
from tests.live.conftest import WriteCounts, counts_of

LIMITS = Limits(listeners=5, per_network=2, lease_seconds=600, heartbeat_seconds=15)


@pytest.fixture(autouse=True)
def _own_database(settings: Settings) -> None:
    """Of Redis, so that no epoch reaches another process; empty."""
    settings.REDIS_URL += f"{'&' if '?' in settings.REDIS_URL else '?'}db=5"
    client().flushdb()


class Buffer:
    """What a listener is sent; where it `is_full` a server would wait before it writes."""

    def __init__(self) -> None:
        self.content = b""
        self.is_full = False
        self.was_cut = False

    async def send(self, message: Any) -> None:
        while self.is_full:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.content += message["body"]

    def abort(self) -> None:
        self.was_cut = True

    async def wait_for(self, text: bytes) -> None:
        async with asyncio.timeout(5):
            while text not in self.content:  # noqa: ASYNC110  # the hub knows nothing of the test
                await asyncio.sleep(0.01)


def run(steps: Callable[[Hub], Awaitable[None]], limits: Limits = LIMITS) -> None:
    async def inside() -> None:
        hub = Hub(settings.REDIS_URL, limits)
        hub.start()
        try:
            async with asyncio.timeout(10):
                while not hub.is_live:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await steps(hub)
        finally:
            await hub.stop()

    asyncio.run(inside())


async def listen(hub: Hub, *articles: UUID, network: bytes | None = None) -> Buffer:
    buffer = Buffer()
    found = await hub.find(list(map(str, articles)))
    hub.add(buffer.send, buffer.abort, filter(None, found.values()), network)
    return buffer


def test_a_write_between_reading_and_the_snapshot_reaches_the_listener(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_be_overtaken(asked: Any) -> dict[UUID, Answer | None]:
        found = counts.read_answers(asked)
        write(article_id, 2)
        return found

    monkeypatch.setattr(reading, "read_answers", read_and_be_overtaken)

    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        await buffer.wait_for(b"id: 2\n")

    run(steps)


def test_a_slow_listener_gets_the_last_value_and_no_other(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "_INTERVAL_SECONDS", 0.0)

    async def steps(hub: Hub) -> None:
        quick, slow = await listen(hub, article_id), await listen(hub, article_id)
        slow.is_full = True
        for version in (2, 3, 4):
            await asyncio.to_thread(write, article_id, version)
            await quick.wait_for(b"id: %d\n" % version)
        slow.is_full = False
        await slow.wait_for(b"id: 4\n")

        assert b"id: 2\n" not in slow.content
        assert b"id: 3\n" not in slow.content
        assert not slow.was_cut
        assert hub.record()["late"] == 3

    run(steps)


def test_a_listener_that_takes_nothing_is_cut(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "_SLOW_SECONDS", 0.1)

    async def steps(hub: Hub) -> None:
        stuck = await listen(hub, article_id)
        stuck.is_full = True
        await asyncio.to_thread(write, article_id, 2)
        while not stuck.was_cut:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        assert (hub.record()["dropped"], hub.record()["listeners"]) == (1, 0)

    run(steps)


def test_a_network_and_the_process_accept_so_many_streams(article_id: UUID) -> None:
    async def steps(hub: Hub) -> None:
        for _ in range(2):
            await listen(hub, article_id, network=b"a")
        with pytest.raises(Full):
            await listen(hub, article_id, network=b"a")
        for _ in range(3):
            await listen(hub, article_id)
        with pytest.raises(Full):
            await listen(hub, article_id)

        assert hub.record()["refused"] == 2

    run(steps)


def test_a_stream_ends_with_its_lease(article_id: UUID) -> None:
    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        await buffer.wait_for(b"heartbeat")
        begun = len(buffer.content)
        while b"retry: " not in buffer.content[begun:]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    run(steps, Limits(listeners=5, per_network=0, lease_seconds=0.2, heartbeat_seconds=0.2))


def test_versions_that_went_back_are_sent_with_an_epoch(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore of PostgreSQL, whose rows say which version is right."""
    write(article_id, 9)
    restored = {article_id: Answer.of(counts_of(article_id, 4))}
    monkeypatch.setattr(reading, "read_stored_answers", lambda asked: restored)

    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        await buffer.wait_for(b"id: 9\n")
        hub._apply(article_id, restored[article_id])
        await buffer.wait_for(b"id: 4-")
        other = await listen(hub, article_id)

        assert b"id: 4-" in other.content

    run(steps)


def test_a_late_message_is_no_restore(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(article_id, 9)
    stored = {article_id: Answer.of(counts_of(article_id, 9))}
    monkeypatch.setattr(reading, "read_stored_answers", lambda asked: stored)

    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        hub._apply(article_id, Answer.of(counts_of(article_id, 4)))
        hub._apply(
            article_id, Answer.of(counts_of(article_id, 10))
        )  # before PostgreSQL has answered
        await buffer.wait_for(b"id: 10\n")
        await asyncio.to_thread(write, article_id, 11)
        await buffer.wait_for(b"id: 11\n")

        assert b"id: 4" not in buffer.content

    run(steps)


@pytest.mark.parametrize(("stored", "has_epoch"), [(4, True), (9, False)])
def test_a_client_that_had_a_higher_version_is_believed_where_postgresql_agrees(
    article_id: UUID,
    write: WriteCounts,
    monkeypatch: pytest.MonkeyPatch,
    stored: int,
    has_epoch: bool,
) -> None:
    """As where every process was restarted together with a restored PostgreSQL."""
    write(article_id, 4)
    answers = {article_id: Answer.of(counts_of(article_id, stored))}
    monkeypatch.setattr(reading, "read_stored_answers", lambda asked: answers)

    async def steps(hub: Hub) -> None:
        (article,) = (await hub.find([str(article_id)])).values()
        assert article
        await hub.compare(article, "9")
        buffer = await listen(hub, article_id)
        await asyncio.sleep(0.2)

        assert (b"id: 4-" in buffer.content) == has_epoch

    run(steps)


def test_a_thousand_that_were_cut_at_one_moment_come_again_over_ten_seconds() -> None:
    seconds = [int(events.retry()[len(b"retry: ") :]) // 1000 for _ in range(1_000)]

    assert max(seconds.count(each) for each in set(seconds)) <= 150


@pytest.mark.parametrize(
    ("client", "forwarded", "behind_front", "hops", "network"),
    [
        (("203.0.113.7", 1), "", False, 0, b"\xcb\x00q"),
        (("203.0.113.7", 1), "198.51.100.9", False, 0, b"\xcb\x00q"),
        (("10.0.0.1", 1), "198.51.100.9, 203.0.113.7", False, 1, b"\xcb\x00q"),
        (None, "203.0.113.7", True, 1, b"\xcb\x00q"),
        (None, "203.0.113.7, 10.0.0.1", True, 2, b"\xcb\x00q"),
        # Who comes past the front is who it is.
        (("203.0.113.7", 1), "198.51.100.9", True, 1, b"\xcb\x00q"),
        (("127.0.0.1", 1), "198.51.100.9", True, 1, None),
        (None, "", True, 1, b""),
    ],
)
def test_a_stream_counts_for_the_network_of_its_client(
    settings: Settings,
    client: tuple[str, int] | None,
    forwarded: str,
    behind_front: bool,
    hops: int,
    network: bytes | None,
) -> None:
    settings.BEHIND_FRONT, settings.TRUSTED_PROXY_HOPS = behind_front, hops
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []

    assert network_of({"client": client, "headers": headers}) == network


def test_an_article_without_listeners_is_forgotten(
    article_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "_KEEP_SECONDS", 0.0)

    async def steps(hub: Hub) -> None:
        await hub.find([str(article_id)])
        while article_id in hub._articles:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    run(steps, replace(LIMITS, heartbeat_seconds=1))


def test_an_article_that_does_not_exist_is_not_held() -> None:
    unknown = uuid4()

    async def steps(hub: Hub) -> None:
        assert await hub.find([str(unknown)]) == {str(unknown): None}
        assert unknown not in hub._articles

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_answers", dict.fromkeys)
        patch.setattr(reading, "follow_merges", lambda _: {})
        run(steps)


def test_work_that_fails_is_begun_again_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def steps(hub: Hub) -> None:
        fail = iter([True])

        async def work() -> None:
            if next(fail, False):
                raise ValueError("broken")
            done.set()
            await asyncio.Event().wait()

        done = asyncio.Event()
        hub._run(hubs._for_ever(work))
        await done.wait()

    run(steps)

    assert "a task failed, and is begun again" in caplog.text


@pytest.mark.django_db
def test_what_cannot_be_read_is_left_out(article_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(asked: Any) -> Any:
        raise OperationalError

    for name in ("read_answers", "read_stored_answers", "find_articles"):
        monkeypatch.setattr(reading, name, fail)

    assert reading.read_newest([article_id]) == {}
    assert reading.read_stored([article_id]) == {}
    assert reading.read_ids([str(article_id), "a-story"]) == {str(article_id): article_id}


def test_a_stream_ends_once_and_is_cut_where_its_end_does_not_fit(article_id: UUID) -> None:
    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        await buffer.wait_for(b"id: 1\n")
        (listener,) = hub._listeners
        buffer.is_full = True
        listener.end(b"retry: 1\n\n")
        listener.end(b"retry: 2\n\n")
        assert buffer.was_cut
        buffer.is_full = False

    run(steps)


def test_the_streams_of_a_merged_article_end_and_follow_the_other_one(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = uuid4()
    write(other, 7)
    monkeypatch.setattr(reading, "follow_merges", lambda asked: {article_id: other})

    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        begun = buffer.content.count(b"retry: ")
        await asyncio.to_thread(write, article_id, 2, state="missing")
        async with asyncio.timeout(5):
            while buffer.content.count(b"retry: ") == begun:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        again, first = await _find(hub, Asked([str(article_id), str(other)], is_list=True))

        assert b"event: gone" not in buffer.content
        assert {each.article_id for each in again} == {other}
        assert first == events.merged(str(article_id), other)
        assert f'"into": "{other}"'.encode() in first

    run(steps)


@pytest.mark.parametrize("is_known", [True, False])
def test_an_article_that_is_merged_nowhere_is_gone(
    article_id: UUID, write: WriteCounts, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    """Also where it cannot be asked: a stream that ended would come again and again."""

    def follow(asked: Any) -> dict[UUID, UUID]:
        if not is_known:
            raise OperationalError("PostgreSQL is gone.")
        return {}

    monkeypatch.setattr(reading, "follow_merges", follow)

    async def steps(hub: Hub) -> None:
        buffer = await listen(hub, article_id)
        await asyncio.to_thread(write, article_id, 2, state="missing")
        await buffer.wait_for(b"event: gone")

    run(steps)
