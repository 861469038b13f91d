"""Counts that are said again before Django: just what Django would say, and nothing where that is not sure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.validate import validator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from articles import workflow
from articles.models import Article
from reactions import counts
from reactions.counting.aggregate import fold
from reactions.counting.cache_writer import publish_waiting
from reactions.http import fast_path
from reactions.http.fast_path import CountsAgain
from reactions.models import PolicyState
from reactions.policy import set_policy
from reactions.readers import new_reader
from reactions.record import set_reactions
from tests.conftest import PublishArticle

Answer = tuple[str, dict[str, str], bytes]


class Site:
    """Django behind `CountsAgain`, as a server would call it; and Django alone, to compare."""

    def __init__(self) -> None:
        self.asked = 0
        self._django = WSGIHandler()
        # Both sides are held to PEP 3333.
        self._again = validator(CountsAgain(validator(self._count)))

    def get(self, path: str, method: str = "GET", **environ: str) -> Answer:
        return _call(self._again, path, method, environ)

    def django(self, path: str, method: str = "GET", **environ: str) -> Answer:
        return _call(self._django, path, method, environ)

    def _count(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked += 1
        answer: Iterable[bytes] = self._django(environ, start_response)
        return answer


def _call(application: Any, path: str, method: str, extra: dict[str, str]) -> Answer:
    environ = {**RequestFactory().generic(method, path).environ, "HTTP_HOST": "testserver", **extra}
    said: list[Any] = []
    answer = application(environ, lambda status, headers, *_: said.extend([status, headers]))
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, headers = said
    return status, dict(headers), body


@pytest.fixture(autouse=True)
def _in_one_transaction() -> Iterator[None]:
    """As Django's own test client does: a request does not end the test's connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    # So that a slow machine's copies are not too old before they are asked for.
    monkeypatch.setattr(counts._answers, "_fresh_seconds", 60)
    monkeypatch.setattr(fast_path, "_TOLD_SECONDS", 60)
    return Site()


@pytest.fixture
def one(article: Article) -> str:
    return f"/api/v1/articles/{article.id}/reactions/"


def react(article: Article, kinds: int = 1) -> None:
    set_reactions(article_id=article.id, reader_id=new_reader().id, kinds=kinds)
    fold()


def test_the_second_time_django_is_not_asked_and_the_answer_is_the_same(
    site: Site, article: Article, one: str
) -> None:
    react(article)

    first, again = site.get(one), site.get(one)

    assert site.asked == 1
    assert again == first == site.django(one)
    assert again[0] == "200 OK"
    assert again[1]["X-Content-Type-Options"] == "nosniff"


def test_a_list_is_said_again_too_and_whole(
    site: Site, article: Article, publish_article: PublishArticle
) -> None:
    path = f"/api/v1/reactions/?articles={article.id},{publish_article().id}"
    site.get(path)

    assert site.get(path) == site.get(path) == site.django(path)
    assert site.asked == 1


def test_a_list_is_said_anew_when_one_of_its_stories_is_counted(
    site: Site, article: Article, publish_article: PublishArticle
) -> None:
    path = f"/api/v1/reactions/?articles={publish_article().id},{article.id}"
    for _ in range(2):
        site.get(path)
    react(article)

    assert site.get(path) == site.django(path)
    assert b'"like":1' in site.get(path)[2]


@pytest.mark.parametrize("held", ["{}", "W/{}", '"other", {}', "*"])
def test_whoever_has_the_counts_is_told_so(site: Site, one: str, held: str) -> None:
    etag = site.get(one)[1]["ETag"]

    answer = site.get(one, HTTP_IF_NONE_MATCH=held.format(etag))

    assert site.asked == 1
    assert answer == site.django(one, HTTP_IF_NONE_MATCH=held.format(etag))
    assert answer[0] == "304 Not Modified"


def test_a_304_of_djangos_is_as_good_a_model(site: Site, one: str) -> None:
    etag = site.django(one)[1]["ETag"]

    assert site.get(one, HTTP_IF_NONE_MATCH=etag)[0] == "304 Not Modified"
    assert site.get(one) == site.django(one)
    assert site.asked == 1


def test_what_a_reader_was_told_by_a_put_outdates_what_is_said(
    site: Site, article: Article, one: str
) -> None:
    site.get(one)
    react(article)
    site.get(one)  # the newest is read by Django, once
    asked = site.asked

    assert b'"like":1' in site.get(one)[2]
    assert site.asked == asked


def test_a_slug_is_known_after_it_was_asked_for(
    site: Site, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reactions.cache.slugs._ids._fresh_seconds", 60)
    path = f"/api/v1/articles/{article.slug}/reactions/"
    site.get(path)

    assert site.get(path) == site.django(path)
    assert site.asked == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_ORIGIN": "https://other.example"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
    ],
    ids=str,
)
def test_django_is_asked_by_whoever_may_be_told_something_else(
    site: Site, one: str, environ: dict[str, str]
) -> None:
    site.get(one)

    assert site.get(one, **environ)[0] == site.django(one, **environ)[0]
    assert site.asked == 2


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
def test_other_methods_are_djangos(site: Site, one: str, method: str) -> None:
    site.get(one)

    assert site.get(one, method)[0] == site.django(one, method)[0]
    assert site.asked == 2


@pytest.mark.parametrize("query", ["", "?articles=", "?articles=" + ",".join("x" * 201)], ids=len)
def test_a_list_that_is_refused_is_refused_by_django(site: Site, one: str, query: str) -> None:
    site.get(one)

    status, headers, _ = site.get(f"/api/v1/reactions/{query}")

    assert status == "400 Bad Request"
    assert headers["Content-Type"] == "application/problem+json"


def test_an_unknown_story_in_a_list_is_djangos_to_name(
    site: Site, article: Article, one: str
) -> None:
    path = f"/api/v1/reactions/?articles={article.id},nobodys"
    site.get(one)

    assert site.get(path) == site.get(path) == site.django(path)
    assert b'"article":"nobodys"' in site.get(path)[2]


def test_hidden_counts_are_not_said_again(site: Site, article: Article, one: str) -> None:
    path = f"/api/v1/reactions/?articles={article.id}"
    for each in (one, path):
        site.get(each)
    set_policy(article_id=article.id, state=PolicyState.HIDDEN)
    publish_waiting()

    assert site.get(one)[0] == "404 Not Found"
    assert b'"error"' in site.get(path)[2]


def test_a_killed_story_is_not_said_again(
    site: Site,
    article: Article,
    one: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    site.get(one)
    with django_capture_on_commit_callbacks(execute=True):
        workflow.kill(article_id=article.id)

    assert site.get(one)[0] == "404 Not Found"


def test_headers_are_djangos_of_the_last_second(
    site: Site, one: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_path, "_TOLD_SECONDS", 0)
    site.get(one)
    settings.X_FRAME_OPTIONS = "SAMEORIGIN"

    assert site.get(one)[1]["X-Frame-Options"] == "SAMEORIGIN"
    assert site.asked == 2


@pytest.mark.parametrize("header", ["Vary", "Set-Cookie"])
def test_what_depends_on_more_is_not_repeated(
    one: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site()
    django: Callable[..., Any] = site._django

    def with_header(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            return start_response(status, [*headers, (header, "x")])

        answer: Iterable[bytes] = django(environ, start)
        return answer

    monkeypatch.setattr(site, "_django", with_header)
    for _ in range(2):
        site.get(one)

    assert site.asked == 2
