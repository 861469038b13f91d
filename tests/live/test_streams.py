"""Streams of live counts: what a listener is sent, when, and what is refused."""

import asyncio
import json
import signal
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from reactions.cache.redis import client
from reactions.counts import Answer, put_counts
from reactions.live.articles import LiveArticle
from reactions.live.hub import Hub, Limits
from reactions.live.listeners import Message
from tests.live.conftest import WriteCounts, counts_of
from tests.live.process import PATIENCE_SECONDS, LiveProcess, live_process
from tests.live.streams import Stream
from tests.scraping import bearer


def test_a_stream_begins_with_what_the_api_answers(live: LiveProcess, article_id: UUID) -> None:
    with live.stream(f"/live/articles/{article_id}/", **{"Accept-Encoding": "gzip"}) as stream:
        retry, snapshot, padding, heartbeat = stream.begin()

    assert stream.status == 200
    assert stream.answer["content-type"].startswith("text/event-stream")
    assert stream.answer["cache-control"] == "no-store, no-transform"
    assert stream.answer["x-accel-buffering"] == "no"
    assert stream.answer["access-control-allow-origin"] == "*"
    assert not {"set-cookie", "content-encoding"} & stream.answer.keys()
    assert 2_000 <= (retry.retry or 0) <= 12_000
    assert (snapshot.name, snapshot.id) == ("counts", "1")
    assert snapshot.data.encode() == Answer.of(counts_of(article_id)).body
    assert len(padding.comment) >= 2_048
    assert heartbeat.json == {}


def test_a_change_is_sent_at_once_and_an_older_version_is_not(
    live: LiveProcess, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()
        before = time.monotonic()
        write(article_id, 7)
        event = stream.next("counts")
        write(article_id, 3)
        write(article_id, 7)

        assert event.at - before < 0.5
        assert event.json["counts"]["like"] == 7
        assert stream.all_within(1.1) == []


def test_one_event_a_second_has_the_last_value(
    live: LiveProcess, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()

        def write_often() -> None:
            for version in range(2, 20):
                write(article_id, version)
                time.sleep(0.07)

        writer = Thread(target=write_often)
        writer.start()
        events = stream.all_within(2.4)
        writer.join()

    assert events[-1].id == "19"
    assert len(events) == 3
    gaps = [later.at - event.at for event, later in pairwise(events)]
    assert min(gaps) > 0.9


def test_a_list_has_each_article_and_says_which_do_not_exist(
    live: LiveProcess, write: WriteCounts
) -> None:
    articles = [uuid4() for _ in range(3)]
    for article_id in articles:
        write(article_id)

    with live.stream(f"/live/?articles={','.join(map(str, articles))},{articles[0]}") as stream:
        blocks = stream.begin()
        put_counts([counts_of(articles[0], 2), counts_of(articles[2], 2)])
        changes = [stream.next("counts").json["article"] for _ in range(2)]

    assert [each.json["article"] for each in blocks if each.name == "counts"] == [
        *map(str, articles)
    ]
    assert sorted(changes) == sorted([str(articles[0]), str(articles[2])])


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/live/", 400, "articles"),
        ("/live/?articles=", 400, "articles"),
        ("/live/?articles=a&x=1", 400, "x"),
        ("/live/?articles=a&articles=b", 400, "articles"),
        ("/live/?articles=" + ",".join(map(str, range(51))), 400, "articles"),
        ("/live/articles/a/?articles=b", 400, "articles"),
        ("/live/articles/", 404, ""),
        ("/live/articles/a", 404, ""),
        ("/live/articles/a/b/", 404, ""),
        ("/live", 404, ""),
        ("/elsewhere", 404, ""),
    ],
)
def test_what_cannot_be_streamed_is_refused_by_name(
    live: LiveProcess, path: str, status: int, field: str
) -> None:
    with live.stream(path) as answer:
        problem = json.loads(answer.body())

    assert answer.status == problem["status"] == status
    assert answer.answer["content-type"] == "application/problem+json"
    assert answer.answer["access-control-allow-origin"] == "*"
    assert [each["field"] for each in problem.get("errors", [])] == [field] * bool(field)


def test_an_article_that_is_hidden_is_gone_and_comes_back(
    live: LiveProcess, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()
        write(article_id, 2, state="hidden")
        gone = stream.next("gone")
        with live.stream(f"/live/articles/{article_id}/") as refused:
            assert refused.status == 404
        with live.stream(f"/live/?articles={article_id}") as listed:
            assert listed.next("gone").json == {"article": str(article_id), "state": "missing"}
            write(article_id, 3)
            assert listed.next("counts").id == "3"
        back = stream.next("counts")

    assert gone.json == {"article": str(article_id), "state": "hidden"}
    assert back.json["state"] == "open"


def test_an_article_closes_at_its_time_without_a_change(
    live: LiveProcess, article_id: UUID, write: WriteCounts
) -> None:
    closes_at = datetime.now(UTC) + timedelta(seconds=0.8)
    write(article_id, 2, closes_at=closes_at)

    with live.stream(f"/live/articles/{article_id}/") as stream:
        assert stream.next("counts").json["state"] == "open"
        closed = stream.next("counts")
        late = time.time() - closes_at.timestamp()

    assert (closed.id, closed.json["state"]) == ("2", "closed")
    assert 0 <= late < 0.5


@pytest.mark.parametrize("has_come_again", [False, True])
def test_a_close_is_noted_though_its_timer_is_early_or_late(
    article_id: UUID, has_come_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes_at = datetime.now(UTC) + timedelta(hours=1)
    answer = Answer.of(counts_of(article_id, closes_at=closes_at))
    # A timer is early by the granularity of a clock; in a busy process it is late, and the same counts come before it.
    clock = [0.001] if has_come_again else [-0.0001, 0.0001, 0.0002]
    times = iter(closes_at.timestamp() + each for each in clock)

    async def changed() -> list[LiveArticle]:
        hub = Hub(settings.REDIS_URL, Limits(1, 0, lease_seconds=60, heartbeat_seconds=15))
        article = LiveArticle(article_id)
        hub.add(_discard, lambda: None, [article], None)
        hub._apply(article_id, answer)
        hub._changed.clear()
        monkeypatch.setattr("reactions.live.articles.time.time", lambda: next(times))
        if has_come_again:
            hub._apply(article_id, answer)
        while not hub._changed:
            hub._closings[article]._run()
        return list(hub._changed)

    assert [each.article_id for each in asyncio.run(changed())] == [article_id]


async def _discard(message: Message) -> None:
    """A listener that reads everything."""


@pytest.mark.parametrize("last", ["1", "0", "9", "1-17", "nonsense", "9" * 5_000])
def test_whatever_a_client_had_last_it_gets_a_snapshot(
    live: LiveProcess, article_id: UUID, last: str
) -> None:
    with live.stream(f"/live/articles/{article_id}/", **{"Last-Event-ID": last}) as stream:
        assert stream.next("counts").id == "1"


def test_a_head_ends_and_another_method_is_refused(live: LiveProcess, article_id: UUID) -> None:
    path = f"/live/articles/{article_id}/"

    with Stream(live.port, path, method="HEAD") as head:
        assert head.status == 200
    with Stream(live.port, path, {"Content-Length": "0"}, method="POST") as post:
        assert post.status == 405
        assert post.answer["allow"] == "GET, HEAD"


def test_the_process_has_probes_and_metrics_of_its_own(live: LiveProcess, article_id: UUID) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()

        assert live.get("/healthz") == "ok\n"
        assert live.record()["state"] == "ok"
        with live.stream("/metrics", **bearer()) as metrics:
            assert b"\nnewsroom_live_listeners 1\n" in metrics.body()
        with live.stream("/metrics") as stranger:
            assert stranger.status == 404
    live.wait_until(listeners=0)


def test_streams_that_came_and_went_leave_nothing(live: LiveProcess, article_id: UUID) -> None:
    process = live.ps()
    live.wait_until(listeners=0)
    files, tasks = process.num_fds(), live.record()["tasks"]

    for _ in range(5):
        streams = [live.stream(f"/live/articles/{article_id}/") for _ in range(60)]
        assert live.record()["listeners"] == 60
        for stream in streams:
            stream.close()
        live.wait_until(listeners=0)

    # The process opens connections of its own meanwhile: that of its counters to Redis. Streams were 300.
    most_files = files + 5
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.num_fds() > most_files or live.record()["tasks"] > tasks:
        assert time.monotonic() < deadline, (process.num_fds(), files, live.record(), tasks)
        time.sleep(0.05)


def test_a_process_that_ends_sends_each_stream_when_to_come_again(
    tmp_path: Path, article_id: UUID
) -> None:
    with live_process(tmp_path, LIVE_DRAIN_SECONDS="1") as process:
        streams = [process.stream(f"/live/articles/{article_id}/") for _ in range(3)]
        for stream in streams:
            stream.begin()
        process.process.send_signal(signal.SIGTERM)

        last_words = [stream.wait_for_end() for stream in streams]

        assert process.process.wait(10) == 0
    for words in last_words:
        (retry,) = [each.retry for each in words if each.retry]
        assert retry > 0


def test_a_stream_says_that_the_subscription_is_lost_and_has_what_changed_meanwhile(
    live: LiveProcess, article_id: UUID, write: WriteCounts
) -> None:
    with live.stream(f"/live/articles/{article_id}/") as stream:
        stream.begin()

        client().client_kill_filter(_type="pubsub")
        write(article_id, 5)

        assert stream.next("status").json == {"live": False}
        assert stream.next("status").json == {"live": True}
        assert stream.next("counts").json["version"] == 5
