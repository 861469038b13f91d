"""The fast path: answers the two most frequent requests in front of Django, public counts and a valid PUT.

On a front page most of the cost of an answer is the framework's: its middleware, URL resolving, request and response.
The fast path makes the same answer from the same functions as the views, with the headers that Django's whole
middleware sent with such an answer within the last second. Whatever it does not recognise it passes to Django, and so
every refusal. Without it every answer is the same, and slower; tests/reactions/http/test_fast_path.py compares them.
"""

import json
import logging
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import Error, OperationalError, close_old_connections
from django.http import QueryDict, parse_cookie
from django.urls import resolve, reverse
from prometheus_client import Counter
from rest_framework.exceptions import ValidationError

from articles.conditional_get import has_etag
from articles.json_body import MEDIA_TYPE, SMALL_BYTES, is_coded, parse_json
from articles.sites.rules import is_url
from reactions.cache.slugs import find_article, find_articles, known_article
from reactions.counters import request_counter, route_of
from reactions.counts import Answer, fresh_answers, list_answers
from reactions.group_commit import group_commit
from reactions.http.answers import joined
from reactions.http.cors import ALLOW_ORIGIN, has_api_key
from reactions.http.requests import MOST_ARTICLES, read_kinds, split_articles
from reactions.moderation.signals import read_signals
from reactions.readers import InvalidToken, find_reader, has_reader_header
from reactions.record import Change, ReactionRefused, Write

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
# Body, and ETag or an empty text.
_Content = tuple[bytes, str]

# Where a view finds that the database was unreachable: it need not wait for it a second time to say so.
DATABASE_ERROR = "reactions.database_error"

# How long the headers of an answer of Django's are taken for those of its next one. Then one request learns them again,
# and for as long again the others use those that are known.
_LEARNED_SECONDS = 1.0
# Learned answers; where clients send so many hosts or origins, all are dropped and learned again.
_MOST_LEARNED = 256
# As long as an address of a site may lead to another article than before, after a move.
_URLS_FRESH_SECONDS = 1.0
# Lists of articles that are asked for again and again, as a front page's is. A hundred kilobytes each at most.
_MOST_LISTS = 64
# What the headers of an answer may depend on, and those of a PUT on Origin. An answer that depends on more says so by
# Vary, and is not learned.
_DEPENDS_ON = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
)
_CONTENT_TYPES = {MEDIA_TYPE, f"{MEDIA_TYPE}; charset=utf-8", f"{MEDIA_TYPE};charset=utf-8"}
_OK, _NOT_MODIFIED, _FORBIDDEN = "200 OK", "304 Not Modified", "403 Forbidden"
# As DRF's renderer writes it; made once, since making it costs half of writing an answer.
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True)
class _List:
    """The articles of one query, and their joined answer for as long as their answers are the same."""

    article_ids: Sequence[UUID]
    answers: Sequence[Answer] = ()
    body: bytes = b""
    etag: str = ""
    expire_at: float = math.inf  # monotonic


@dataclass(slots=True)
class _Learned:
    """The headers of an answer of Django's. Times are monotonic seconds."""

    headers: Headers
    learn_at: float
    expire_at: float
    # To a page of another origin, whose reader is known by a header alone.
    is_cross_origin: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """As much of Django's request as readers and signals are read from."""

    META: WSGIEnvironment

    @property
    def COOKIES(self) -> Mapping[str, str]:  # noqa: N802  # Django's name
        return parse_cookie(self.META.get("HTTP_COOKIE", ""))


class FastPath:
    """A WSGI application around Django's."""

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django
        self._many = reverse("many-reactions")
        self._head, tail = reverse("reactions", args=["*"]).split("*")
        self._tails = {"GET": tail, "HEAD": tail, "PUT": reverse("mine", args=["*"]).split("*")[1]}
        self._counters = dict(_counters())
        self._learned: dict[tuple[object, ...], _Learned] = {}
        self._lists: dict[str, _List] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address = self._address(environ)
        if address is None:
            return self._django(environ, start_response)
        is_put = environ["REQUEST_METHOD"] == "PUT"
        # Public answers are the same for every origin.
        if is_put:
            caller = environ.get("HTTP_ORIGIN")
        else:
            caller = "HTTP_AUTHORIZATION" in environ and has_api_key(environ)
        call = (is_put, address == "", caller, *(environ.get(name) for name in _DEPENDS_ON))
        # Before the answer: it takes time, in which they expire, and no PUT may run twice.
        ok, not_modified = self._headers(_OK, call), self._headers(_NOT_MODIFIED, call)
        if ok is None and (is_put or not_modified is None):
            return self._django(environ, self._learn(call, start_response))
        try:
            answer = self._answer(environ, address, ok if is_put else None)
        except Exception:
            # Django answers in its place, a PUT that has run as well: it changes nothing when it is repeated.
            logger.exception("The fast path has failed for %s.", environ["PATH_INFO"])
            answer = None
        if answer is None:
            return self._django(environ, start_response)
        body, etag = answer
        is_known = etag != "" and has_etag(environ.get("HTTP_IF_NONE_MATCH"), etag)
        status, learned = (_NOT_MODIFIED, not_modified) if is_known else (_OK, ok)
        if learned is None:
            return self._django(environ, self._learn(call, start_response))
        body = b"" if is_known else body
        self._counters[environ["REQUEST_METHOD"], address == "", is_known].inc()
        own = {"ETag": etag, "Content-Length": str(len(body))}
        start_response(status, [(name, own.get(name, value)) for name, value in learned.headers])
        return [body] if body else []

    def _answer(
        self, environ: WSGIEnvironment, address: str, of_put: _Learned | None
    ) -> _Content | None:
        if of_put:
            return self._put(environ, address, is_cross_origin=of_put.is_cross_origin)
        return self._get(environ, address)

    def _address(self, environ: WSGIEnvironment) -> str | None:
        """The article in the path, empty for the call for many; None where the request is another one."""
        path: str = environ["PATH_INFO"]
        tail = self._tails.get(environ["REQUEST_METHOD"])
        if tail is None:
            return None
        if path.startswith(self._head) and path.endswith(tail) and not environ.get("QUERY_STRING"):
            address = path[len(self._head) : -len(tail)]
            try:
                # WSGI hands on the bytes of a path as Latin-1.
                address = address if address.isascii() else address.encode("latin-1").decode()
            except UnicodeError:
                return None
            return address if address and "/" not in address else None
        return "" if path == self._many and environ["REQUEST_METHOD"] != "PUT" else None

    def _get(self, environ: WSGIEnvironment, address: str) -> _Content | None:
        """Body and ETag of public counts; None where Django has something else to say."""
        return (
            self._get_one(address) if address else self._get_many(environ.get("QUERY_STRING", ""))
        )

    def _get_one(self, address: str) -> _Content | None:
        article_id = known_article(address)
        answers = (fresh_answers([article_id]) if article_id else None) or _read_one(address)
        return (answers[0].body, answers[0].etag) if answers and _are_shown(answers) else None

    def _get_many(self, query: str) -> _Content | None:
        # What follows makes an address new for a cache in the browser, as a service worker of the page may have one.
        query, _, at = query.partition("&at=")
        if "&" in at:
            return None
        listed = self._lists.get(query)
        if listed is None or time.monotonic() > listed.expire_at:
            listed = self._list(query)
        if listed is None:
            return None
        answers = fresh_answers(listed.article_ids) or _read(listed.article_ids)
        if answers is None:
            return None
        if answers != listed.answers:
            if not _are_shown(answers):
                return None
            listed = _List(listed.article_ids, answers, *joined(answers), listed.expire_at)
            self._lists[query] = listed
        listed.answers = answers  # equal, and next time identical, which is compared faster
        return listed.body, listed.etag

    def _list(self, query: str) -> _List | None:
        """The articles of a query; a slug never leads to another article, the address of a site may."""
        parsed = QueryDict(query)
        addresses = split_articles(parsed)
        if parsed.keys() != {"articles"} or len(parsed.getlist("articles")) > 1:
            return None
        if not 0 < len(addresses) <= MOST_ARTICLES:
            return None
        article_ids = [found for found in _find(addresses) if found]
        if len(article_ids) < len(addresses):
            return None
        if len(self._lists) >= _MOST_LISTS:
            self._lists.clear()
        has_urls = any(is_url(each) for each in addresses)
        lasts = _URLS_FRESH_SECONDS if has_urls else math.inf
        return _List(article_ids, expire_at=time.monotonic() + lasts)

    def _put(
        self, environ: WSGIEnvironment, address: str, *, is_cross_origin: bool
    ) -> _Content | None:
        """Body, and no ETag; None where nothing was changed and Django has to say why."""
        request = _Request(environ)
        kinds = _read_body(environ)
        is_by_header = has_reader_header(request)
        if kinds is None or (not is_by_header and (is_cross_origin or has_api_key(environ))):
            return None
        try:
            change = _set(request, address, kinds)
        except (ReactionRefused, InvalidToken):
            return None
        except Error as error:
            environ[DATABASE_ERROR] = error
            return None
        finally:
            close_old_connections()  # as Django does at the end of each request
        if change is None or not (kinds or change.changed):
            return None  # one who takes back nothing may have chosen on an article that is being merged
        return _json.encode(change.as_json()).encode(), ""

    def _headers(self, status: str, call: tuple[object, ...]) -> _Learned | None:
        """What is known of such an answer's headers; None for the request that has to learn them."""
        learned = self._learned.get((status, *call))
        now = time.monotonic()
        if learned is None or now > learned.expire_at:
            return None
        if now > learned.learn_at:
            learned.learn_at = learned.expire_at  # this request learns them, the others need not
            return None
        return learned

    def _learn(self, call: tuple[object, ...], start_response: StartResponse) -> StartResponse:
        """Note the headers with which Django answers this call, and forget them where it refuses the origin."""
        learned_vary = {"", "Origin"} if call[0] else {""}

        def start(status, headers, *exc_info):  # type: ignore[no-untyped-def]  # as PEP 3333 has it
            by_name = {name.lower(): value for name, value in headers}
            depends_on_more = "set-cookie" in by_name or by_name.get("vary", "") not in learned_vary
            if status == _FORBIDDEN:
                self._learned.pop((_OK, *call), None)
            elif status in {_OK, _NOT_MODIFIED} and not depends_on_more:
                if len(self._learned) >= _MOST_LEARNED:
                    self._learned.clear()
                now = time.monotonic()
                self._learned[status, *call] = _Learned(
                    headers,
                    learn_at=now + _LEARNED_SECONDS,
                    expire_at=now + 2 * _LEARNED_SECONDS,
                    is_cross_origin=ALLOW_ORIGIN.lower() in by_name,
                )
            return start_response(status, headers, *exc_info)

        return start


def _counters() -> Iterator[tuple[tuple[str, bool, bool], Counter]]:
    """By method, whether the call is for many, and whether the client has the answer: with Django's pattern for it."""
    paths = {
        False: reverse("reactions", args=["*"]),
        True: reverse("many-reactions"),
    }
    for is_many, path in paths.items():
        route = route_of(resolve(path))
        for method in ("GET", "HEAD"):
            for is_known, status in ((False, 200), (True, 304)):
                counter = request_counter(route, method, status, "fast_path")
                yield (method, is_many, is_known), counter
    route = route_of(resolve(reverse("mine", args=["*"])))
    yield ("PUT", False, False), request_counter(route, "PUT", 200, "fast_path")


def _read_one(address: str) -> list[Answer] | None:
    (article_id,) = _find([address])
    return _read([article_id]) if article_id else None


def _read(article_ids: Sequence[UUID]) -> list[Answer] | None:
    """The answers, asked for where the local cache lacks them; None where an article does not exist."""
    try:
        answers = [answer for answer in list_answers(article_ids) if answer]
    finally:
        close_old_connections()
    return answers if len(answers) == len(article_ids) else None


def _find(addresses: Sequence[str]) -> Sequence[UUID | None]:
    try:
        return find_articles(addresses)
    except OperationalError:
        return [None for _ in addresses]
    finally:
        close_old_connections()


def _are_shown(answers: Sequence[Answer]) -> bool:
    return all(each.is_known and each.is_shown for each in answers)


def _read_body(environ: WSGIEnvironment) -> int | None:
    """The mask that a valid body asks for; None for any other, which is left for Django to read."""
    length = environ.get("CONTENT_LENGTH") or ""
    is_json = environ.get("CONTENT_TYPE", "").lower() in _CONTENT_TYPES
    if not is_json or is_coded(environ):
        return None
    if not length.isdecimal() or not 0 < int(length) <= SMALL_BYTES:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    try:
        return read_kinds(parse_json(body))
    except (ValueError, ValidationError):
        return None


def _set(request: _Request, address: str, kinds: int) -> Change | None:
    """None where there is no reader, or one whose cookie the view has to replace; where there is no article.

    Raises what `find_reader` and `GroupCommit.set` raise.
    """
    reader = find_reader(request)
    if reader is None or reader.has_old_cookie:
        return None
    article_id = find_article(address)
    if article_id is None:
        return None
    signals = read_signals(request, article_id=article_id)
    return group_commit.set(Write(article_id, reader.id, kinds, signals))
