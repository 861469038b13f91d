"""Polled feeds: polled when due, published once, and never delayed by one another."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles.http_client import Fetched, FetchError
from articles.ingest import Action, polling
from articles.models import Article, Feed, Source, State
from articles.tasks import poll_feeds
from tests.articles.formats.samples import JSON_FEED

pytestmark = pytest.mark.django_db
URL = "https://afp.example/feed.json"


class Elsewhere:
    """Stands in for the network, which the tests do not reach."""

    def __init__(self) -> None:
        self.answer: Fetched | Exception = Fetched(URL, json.dumps(JSON_FEED).encode(), etag='"1"')
        self.asked: list[dict[str, Any]] = []

    def fetch(self, url: str, **asked: Any) -> Fetched:
        self.asked.append({"url": url, **asked})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def sends(self, *items: dict[str, Any]) -> None:
        content = json.dumps({**JSON_FEED, "items": items}).encode()
        self.answer = Fetched(URL, content, etag='"2"')


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    elsewhere = Elsewhere()
    monkeypatch.setattr(polling, "fetch", elsewhere.fetch)
    return elsewhere


@pytest.fixture
def feed() -> Feed:
    return Feed.objects.create(url=URL, source=Source.objects.create(name="AFP"))


def seconds_until(feed: Feed) -> float:
    feed.refresh_from_db()
    return (feed.next_poll_at - timezone.now()).total_seconds()


def test_a_feeds_stories_are_published_under_its_source(feed: Feed, elsewhere: Elsewhere) -> None:
    poll = polling.poll(feed)

    article = Article.objects.public().get()
    assert poll.actions == {Action.CREATED: 1}
    assert (article.source, article.source_item_id) == (feed.source, "bridge-1")
    assert article.canonical_url == "https://afp.example/news/bridge"
    assert 290 <= seconds_until(feed) <= 361


def test_the_second_poll_asks_for_what_changed_and_changes_nothing(
    feed: Feed, elsewhere: Elsewhere
) -> None:
    polling.poll(feed)
    before = Article.objects.values().get()

    again = polling.poll(feed)
    elsewhere.answer = Fetched(URL, None)
    unchanged = polling.poll(feed)

    assert elsewhere.asked[1]["etag"] == '"1"'
    assert (again.actions, unchanged.changed) == ({Action.UNCHANGED: 1}, False)
    assert Article.objects.values().get() == before
    assert feed.etag == '"1"'


def test_each_failure_doubles_the_wait_up_to_a_day(feed: Feed, elsewhere: Elsewhere) -> None:
    elsewhere.answer = FetchError("the server answered 500.")

    for _ in range(5):
        polling.poll(feed)

    assert 950 <= seconds_until(feed) <= 16 * 60 * 1.2
    assert (feed.failures, feed.last_error) == (5, "the server answered 500.")
    assert polling.backoff_seconds(10_000) == 24 * 3600


def test_retry_after_is_honoured(feed: Feed, elsewhere: Elsewhere) -> None:
    elsewhere.answer = FetchError("the server answered 429.", retry_after=7200)

    polling.poll(feed)

    assert seconds_until(feed) >= 7190


def test_a_success_resets_the_failures(feed: Feed, elsewhere: Elsewhere) -> None:
    Feed.objects.update(failures=7, last_error="x")
    feed.refresh_from_db()

    polling.poll(feed)

    assert (feed.failures, feed.last_error) == (0, "")


def test_a_story_that_is_refused_delays_no_other(feed: Feed, elsewhere: Elsewhere) -> None:
    item = JSON_FEED["items"][0]
    late = {**item, "id": "late", "date_published": "2100-01-01T00:00:00Z"}
    elsewhere.sends({"id": "empty"}, late, item)

    poll = polling.poll(feed)

    assert poll.actions == {Action.CREATED: 1}
    assert "item 1: headline: is missing." in feed.last_error
    assert "item 2: published_at: lies in the future." in feed.last_error
    assert feed.failures == 0


def test_what_is_no_feed_is_a_failure(feed: Feed, elsewhere: Elsewhere) -> None:
    elsewhere.answer = Fetched(URL, b"<svg/>")

    polling.poll(feed)

    assert feed.failures == 1
    assert "is not a format we read" in feed.last_error


def test_a_feed_cannot_reach_the_stories_of_others(feed: Feed, elsewhere: Elsewhere) -> None:
    ours = Article.objects.create(
        guid="tag:ours.example,2024:1", slug="the-bridge-is-open", headline="Ours"
    )
    ninjs = {"uri": ours.guid, "pubStatus": "canceled"}
    elsewhere.answer = Fetched(URL, json.dumps(ninjs).encode())

    polling.poll(feed)

    ours.refresh_from_db()
    assert (ours.state, ours.headline) == (State.DRAFT, "Ours")


def test_a_slug_in_use_is_replaced_by_another(feed: Feed, elsewhere: Elsewhere) -> None:
    Article.objects.create(
        guid="tag:ours.example,2024:1", slug="the-bridge-is-open", headline="Ours"
    )

    polling.poll(feed)

    slugs = set(Article.objects.values_list("slug", flat=True))
    assert len(slugs) == 2
    assert all(slug.startswith("the-bridge-is-open") for slug in slugs)


def test_only_feeds_whose_time_has_come_are_polled(feed: Feed, elsewhere: Elsewhere) -> None:
    later = timezone.now() + timedelta(hours=1)
    Feed.objects.create(url=f"{URL}?2", source=feed.source, next_poll_at=later)
    Feed.objects.create(url=f"{URL}?3", source=feed.source, active=False)

    assert polling.poll_due() == 1
    assert polling.poll_due() == 0
    assert [asked["url"] for asked in elsewhere.asked] == [URL]


def test_a_feed_that_fails_delays_no_other(feed: Feed, elsewhere: Elsewhere) -> None:
    elsewhere.answer = RuntimeError("a mistake of ours")

    assert polling.poll_due() == 1

    assert 200 < seconds_until(feed) <= 300


def test_the_task_polls_and_may_run_twice(feed: Feed, elsewhere: Elsewhere) -> None:
    poll_feeds()
    poll_feeds()

    assert len(elsewhere.asked) == 1
