"""The fast path sends what Django sends, and passes to Django what it does not recognise."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.validate import validator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import RequestFactory
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from articles import workflow
from articles.models import Article
from reactions import counts, record
from reactions.cache import limits
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import write_stale_counts
from reactions.http import fast_path
from reactions.http.fast_path import FastPath
from reactions.models import PolicyState, Reaction
from reactions.policy import set_policy
from reactions.readers import new_reader
from reactions.record import set_reactions
from tests.conftest import PublishArticle

Answer = tuple[str, list[tuple[str, str]], bytes]


class Site:
    """Django behind the fast path, as a server calls it, and Django alone, to compare."""

    def __init__(self) -> None:
        self.passed_on = 0
        self._django = WSGIHandler()
        # Both sides must keep to PEP 3333.
        self._fast_path = FastPath(validator(self._count))
        self._fast = validator(self._fast_path)

    def expire(self) -> None:
        """Let all learned headers expire."""
        self._fast_path._learned.clear()

    def get(self, path: str, method: str = "GET", body: bytes = b"", /, **environ: str) -> Answer:
        return _call(self._fast, path, method, body, environ)

    def django(
        self, path: str, method: str = "GET", body: bytes = b"", /, **environ: str
    ) -> Answer:
        return _call(self._django, path, method, body, environ)

    def put(self, path: str, body: bytes, **environ: str) -> Answer:
        return self.get(path, "PUT", body, **environ)

    def _count(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.passed_on += 1
        answer: Iterable[bytes] = self._django(environ, start_response)
        return answer


def _call(application: Any, path: str, method: str, body: bytes, extra: dict[str, str]) -> Answer:
    content_type = extra.pop("CONTENT_TYPE", "application/json")
    request = RequestFactory().generic(method, path, body, content_type)
    environ = {**request.environ, "HTTP_HOST": "testserver", **extra}
    # Django's request has decoded the path in place; a server hands on its bytes as Latin-1.
    environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
    started: list[Any] = []
    answer = application(environ, lambda status, headers, *_: started.extend([status, headers]))
    try:
        content = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, headers = started
    return status, headers, content


@pytest.fixture(autouse=True)
def _one_transaction(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As Django's own test client does: the end of a request does not close the test's connection."""
    monkeypatch.setattr(fast_path, "close_old_connections", lambda: None)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    # So that a slow machine's entries have not expired before they are asked for.
    monkeypatch.setattr(counts._answers, "_fresh_seconds", 60)
    monkeypatch.setattr("reactions.cache.slugs._ids._fresh_seconds", 60)
    monkeypatch.setattr(fast_path, "_LEARNED_SECONDS", 60)
    return Site()


@pytest.fixture
def one(article: Article) -> str:
    return f"/api/v1/articles/{article.id}/reactions/"


@pytest.fixture
def many(article: Article, publish_article: PublishArticle) -> str:
    return f"/api/v1/reactions/?articles={article.id},{publish_article().slug}"


@pytest.fixture
def reader() -> dict[str, str]:
    """The header by which a program sends its reader token."""
    return {"HTTP_AUTHORIZATION": f"Reader {new_reader().token}"}


def react(article: Article, kinds: int = 1) -> None:
    set_reactions(article_id=article.id, reader_id=new_reader().id, kinds=kinds)
    aggregate()


LOVE, SAD = b'{"reactions":["love"]}', b'{"reactions":["sad"]}'

# Answered without Django once it has answered such a request, and the same to the byte.
FAST: dict[str, Callable[[Article], tuple[str, dict[str, str]]]] = {
    "one": lambda a: (f"articles/{a.id}/reactions/", {}),
    "slug": lambda a: (f"articles/{a.slug}/reactions/", {}),
    "upper case": lambda a: (f"articles/{str(a.id).upper()}/reactions/", {}),
    "many": lambda a: (f"reactions/?articles={a.id},{a.slug}", {}),
    "many, at a moment": lambda a: (f"reactions/?articles={a.id},{a.slug}&at=594", {}),
    "etag of another": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_IF_NONE_MATCH": '"x"'}),
    "origin": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_ORIGIN": "https://b.example"}),
    "accept": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_ACCEPT": "text/xml"}),
    "https": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_X_FORWARDED_PROTO": "https"}),
    "cookie": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_COOKIE": "reader=y; other=z"}),
}
# Passed to Django every time.
SLOW: dict[str, Callable[[Article], tuple[str, dict[str, str]]]] = {
    "foreign host": lambda a: (f"articles/{a.id}/reactions/", {"HTTP_HOST": "evil.example"}),
    "unknown slug": lambda a: ("articles/unknown/reactions/", {}),
    "unknown id": lambda a: (f"articles/{'0' * 8}-0000-7000-8000-{'0' * 12}/reactions/", {}),
    "no dashes": lambda a: (f"articles/{a.id.hex}/reactions/", {}),
    "nul": lambda a: ("articles/a%00b/reactions/", {}),
    "not utf-8": lambda a: ("articles/%ff/reactions/", {}),
    "slash": lambda a: (f"articles/{a.id}/x/reactions/", {}),
    "no slash at the end": lambda a: (f"articles/{a.id}/reactions", {}),
    "many, with what is unknown": lambda a: (f"reactions/?articles={a.id}&at=594&so=1", {}),
    "many, named twice": lambda a: (f"reactions/?articles={a.id}&articles={a.id}", {}),
    "query": lambda a: (f"articles/{a.id}/reactions/?format=xml", {}),
    "many, one unknown": lambda a: (f"reactions/?articles={a.id},unknown", {}),
    "many, none": lambda a: ("reactions/?articles=", {}),
    "many, no query": lambda a: ("reactions/", {}),
    "many, too many": lambda a: ("reactions/?articles=" + ",".join("x" * 201), {}),
    "many, a parameter more": lambda a: (f"reactions/?articles={a.id}&page=2", {}),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", FAST)
def test_a_fast_answer_is_djangos(site: Site, article: Article, name: str, method: str) -> None:
    react(article)
    path, environ = FAST[name](article)

    answers = [site.get(f"/api/v1/{path}", method, **environ) for _ in range(3)]

    assert site.passed_on == 1
    assert answers == [site.django(f"/api/v1/{path}", method, **environ)] * 3
    assert answers[0][0] == "200 OK"


@pytest.mark.parametrize("name", SLOW)
def test_what_the_fast_path_does_not_recognise_is_djangos(
    site: Site, article: Article, one: str, many: str, name: str
) -> None:
    for known in (one, many):
        site.get(known)
    before = site.passed_on
    path, environ = SLOW[name](article)

    answers = [site.get(f"/api/v1/{path}", **environ) for _ in range(2)]

    assert site.passed_on == before + 2
    assert answers == [site.django(f"/api/v1/{path}", **environ)] * 2


def test_a_slug_in_another_alphabet_is_fast_too(
    site: Site, publish_article: PublishArticle
) -> None:
    publish_article(slug="جسر")
    path = f"/api/v1/articles/{quote('جسر')}/reactions/"

    answers = [site.get(path) for _ in range(2)]

    assert site.passed_on == 1
    assert answers == [site.django(path)] * 2
    assert answers[0][0] == "200 OK"


@pytest.mark.parametrize("held", ["{}", "W/{}", '"other", {}', "*"])
@pytest.mark.parametrize("which", ["one", "many"])
def test_a_304_is_djangos(site: Site, one: str, many: str, which: str, held: str) -> None:
    path = {"one": one, "many": many}[which]
    etag = dict(site.get(path)[1])["ETag"]
    environ = {"HTTP_IF_NONE_MATCH": held.format(etag)}

    answers = [site.get(path, **environ) for _ in range(3)]

    assert site.passed_on == 2  # a 200, and a 304 to learn its headers
    assert answers == [site.django(path, **environ)] * 3
    assert answers[0][0] == "304 Not Modified"


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "DELETE", "PUT"])
def test_other_methods_are_djangos(site: Site, one: str, method: str) -> None:
    site.get(one)

    assert site.get(one, method) == site.django(one, method)
    assert site.passed_on == 2


def test_counts_that_expired_are_read_by_the_fast_path(
    site: Site, article: Article, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts._answers, "_fresh_seconds", 0)
    site.get(one)
    react(article)

    answer = site.get(one)

    assert site.passed_on == 1
    assert answer == site.django(one)
    assert b'"like":1' in answer[2]


def test_a_list_changes_when_one_of_its_articles_is_counted(
    site: Site, article: Article, many: str
) -> None:
    for _ in range(2):
        site.get(many)
    react(article)

    assert site.get(many) == site.django(many)
    assert b'"like":1' in site.get(many)[2]
    assert site.passed_on == 1


@pytest.mark.parametrize("state", [PolicyState.CLOSED, PolicyState.HIDDEN])
def test_a_policy_shows_at_once(
    site: Site, article: Article, one: str, many: str, state: PolicyState
) -> None:
    for path in (one, many):
        site.get(path)
    set_policy(article_id=article.id, state=state)
    write_stale_counts()

    assert site.get(one) == site.django(one)
    assert site.get(many) == site.django(many)


def test_a_killed_article_is_gone_at_once(
    site: Site,
    article: Article,
    one: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    site.get(one)
    with django_capture_on_commit_callbacks(execute=True):
        workflow.kill(article_id=article.id)

    assert site.get(one)[0] == "404 Not Found"


def test_counts_are_the_same_while_redis_is_unreachable(
    site: Site, article: Article, one: str, many: str
) -> None:
    react(article)
    for path in (one, many):
        site.get(path)
    counts.clear_counts()
    limits.redis_breaker.trip()

    answers = [site.get(path) for path in (one, many)]

    assert answers == [site.django(path) for path in (one, many)]
    assert b'"like":1' in answers[0][2]


@pytest.mark.parametrize("name", ["one", "slug", "many"])
def test_unknown_counts_are_null_with_and_without_the_fast_path(
    site: Site, article: Article, name: str
) -> None:
    path, _ = FAST[name](article)
    site.get(f"/api/v1/{path}")
    counts.clear_counts()
    limits.redis_breaker.trip()
    limits.database_breaker.trip()

    answer = site.get(f"/api/v1/{path}")

    assert answer == site.django(f"/api/v1/{path}")
    assert b'"total":null' in answer[2]


def test_headers_are_those_of_the_last_second(
    site: Site, one: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_path, "_LEARNED_SECONDS", 0)
    site.get(one)
    settings.X_FRAME_OPTIONS = "SAMEORIGIN"

    assert ("X-Frame-Options", "SAMEORIGIN") in site.get(one)[1]
    assert site.passed_on == 2


def test_when_headers_have_to_be_learned_again_one_request_does_it(
    site: Site, one: str, settings: Settings
) -> None:
    site.get(one)
    for learned in site._fast_path._learned.values():
        learned.learn_at = 0
    django, inside = site._django, []

    def ask_again(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        inside.append(site.get(one)[0])
        return django(environ, start_response)

    site._django = ask_again  # type: ignore[assignment]
    site.get(one)

    assert inside == ["200 OK"]  # while Django answers, another one is answered from what is known
    assert site.passed_on == 2
    assert site.get(one)[0] == "200 OK"
    assert site.passed_on == 2


@pytest.mark.parametrize("header", ["Vary", "Set-Cookie"])
def test_an_answer_that_depends_on_more_is_not_repeated(
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

    assert site.passed_on == 2


@pytest.mark.parametrize("is_put", [False, True])
def test_where_the_fast_path_itself_fails_django_answers(
    site: Site,
    article: Article,
    reader: dict[str, str],
    is_put: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/"
    sent = (f"{path}mine/", "PUT", LOVE) if is_put else (path,)
    site.get(*sent, **reader)

    def fail(*_: object) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr(fast_path, "_set", fail)
    monkeypatch.setattr(FastPath, "_get", fail)
    status, headers, _ = site.get(*sent, **reader)

    assert status == "200 OK"
    assert is_put or dict(headers)["Access-Control-Allow-Origin"] == "*"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert site.passed_on == 2


# --- PUT


def test_a_put_is_djangos(site: Site, article: Article, reader: dict[str, str]) -> None:
    path = f"/api/v1/articles/{article.slug}/reactions/mine/"
    site.put(path, LOVE, **reader)
    before = site.passed_on

    fast = site.put(path, SAD, **reader)
    site.django(path, "PUT", LOVE, **reader)
    slow = site.django(path, "PUT", SAD, **reader)

    assert site.passed_on == before
    assert fast == slow
    assert b'"previous":["love"],"changed":true' in fast[2]
    assert Reaction.objects.count() == 1


def test_a_put_of_a_reader_with_a_cookie_is_fast(site: Site, article: Article) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    cookie = {"HTTP_COOKIE": f"reader={new_reader().token}", "HTTP_ORIGIN": "http://testserver"}

    answers = [site.put(path, LOVE, **cookie) for _ in range(3)]

    assert site.passed_on == 1
    assert [status for status, _, _ in answers] == ["200 OK"] * 3
    assert answers[1] == answers[2] == site.django(path, "PUT", LOVE, **cookie)


# Body, environment, status. A lone surrogate, a repeated key and a byte order mark are each refused by the parser.
REFUSED: dict[str, tuple[bytes, dict[str, str], str]] = {
    "not an object": (b"[]", {}, "400"),
    "not json": (b'{"reactions":["love"]', {}, "400"),
    "no body": (b"", {}, "400"),
    "another field": (b'{"reactions":["love"],"x":1}', {}, "400"),
    "an unknown kind": (b'{"reactions":["grin"]}', {}, "400"),
    "a kind that is no text": (b'{"reactions":[1]}', {}, "400"),
    "a kind twice": (b'{"reactions":["love","love"]}', {}, "400"),
    "too many": (b'{"reactions":["love","sad"]}', {}, "400"),
    "a key twice": (b'{"reactions":["love"],"reactions":["sad"]}', {}, "400"),
    "a byte order mark": (b"\xef\xbb\xbf" + LOVE, {}, "400"),
    "utf-16": (LOVE.decode().encode("utf-16"), {}, "400"),
    "utf-16 without a mark": (LOVE.decode().encode("utf-16-le"), {}, "400"),
    "latin-1": (b'{"reactions":["\xe9"]}', {}, "400"),
    "a surrogate as a key": (b'{"\\ud800":[]}', {}, "400"),
    "a surrogate as a kind": (b'{"reactions":["\\ud800"]}', {}, "400"),
    "nan": (b'{"reactions":[NaN]}', {}, "400"),
    "too deep": (b"[" * 30_000, {}, "400"),
    "too large": (b'{"reactions":["love"],"x":"' + b"x" * 65_536 + b'"}', {}, "413"),
    "a form": (LOVE, {"CONTENT_TYPE": "application/x-www-form-urlencoded"}, "415"),
    "no type": (LOVE, {"CONTENT_TYPE": ""}, "415"),
    "compressed": (gzip.compress(LOVE), {"HTTP_CONTENT_ENCODING": "gzip"}, "415"),
    "said to be compressed": (LOVE, {"HTTP_CONTENT_ENCODING": "br"}, "415"),
    "a bad token": (LOVE, {"HTTP_AUTHORIZATION": "Reader x"}, "401"),
    "a foreign host": (LOVE, {"HTTP_HOST": "evil.example"}, "400"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_put_that_is_refused_is_refused_by_django(
    site: Site, article: Article, reader: dict[str, str], name: str
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    site.put(path, b'{"reactions":[]}', **reader)
    body, environ, status = REFUSED[name]

    answer = site.put(path, body, **{**reader, **environ})

    assert site.passed_on == 2
    assert answer == site.django(path, "PUT", body, **{**reader, **environ})
    assert answer[0].startswith(status)
    assert not Reaction.objects.exists()


@pytest.mark.parametrize("state", [PolicyState.CLOSED, PolicyState.HIDDEN])
def test_a_put_that_the_policy_refuses_is_refused_by_django(
    site: Site, article: Article, reader: dict[str, str], state: PolicyState
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    site.put(path, LOVE, **reader)
    set_policy(article_id=article.id, state=state)

    answer = site.put(path, SAD, **reader)

    assert answer == site.django(path, "PUT", SAD, **reader)
    assert answer[0] in {"409 Conflict", "404 Not Found"}


def test_a_put_while_postgresql_is_unreachable_is_tried_once(
    site: Site, article: Article, reader: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tried = f"/api/v1/articles/{article.id}/reactions/mine/", []
    site.put(path, LOVE, **reader)

    def fail(*_: object, **__: object) -> NoReturn:
        tried.append(1)
        raise OperationalError

    monkeypatch.setattr(record, "row", fail)
    status, headers, body = site.put(path, SAD, **reader)

    assert len(tried) == 1
    again = site.django(path, "PUT", SAD, **reader)
    assert (status, body) == (again[0], again[2])
    names = [[name for name, _ in each] for each in (headers, again[1])]
    assert names[0] == names[1]
    assert status == "503 Service Unavailable"


def test_a_put_without_a_reader_is_refused_by_django_and_records_nothing(
    site: Site, article: Article, reader: dict[str, str]
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    site.put(path, b'{"reactions":[]}', **reader)

    answers = [site.put(path, LOVE) for _ in range(2)]

    assert site.passed_on == 3
    assert answers == [site.django(path, "PUT", LOVE)] * 2
    assert answers[0][0] == "401 Unauthorized"
    assert "Set-Cookie" not in dict(answers[0][1])
    assert not Reaction.objects.exists()


def test_a_put_with_a_cookie_and_other_credentials_is_refused(site: Site, article: Article) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    cookie = {"HTTP_COOKIE": f"reader={new_reader().token}", "HTTP_ORIGIN": "http://testserver"}
    site.put(path, b'{"reactions":[]}', **cookie)

    answers = [
        site.put(path, LOVE, **cookie, HTTP_AUTHORIZATION=f"{s} x") for s in ("Bearer", "Basic")
    ]

    assert [status for status, _, _ in answers] == ["401 Unauthorized"] * 2
    assert not Reaction.objects.exists()


def test_a_cookie_from_before_https_is_replaced_by_django_once(
    site: Site, article: Article, settings: Settings
) -> None:
    settings.READER_COOKIE, settings.READER_COOKIES = "__Host-reader", ["__Host-reader", "reader"]
    path, token = f"/api/v1/articles/{article.id}/reactions/mine/", new_reader().token

    old = site.put(path, LOVE, HTTP_COOKIE=f"reader={token}")
    renamed = [site.put(path, SAD, HTTP_COOKIE=f"__Host-reader={token}") for _ in range(2)]

    cookies = [value for name, value in old[1] if name == "Set-Cookie"]
    assert [cookie.strip().partition("=")[0] for cookie in cookies] == ["__Host-reader", "reader"]
    assert site.passed_on == 2
    assert [json.loads(each[2])["previous"] for each in renamed] == [["love"], ["sad"]]
    assert all("Set-Cookie" not in dict(headers) for _, headers, _ in renamed)
    assert Reaction.objects.count() == 1


def test_a_poll_with_the_etag_of_a_compressing_proxy_is_a_fast_304(site: Site, one: str) -> None:
    etag = dict(site.get(one)[1])["ETag"]

    poll = site.get(one, HTTP_IF_NONE_MATCH=f'W/{etag[:-1]}-gzip"')

    assert poll == site.django(one, HTTP_IF_NONE_MATCH=etag)
    assert poll[0] == "304 Not Modified"


def test_polls_that_all_end_in_304_are_fast(site: Site, one: str) -> None:
    """The widget polls with the ETag that it has; no 200 comes for a long time."""
    etag = dict(site.django(one)[1])["ETag"]

    polls = [site.get(one, HTTP_IF_NONE_MATCH=etag) for _ in range(3)]

    assert [status for status, *_ in polls] == ["304 Not Modified"] * 3
    assert site.passed_on == 1


def test_a_put_whose_headers_expire_meanwhile_runs_once(
    site: Site, article: Article, reader: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    site.put(path, LOVE, **reader)
    record_reactions = fast_path._set

    def slow(*args: Any) -> Any:
        change = record_reactions(*args)
        site.expire()
        return change

    monkeypatch.setattr(fast_path, "_set", slow)
    status, _, content = site.put(path, SAD, **reader)

    assert status == "200 OK"
    assert json.loads(content)["previous"] == ["love"]
    assert site.passed_on == 1
