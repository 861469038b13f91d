"""The HTTP API of reactions: what a reader sets, and what anyone may count."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.api.api_keys import KeyAuthentication, scope
from reactions.cache.slugs import find_article, find_articles
from reactions.http import schemas
from reactions.http.counts_api import (
    MOST_ARTICLES,
    answer_many,
    answer_one,
    asked_articles,
    no_such_article,
)
from reactions.http.mine_api import DATABASE_AWAY, PRIVATE
from reactions.kinds import BY_KEY, pack, unpack
from reactions.moderation.signals import PAGE_TOKEN_HEADER, signs_of
from reactions.readers import (
    InvalidToken,
    Reader,
    find_reader,
    forget,
    new_reader,
    page_token,
    remember,
)
from reactions.record import Refused, erase_reader, export_reader, list_mine, set_reactions
from reactions.stats.article import INTERVALS, article_statistics


class InvalidReader(exceptions.APIException):
    status_code = 401
    default_detail = "This reader token was not made here, was altered, or has expired."
    default_code = "invalid_token"
    headers = {"WWW-Authenticate": 'Reader realm="reactions"'}


class Conflict(exceptions.APIException):
    status_code = 409


class MayReadStatistics(BasePermission):
    """A key with `stats:read`, or an editor who is signed in and may see reactions."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, User) and request.user.is_staff:
            return request.user.has_perm("reactions.view_reactedarticle")
        return bool(scope("stats:read")().has_permission(request, view))


class ReaderView(APIView):
    """A view that knows its reader. A bad token is a 401, and a bad cookie is taken back with it."""

    def reader(self, request: Request) -> Reader | None:
        try:
            return find_reader(request)
        except InvalidToken:
            raise InvalidReader from None

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, InvalidReader) and settings.READER_COOKIE in self.request.COOKIES:
            forget(response)
        return response


class ArticleReactions(APIView):
    @extend_schema(
        operation_id="reactions_retrieve", tags=["reactions"], auth=[], responses=schemas.Counts
    )
    def get(self, request: Request, article: str) -> HttpResponse:
        """The counts of one article. Sets no cookie. A count that is not known is null, never 0."""
        response = answer_one(request, article)
        if response is None:
            raise exceptions.NotFound("There is no such article, or its reactions are not shown.")
        return response


class ManyReactions(APIView):
    @extend_schema(
        operation_id="reactions_list",
        tags=["reactions"],
        auth=[],
        parameters=[schemas.ARTICLES],
        responses=schemas.ManyCounts,
    )
    def get(self, request: Request) -> HttpResponse:
        """The counts of up to 200 articles, in the order asked. An unknown one is an entry with `error`."""
        return answer_many(request, _addresses(request))


class MyReactions(ReaderView):
    @extend_schema(
        operation_id="mine_retrieve", tags=["reader"], auth=schemas.READER, responses=schemas.Mine
    )
    def get(self, request: Request, article: str) -> Response:
        """What this reader chose. Somebody without a token chose nothing, and gets no cookie."""
        article_id = _article_id(article)
        reader = self.reader(request)
        kinds = list_mine(article_ids=[article_id], reader_id=reader.id) if reader else {}
        response = _private(_mine(article_id, kinds))
        response[PAGE_TOKEN_HEADER] = page_token(article_id)
        return response

    @extend_schema(
        operation_id="mine_set",
        tags=["reader"],
        auth=schemas.READER,
        request=schemas.Wish,
        responses=schemas.Change,
    )
    def put(self, request: Request, article: str) -> Response:
        """Sets the reader's reactions to exactly these; safe to repeat. The first one sets the cookie.

        What the reader has may stay where the story no longer takes it; it cannot be set anew.
        The counts in the answer include the caller's own change. 409 where reactions are closed or not
        taken here, 404 where hidden or unpublished, 400 for an unknown reaction or too many.
        """
        if error := request.META.get(DATABASE_AWAY):
            raise error
        kinds = _wish(request.data)
        return self._set(request, _article_id(article), kinds)

    @extend_schema(
        operation_id="mine_clear",
        tags=["reader"],
        auth=schemas.READER,
        request=None,
        responses={200: schemas.Change},
    )
    def delete(self, request: Request, article: str) -> Response:
        """Clears the reader's reactions; safe to repeat, with or without a token."""
        return self._set(request, _article_id(article), 0)

    def _set(self, request: Request, article_id: UUID, kinds: int) -> Response:
        reader = self.reader(request) or new_reader()
        try:
            change = set_reactions(
                article_id=article_id,
                reader_id=reader.id,
                kinds=kinds,
                signs=signs_of(request, reader=reader, article_id=article_id),
            )
        except Refused as refused:
            raise _refusal(refused) from None
        response = _private(change.as_json())
        if change.changed:
            remember(response, reader)
        return response


class ManyMine(ReaderView):
    @extend_schema(
        operation_id="mine_list",
        tags=["reader"],
        auth=schemas.READER,
        parameters=[schemas.ARTICLES],
        responses=schemas.ManyMine,
    )
    def get(self, request: Request) -> Response:
        """What this reader chose for up to 200 articles, in the order asked."""
        addresses = _addresses(request)
        ids = find_articles(addresses)
        reader = self.reader(request)
        known = [each for each in ids if each]
        kinds = list_mine(article_ids=known, reader_id=reader.id) if reader else {}
        results = [
            _mine(each, kinds) if each else no_such_article(address)
            for address, each in zip(addresses, ids, strict=True)
        ]
        return _private({"results": results})


class Readers(APIView):
    @extend_schema(
        operation_id="readers_create",
        tags=["reader"],
        auth=[],
        request=None,
        responses={201: schemas.Token},
    )
    def post(self, request: Request) -> Response:
        """A token for a program that has no cookie: `Authorization: Reader <token>`. Nothing is stored."""
        return _private({"token": new_reader().token}, status=201)


class Me(ReaderView):
    @extend_schema(
        operation_id="readers_erase",
        tags=["reader"],
        auth=schemas.READER,
        request=None,
        responses={200: schemas.Erased},
    )
    def delete(self, request: Request) -> Response:
        """Erases every trace of this reader at once, and the cookie; the counts follow within a second."""
        reader = self.reader(request)
        response = _private({"erased": erase_reader(reader_id=reader.id) if reader else 0})
        if settings.READER_COOKIE in request.COOKIES:
            forget(response)
        return response


class MyExport(ReaderView):
    @extend_schema(
        operation_id="readers_export",
        tags=["reader"],
        auth=schemas.READER,
        responses=schemas.Export,
    )
    def get(self, request: Request) -> Response:
        """Everything that is kept about this reader."""
        reader = self.reader(request)
        kept = export_reader(reader_id=reader.id) if reader else []
        return _private({"reactions": [each.as_json() for each in kept]})


class ArticleStatistics(APIView):
    authentication_classes = [KeyAuthentication, SessionAuthentication]
    permission_classes = [MayReadStatistics]

    @extend_schema(
        operation_id="stats_article",
        tags=["statistics"],
        auth=schemas.KEY_OR_SESSION,
        parameters=[
            OpenApiParameter("interval", str, enum=INTERVALS, default="hour"),
            OpenApiParameter("tz", str, description="An IANA time zone.", default="UTC"),
        ],
        responses=schemas.Statistics,
    )
    def get(self, request: Request, article: str) -> Response:
        """An article's mix now, and what was added and removed in each interval of a time zone.

        Intervals in which nothing changed are left out; all of them add up to `current`. What another system
        counted before is `imported`: readers are shown the two added up.
        """
        statistics = article_statistics(
            article_id=_article_id(article),
            interval=interval_of(request),
            timezone=timezone_of(request),
        )
        if statistics is None:
            raise exceptions.NotFound("There is no such article.")
        return _private(statistics.as_json())


def interval_of(request: Request | HttpRequest) -> str:
    interval = request.GET.get("interval", "hour")
    if interval not in INTERVALS:
        raise _invalid("interval", "unknown", f"The interval is one of {', '.join(INTERVALS)}.")
    return interval


def timezone_of(request: Request | HttpRequest) -> ZoneInfo:
    name = request.GET.get("tz", settings.TIME_ZONE)
    if name not in available_timezones():
        raise _invalid("tz", "unknown", "This is no IANA time zone, such as Europe/Berlin.")
    return ZoneInfo(name)


def _article_id(address: str) -> UUID:
    article_id = find_article(address)
    if article_id is None:
        raise exceptions.NotFound("There is no such article.")
    return article_id


def _addresses(request: Request) -> list[str]:
    addresses = asked_articles(request.GET)
    if not addresses:
        raise _invalid("articles", "required", "Name the articles, separated by commas.")
    if len(addresses) > MOST_ARTICLES:
        raise _invalid("articles", "too_many", f"At most {MOST_ARTICLES} articles at a time.")
    return addresses


def _wish(body: Any) -> int:
    """The set that a PUT asks for. Raises ValidationError; how many are too many, the statement decides."""
    if not isinstance(body, dict):
        raise _invalid("", "not_an_object", 'The body is an object: {"reactions": ["love"]}.')
    if strangers := sorted(set(body) - {"reactions"}):
        raise _invalid(strangers[0], "unknown", "There is no such field.")
    reactions = body.get("reactions")
    if not isinstance(reactions, list):
        raise _invalid("reactions", "not_a_list", "A list of reactions is needed; it may be empty.")
    for position, key in enumerate(reactions):
        if not isinstance(key, str) or key not in BY_KEY:
            raise _invalid(f"reactions.{position}", "unknown", f"One of {', '.join(BY_KEY)}.")
    if len(set(reactions)) < len(reactions):
        raise _invalid(
            "reactions", "duplicate", "A reaction is there or not; it is not there twice."
        )
    return pack(reactions)


def _refusal(refused: Refused) -> exceptions.APIException:
    most = settings.REACTIONS_PER_READER
    match refused.reason:
        case "closed":
            return Conflict("Reactions to this article are closed.", "closed")
        case "not_allowed":
            return Conflict("This article does not take that reaction.", "not_allowed")
        case "too_many":
            return _invalid("reactions", "too_many", f"A reader may have {most} on one article.")
        case _:
            return exceptions.NotFound("There is no such article, or it takes no reactions.")


def _invalid(field: str, code: str, detail: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({field: [exceptions.ErrorDetail(detail, code)]})


def _mine(article_id: UUID, kinds: dict[UUID, int]) -> dict[str, Any]:
    return {"article": str(article_id), "reactions": unpack(kinds.get(article_id, 0))}


def _private(body: dict[str, Any], status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": PRIVATE})
