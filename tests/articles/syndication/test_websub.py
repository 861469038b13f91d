"""WebSub: a worker notifies the hub once per transaction and retries a limited number of times."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from redis import Redis

from articles import tasks, workflow
from articles.formats import read_stories
from articles.ingest import ingest_stories
from articles.models import Article, ArticleTag, Section, State, Tag
from articles.syndication import websub
from tests.articles.formats.samples import EVERY

pytestmark = pytest.mark.django_db

PublishArticle = Callable[..., Article]


class Hub(BaseHTTPRequestHandler):
    """Records the pings that it receives."""

    pings: list[dict[str, list[str]]] = []
    status = 204

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.pings.append(parse_qs(self.rfile.read(length).decode()))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    """A hub on localhost."""
    monkeypatch.setattr(Hub, "pings", [])
    monkeypatch.setattr(Hub, "status", 204)
    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    settings.WEBSUB_HUB = f"http://127.0.0.1:{server.server_port}/"
    settings.SITE_URL = "https://news.example"
    yield Hub
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    article = publish_article(section=Section.objects.create(slug="world", name="World"))
    tag = Tag.objects.create(slug="syria", name="Syria")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    return article


def messages() -> list[list[str]]:
    """The articles of each message that the broker holds for the worker, taken from it."""
    found = []
    with Redis.from_url(settings.REDIS_URL) as broker:
        while message := broker.rpop("slow"):
            parts = json.loads(message)
            if parts["headers"]["task"] == "articles.ping_hub":
                (article_ids,), *_ = json.loads(b64decode(parts["body"]))
                found.append(article_ids)
    return found


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    messages()


def test_the_hub_is_notified_of_every_feed_of_an_article(article: Article, hub: type[Hub]) -> None:
    assert websub.ping([article.pk])

    ((mode, urls),) = [(ping["hub.mode"], ping["hub.url"]) for ping in hub.pings]
    assert mode == ["publish"]
    assert len(urls) == len(set(urls)) == 3 * (1 + 1 + 1)
    assert "https://news.example/feeds/sections/world/rss.xml" in urls
    assert "https://news.example/feeds/atom.xml" in urls


def test_many_articles_are_one_ping_that_names_each_feed_once(
    article: Article, publish_article: PublishArticle, hub: type[Hub]
) -> None:
    others = [publish_article() for _ in range(20)]

    assert websub.ping([article.pk, *(other.pk for other in others)])

    (ping,) = hub.pings
    assert len(ping["hub.url"]) == len(set(ping["hub.url"])) == 9


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_ping_that_fails_is_retried(
    status: int, article: Article, hub: type[Hub], caplog: pytest.LogCaptureFixture
) -> None:
    hub.status = status

    with pytest.raises(websub.HubUnavailableError):
        tasks.ping_hub([str(article.pk)])

    assert "did not accept the ping" in caplog.text


def test_a_ping_to_an_unreachable_hub_is_retried(article: Article, settings: Settings) -> None:
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"

    with pytest.raises(websub.HubUnavailableError):
        websub.ping([article.pk])


def test_a_ping_that_is_refused_is_not_retried(
    article: Article, hub: type[Hub], caplog: pytest.LogCaptureFixture
) -> None:
    hub.status = 400

    assert not websub.ping([article.pk])

    assert "did not accept the ping" in caplog.text


def test_retries_end_before_the_broker_would_redeliver_the_task(settings: Settings) -> None:
    task = tasks.ping_hub

    assert task.max_retries == 4
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert task.retry_backoff_max < timeout  # type: ignore[attr-defined]  # Celery keeps the option


def test_without_a_hub_no_ping_is_sent(
    article: Article, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        websub.announce_on_commit([article.pk])

    assert not websub.ping([article.pk])
    assert messages() == []


def test_a_draft_is_not_announced(publish_article: PublishArticle, hub: type[Hub]) -> None:
    draft = publish_article(state=State.DRAFT, first_published_at=None, published_at=None)

    assert not websub.ping([draft.pk])

    assert hub.pings == []


def test_a_transaction_is_announced_once_when_it_is_committed(
    article: Article,
    publish_article: PublishArticle,
    hub: type[Hub],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = publish_article()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        workflow.correct(article_id=article.pk, text="Two.")
        workflow.kill(article_id=article.pk)
        workflow.kill(article_id=other.pk)
        assert messages() == []

    assert messages() == [[str(article.pk), str(other.pk)]]


def test_a_rolled_back_change_does_not_drop_another_announcement(
    article: Article,
    publish_article: PublishArticle,
    hub: type[Hub],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = publish_article()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        with transaction.atomic():
            workflow.kill(article_id=other.pk)
            transaction.set_rollback(True)
        workflow.kill(article_id=article.pk)

    assert messages() == [[str(article.pk)]]


def test_an_import_is_announced_once(
    hub: type[Hub], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    names = ("ninjs3.json", "story.nitf")
    articles = [
        article for name in names for article in read_stories(EVERY[name], name=name, zone=UTC)
    ]

    with django_capture_on_commit_callbacks(execute=True):
        outcomes = ingest_stories(articles)

    assert messages() == [[str(outcome.article.pk) for outcome in outcomes]]


def test_the_task_may_run_twice(article: Article, hub: type[Hub]) -> None:
    for _ in range(2):
        tasks.ping_hub([str(article.pk)])

    assert hub.pings[0] == hub.pings[1]
