"""The change feed as a call: pages of what changed, answered at once or when something changes."""

import json
import logging
import threading
import time
from collections.abc import Generator, Iterator
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error, connection
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from articles.api.api_keys import KEY_OR_NONE, KeyAuthentication
from articles.api.views import ApiView
from articles.models import ApiKey, Author, Section, Site, Tag
from reactions.changes.cursors import Cursor
from reactions.changes.feed import (
    LISTED,
    ArticleChange,
    ChangesPage,
    CursorExpired,
    OtherFilters,
    latest,
    note_expired_cursor,
    read_page,
    read_state,
    seconds_behind,
)
from reactions.counts import Counts, rfc3339
from reactions.http.requests import invalid
from reactions.http.schemas import per_kind
from reactions.http.widget import SHOWN
from reactions.models import ChangePart

logger = logging.getLogger(__name__)

DEFAULT_LIMIT, MOST_LIMIT = 100, 1_000
LONGEST_WAIT = 30  # seconds
LATEST = "latest"
# Requests of one process that wait, out of its twenty threads; further ones are answered at once.
_MOST_WAITING = 6
_LOOK_SECONDS = 0.5
# A byte so often, by which a client that left is noticed and a proxy sees that the answer is alive.
_BYTE_SECONDS = 2.0
_FILTERS = ("section", "tag", "author", "source", "language", "site")
_MODELS: dict[str, tuple[Any, str]] = {
    "section": (Section, "slug"),
    "tag": (Tag, "slug"),
    "author": (Author, "slug"),
    "site": (Site, "name__iexact"),
}

_places = threading.BoundedSemaphore(_MOST_WAITING)


class Expired(exceptions.APIException):
    """What was asked for after this cursor may be incomplete: never a silent gap."""

    status_code = HTTPStatus.GONE
    default_code = "cursor_expired"

    def __init__(self, refused: CursorExpired) -> None:
        super().__init__(f"This cursor has expired. {refused} Start again without a cursor.")
        self.members = {
            "restart_url": f"{settings.SITE_URL}{reverse('changes')}",
            "oldest_cursor": str(refused.oldest),
        }


class ChangeEntry(serializers.Serializer[None]):
    article = serializers.UUIDField()
    kind = serializers.ChoiceField(
        ["content", "counts", "gone"],
        help_text="The article’s content or state, its counts, or that it is not to be had any more.",
    )
    version = serializers.IntegerField(
        allow_null=True,
        help_text="Of the article for `content` and `gone`, of its counts for `counts`; each rises with every change.",
    )
    counts = per_kind("ChangedCounts", nullable=True, may_be_null=True)
    total = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(help_text="When the change got its place in the feed.")
    url = serializers.URLField(
        allow_null=True, help_text="Of `content`: where the API has the article."
    )
    reason = serializers.ChoiceField(
        ["unpublished", "killed", "merged", "deleted", "filtered"],
        allow_null=True,
        help_text="Of `gone`; `filtered`: it is public, and has not what the filters ask for any more.",
    )
    into = serializers.UUIDField(
        allow_null=True, help_text="The article that it was merged into, which has its reactions."
    )


class ChangeList(serializers.Serializer[None]):
    results = ChangeEntry(many=True)
    next = serializers.CharField(
        help_text="The cursor of the next call, also where nothing changed."
    )
    more = serializers.BooleanField(
        help_text="Whether the next call has something by now, or later."
    )
    behind_seconds = serializers.FloatField(
        help_text="How far the feed is behind: the age of the oldest change that has no place in it yet."
    )


_EXAMPLE = OpenApiExample(
    "New counts, and an article that was killed",
    value={
        "results": [
            {
                "article": "01935f5e-7a1c-7c3e-9d55-0b6f3a4e2c11",
                "kind": "counts",
                "version": 41,
                "counts": {
                    "like": 12,
                    "dislike": 1,
                    "love": 7,
                    "funny": 0,
                    "angry": 2,
                    "sad": 0,
                    "wow": 3,
                },
                "total": 25,
                "at": "2026-11-03T22:15:04.120Z",
                "url": None,
                "reason": None,
                "into": None,
            },
            {
                "article": "01935f5e-1111-7c3e-9d55-0b6f3a4e2c12",
                "kind": "gone",
                "version": 5,
                "counts": None,
                "total": None,
                "at": "2026-11-03T22:15:05.002Z",
                "url": None,
                "reason": "killed",
                "into": None,
            },
        ],
        "next": "YTFiMmMzZDRlNWY2LjEwNDIuOWYzYTExMDQ",
        "more": False,
        "behind_seconds": 0.0,
    },
    response_only=True,
)


class Changes(ApiView):
    authentication_classes = [KeyAuthentication]
    query_parameters = {"get": {"cursor", "limit", "wait", *_FILTERS}}

    @extend_schema(
        operation_id="changes_list",
        tags=["changes"],
        auth=KEY_OR_NONE,
        parameters=[
            OpenApiParameter(
                "cursor",
                str,
                description="`next` of the last answer. Without it: all that is public. `latest`: nothing but the cursor"
                " of now, for a program that reads all in another way first.",
            ),
            OpenApiParameter(
                "limit", int, description=f"1 to {MOST_LIMIT}; {DEFAULT_LIMIT} without it."
            ),
            OpenApiParameter(
                "wait",
                int,
                description=f"Up to {LONGEST_WAIT} seconds: where nothing changed, the answer comes when something does,"
                " or then with the same cursor; earlier where many wait.",
            ),
            OpenApiParameter("section", str, description="A section’s slug."),
            OpenApiParameter("tag", str, description="A tag’s slug."),
            OpenApiParameter("author", str, description="An author’s slug."),
            OpenApiParameter("source", str, description="A source, or a dateline’s agency."),
            OpenApiParameter("language", str, description="`en` finds `en-GB` too."),
            OpenApiParameter("site", str, description="The name of a site that embeds the widget."),
        ],
        responses=ChangeList,
        examples=[_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """What changed since the cursor, the latest state of each article: its content, its counts, or that it is gone.

        Read until `more` is false and keep `next`, never a time. 410 where the cursor has expired, after 30 days without
        a call, or where the server was restored from a backup: start again without a cursor, and remove what is not in
        the new answer.
        """
        query = request.query_params
        facets = _read_facets(query)
        limit = _read_number(query, "limit", DEFAULT_LIMIT, least=1, most=MOST_LIMIT)
        wait = _read_number(query, "wait", 0, least=0, most=LONGEST_WAIT)
        state = read_state()
        given = query.get("cursor")
        if given == LATEST:
            return _answer(ChangesPage([], latest(state, facets), more=False))
        try:
            cursor = Cursor.parse(given) if given is not None else None
            page = read_page(cursor, state, facets, most=limit)
        except ValueError:
            raise invalid("cursor", "invalid", "Is not a cursor of this feed.") from None
        except OtherFilters:
            raise invalid("cursor", "other_filters", "Is of a feed with other filters.") from None
        except CursorExpired as refused:
            _note_expired(request, refused)
            raise Expired(refused) from None
        is_due = page.changes or page.more or not wait or cursor is None
        if is_due or request.method != "GET" or not _places.acquire(blocking=False):
            return _answer(page)
        answer = _Waiting(page, frozenset(facets), limit=limit, seconds=wait)
        response = StreamingHttpResponse(answer, content_type="application/json")
        response["Cache-Control"] = "no-store"
        return response


class _Waiting:
    """The body of an answer that waits for a change: white space, then the page.

    A closed connection ends it at the next byte. While it waits it holds a thread, and no connection to PostgreSQL.
    """

    def __init__(
        self, page: ChangesPage, facets: frozenset[str], *, limit: int, seconds: float
    ) -> None:
        self._page, self._facets, self._limit = page, facets, limit
        self._ends_at = time.monotonic() + seconds
        self._pieces = self._wait()
        self._holds_place = True

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._pieces.close()
        if self._holds_place:
            self._holds_place = False
            _places.release()

    def _wait(self) -> Generator[bytes]:
        next_byte = time.monotonic() + _BYTE_SECONDS
        while not (self._page.changes or self._page.more) and time.monotonic() < self._ends_at:
            time.sleep(min(_LOOK_SECONDS, max(0.0, self._ends_at - time.monotonic())))
            if not self._look():
                break
            if time.monotonic() >= next_byte:
                next_byte += _BYTE_SECONDS
                yield b" "
        yield _body(self._page)

    def _look(self) -> bool:
        """Read on; False where that cannot be done now. The client has its cursor, and asks again."""
        try:
            self._page = read_page(self._page.next, read_state(), self._facets, most=self._limit)
        except (Error, CursorExpired):
            return False
        finally:
            connection.close()
        return True


def _answer(page: ChangesPage) -> HttpResponse:
    response = HttpResponse(_body(page), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def _body(page: ChangesPage) -> bytes:
    try:
        behind = round(seconds_behind(), 3)
    except Error:
        behind = 0.0
    body = {
        "results": [_entry(each) for each in page.changes],
        "next": str(page.next),
        "more": page.more,
        "behind_seconds": behind,
    }
    return json.dumps(
        body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")
    ).encode()


def _entry(change: ArticleChange) -> dict[str, Any]:
    kind = "counts" if change.part is ChangePart.COUNTS else "gone" if change.gone else "content"
    shown: Counts | None = change.counts
    if shown is not None and shown.state not in SHOWN:
        shown = None  # hidden from readers, and so from here
    has_page = kind == "content"
    path = reverse("article-detail", args=[change.article_id]) if has_page else ""
    return {
        "article": change.article_id,
        "kind": kind,
        "version": change.version,
        "counts": dict(shown.counts) if shown and shown.counts else None,
        "total": shown.total if shown else None,
        "at": rfc3339(change.at),
        "url": f"{settings.SITE_URL}{path}" if has_page else None,
        "reason": change.gone or None,
        "into": change.into_id,
    }


def _read_facets(query: QueryDict) -> set[str]:
    """What the articles of the feed have. Raises ValidationError for what does not exist."""
    facets = set()
    for name in _FILTERS:
        given = query.get(name)
        if given is None:
            continue
        if not given or "\0" in given:
            raise invalid(name, "unknown", f"There is no such {name}.")
        if name not in _MODELS:
            facets.add(f"{name}:{given.lower()}")
            continue
        model, column = _MODELS[name]
        found = model.objects.filter(**{column: given}).values_list("pk", flat=True).first()
        if found is None:
            raise invalid(name, "unknown", f"There is no such {name}.")
        facets.add(f"{name}:{found}")
    return facets if "site" in query else facets | {LISTED}


def _read_number(query: QueryDict, name: str, default: int, *, least: int, most: int) -> int:
    given = query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise invalid(name, "invalid", "Is not a number.")
    if not least <= int(given) <= most:
        raise invalid(name, "out_of_range", f"From {least} to {most}.")
    return int(given)


def _note_expired(request: Request, refused: CursorExpired) -> None:
    key = f"{request.auth.prefix}…" if isinstance(request.auth, ApiKey) else "no key"
    logger.warning("A cursor of the change feed has expired (%s): %s", key, refused)
    note_expired_cursor()
