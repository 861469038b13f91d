"""Polled feeds: polled when due, published once, and never delayed by one another."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from articles.http_client import Fetched, FetchError
from articles.ingest import Action, polling
from articles.models import Article, Feed, Source, State
from articles.tasks import poll_feeds
from tests.articles.formats.samples import JSON_FEED, PLAIN_HTML
from tests.articles.test_http_client import answer
from tests.articles.test_http_client_tls import SecureSite, secure_site

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


@pytest.fixture
def secure_feed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SecureSite, Feed]]:
    """A feed of a server on loopback with a certificate of a test's own authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with secure_site(authority, "127.0.0.1") as site:
        site.answers["/feed.json"] = answer(json.dumps(JSON_FEED).encode(), ETag='"1"')
        source = Source.objects.create(name="AFP")
        yield site, Feed.objects.create(url=site.url("/feed.json"), source=source)


def test_a_test_host_on_loopback_is_polled_by_https_where_the_setting_names_it(
    secure_feed: tuple[SecureSite, Feed], settings: Settings
) -> None:
    site, feed = secure_feed
    refused = polling.poll(feed)
    settings.FEED_TEST_HOSTS = [f"127.0.0.1:{site.port + 1}"]
    refused_again = polling.poll(feed)

    settings.FEED_TEST_HOSTS = [f"127.0.0.1:{site.port}"]
    poll = polling.poll(feed)

    assert not refused.changed
    assert not refused_again.changed
    assert poll.actions == {Action.CREATED: 1}
    assert len(site.seen) == 1


def test_two_rounds_ask_a_test_host_once(
    secure_feed: tuple[SecureSite, Feed], settings: Settings
) -> None:
    site, _ = secure_feed
    settings.FEED_TEST_HOSTS = [f"127.0.0.1:{site.port}"]
    assert polling.poll_due() == 1
    assert polling.poll_due() == 0

    assert len(site.seen) == 1
    assert Article.objects.get().version == 1


def test_a_future_time_of_a_trusted_source_is_an_embargo(feed: Feed, elsewhere: Elsewhere) -> None:
    Source.objects.update(schedules=True)
    feed.refresh_from_db()
    item = {**JSON_FEED["items"][0], "date_published": "2100-01-01T00:00:00Z"}
    elsewhere.sends(item)

    poll = polling.poll(feed)

    article = Article.objects.get()
    assert poll.actions == {Action.CREATED: 1}
    assert (article.state, article.embargoed_until) == (
        State.SCHEDULED,
        datetime(2100, 1, 1, tzinfo=UTC),
    )


def test_a_future_time_of_another_source_is_refused_by_the_files_own_name(
    feed: Feed, elsewhere: Elsewhere
) -> None:
    elsewhere.sends({**JSON_FEED["items"][0], "date_published": "2100-01-01T00:00:00Z"})

    (text,) = polling.poll(feed).mistakes

    assert "lies in the future. It is the file’s date_published '2100-01-01T00:00:00Z'." in text


def test_a_page_that_states_no_time_is_asked_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PLAIN_HTML)

    with pytest.raises(SystemExit):
        call_command("publish", str(path))
    call_command("publish", str(path), "--published-at", "2026-11-20T10:00+01:00")

    assert "the page states none; give it with --published-at." in capsys.readouterr().err
    assert Article.objects.get().published_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
