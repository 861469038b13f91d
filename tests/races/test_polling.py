"""Two workers, each a process of its own, at one feed of a real server: every story is there once, in one version."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import Any

import pytest

from articles.models import Article, ArticleRevision, Feed, Source
from tests.articles.formats.samples import BODY, JSON_FEED
from tests.articles.test_http_client import Answer, Site, answer
from tests.races.processes import process

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 2
STORIES = 20
PRELUDE = """
import sys
import django
django.setup()
from articles.ingest.polling import poll, poll_due
from articles.models import Feed
feed = Feed.objects.get()
print("ready", flush=True)
sys.stdin.readline()
"""
DUE = 'print("polled", poll_due(), flush=True)'
# As a worker does that was held up until its claim had run out.
CLAIMED = 'print("polled", len(poll(feed).mistakes), flush=True)'


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = Thread(target=site.server.serve_forever, args=[0.05])
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def content(headline: str) -> bytes:
    items: list[dict[str, Any]] = [
        {"id": f"bridge-{number}", "title": f"{headline} {number}", "content_html": BODY,
         "url": f"https://afp.example/{number}", "tags": ["Bridges", f"Town {number}"], "authors": [{"name": "Ann Lee"}],
         "date_published": "2024-12-08T12:23:00+03:00"}
        for number in range(STORIES)
    ]  # fmt: skip
    return json.dumps({**JSON_FEED, "items": items}).encode()


def at_once(body: bytes) -> Answer:
    """An answer that no worker gets before each has asked."""
    barrier, write = Barrier(WORKERS), answer(body)

    def wait(handler: Any) -> None:
        barrier.wait(timeout=60)
        write(handler)

    return wait


@contextmanager
def worker(program: str, site: Site) -> Iterator["subprocess.Popen[str]"]:
    """A process of the product that is about to run this."""
    with process(PRELUDE + program, FEED_TEST_HOSTS=f"127.0.0.1:{site.port}") as started:
        assert started.stdout
        assert started.stdout.readline() == "ready\n"
        yield started


def run_at_once(program: str, site: Site) -> list[str]:
    """What two workers print that begin together."""
    with worker(program, site) as first, worker(program, site) as second:
        for each in (first, second):
            assert each.stdin
            each.stdin.write("\n")
            each.stdin.flush()
        return [each.stdout.readline().strip() if each.stdout else "" for each in (first, second)]


def follow(site: Site) -> None:
    Feed.objects.create(url=site.url("/feed.json"), source=Source.objects.create(name="AFP"))


def versions() -> list[tuple[int, int]]:
    """Of each article its version, and how many there are of it."""
    articles = Article.objects.order_by("source_item_id")
    return [
        (each.version, ArticleRevision.objects.filter(article=each).count()) for each in articles
    ]


def test_a_feed_that_is_due_is_fetched_by_one_of_two_workers(site: Site) -> None:
    site.answers["/feed.json"] = answer(content("Bridge"))
    follow(site)

    said = run_at_once(DUE, site)

    assert sorted(said) == ["polled 0", "polled 1"]
    assert len(site.seen) == 1
    assert versions() == [(1, 1)] * STORIES


def test_two_workers_that_fetch_one_feed_at_once_publish_each_story_once(site: Site) -> None:
    site.answers["/feed.json"] = at_once(content("Bridge"))
    follow(site)

    said = run_at_once(CLAIMED, site)

    assert said == ["polled 0", "polled 0"]
    assert len(site.seen) == WORKERS
    assert versions() == [(1, 1)] * STORIES
    assert Feed.objects.get().last_error == ""


def test_two_workers_that_fetch_a_changed_feed_at_once_make_one_version(site: Site) -> None:
    follow(site)
    site.answers["/feed.json"] = at_once(content("Bridge"))
    run_at_once(CLAIMED, site)
    site.answers["/feed.json"] = at_once(content("New bridge"))

    said = run_at_once(CLAIMED, site)

    assert said == ["polled 0", "polled 0"]
    assert versions() == [(2, 2)] * STORIES
    assert set(Article.objects.values_list("headline", flat=True)) == {
        f"New bridge {number}" for number in range(STORIES)
    }
