"""The JSON API of reactions: public counts, and a reader's own reactions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request, is_form_media_type
from rest_framework.response import Response

from articles.api.views import READER_SCHEME, ApiView, WrongScheme, scheme_of
from articles.models import Site
from articles.sites.rules import NULL_ORIGIN
from reactions.cache.slugs import find_articles
from reactions.host_readers.jwks import KeysUnreachable
from reactions.host_readers.tokens import JwtRefused, read_jwt
from reactions.http import schemas
from reactions.http.answers import PRIVATE, answer_many, answer_one, unknown_article
from reactions.http.cors import site_of_origin
from reactions.http.csrf import is_same_origin
from reactions.http.fast_path import DATABASE_ERROR
from reactions.http.following import current_mine, set_on_current
from reactions.http.requests import (
    article_id_at,
    invalid,
    no_article,
    read_articles,
    read_kinds,
    read_sign_in,
)
from reactions.kinds import unpack
from reactions.moderation.rate_limits import NEW_READERS, take
from reactions.moderation.signals import PAGE_TOKEN_HEADER
from reactions.move import adopt_reactions
from reactions.readers import (
    InvalidToken,
    Reader,
    delete_reader_cookies,
    find_guest,
    find_reader,
    has_reader_header,
    new_reader,
    page_token,
    rename_old_cookie,
    set_reader_cookie,
)
from reactions.record import (
    ReactionRefused,
    erase_reader,
    export_reader,
)


class InvalidReader(exceptions.APIException):
    status_code = 401
    default_detail = "This reader token was not issued here, was altered, or has expired."
    default_code = "invalid_token"
    headers = {"WWW-Authenticate": 'Reader realm="reactions"'}


class ReaderRequired(exceptions.APIException):
    status_code = 401
    default_detail = "A reaction needs a reader: POST /api/v1/readers/ first. Nothing was recorded."
    default_code = "reader_required"
    headers = {"WWW-Authenticate": 'Reader realm="reactions"'}


class InvalidJwt(exceptions.APIException):
    status_code = 401
    headers = {"WWW-Authenticate": 'Reader realm="reactions"'}


class NoKeys(exceptions.APIException):
    status_code = 503
    default_detail = "The keys of the site cannot be read. Nothing was recorded; try again soon."
    default_code = "keys_unreachable"
    wait = 10


class Conflict(exceptions.APIException):
    status_code = 409


class ReaderScheme(BaseAuthentication):
    """Refuses other credentials than a reader's, a key's as well; the reader is found by the view."""

    def authenticate(self, request: Request) -> None:
        scheme = scheme_of(request)
        if scheme and not has_reader_header(request):
            raise WrongScheme(scheme, READER_SCHEME)

    def authenticate_header(self, request: Request) -> str:
        return 'Reader realm="reactions"'


class ReaderView(ApiView):
    """A view for a reader. A bad token is a 401, and a bad cookie is deleted with it."""

    authentication_classes = [ReaderScheme]

    _found: Reader | None = None

    def reader(self, request: Request) -> Reader | None:
        try:
            self._found = find_reader(request)
        except InvalidToken:
            raise InvalidReader from None
        return self._found

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, InvalidReader):
            delete_reader_cookies(response, self.request)
        return response

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        rename_old_cookie(final, self._found)
        return final


class ArticleReactions(ApiView):
    @extend_schema(
        operation_id="reactions_retrieve", tags=["reactions"], auth=[], responses=schemas.Counts
    )
    def get(self, request: Request, article: str) -> HttpResponse:
        """The counts of one article. Sets no cookie. An unknown count is null, never 0."""
        response = answer_one(request, article)
        if response is None:
            raise no_article()
        return response


class ManyReactions(ApiView):
    query_parameters = {"get": {"articles", "at"}}

    @extend_schema(
        operation_id="reactions_list",
        tags=["reactions"],
        auth=[],
        parameters=[schemas.ARTICLES, schemas.AT],
        responses=schemas.ManyCounts,
    )
    def get(self, request: Request) -> HttpResponse:
        """The counts of up to 200 articles, in the order asked. An unknown article is an entry with `error`."""
        return answer_many(request, read_articles(request.GET))


class MyReactions(ReaderView):
    @extend_schema(
        operation_id="mine_retrieve", tags=["reader"], auth=schemas.READER, responses=schemas.Mine
    )
    def get(self, request: Request, article: str) -> Response:
        """What this reader chose. A client without a token has chosen nothing, and gets no cookie."""
        named = article_id_at(article)
        reader = self.reader(request)
        found = current_mine([named], reader.id if reader else None).get(named)
        if found is None:
            raise no_article()
        article_id, _ = found
        response = _private(_mine(*found))
        response[PAGE_TOKEN_HEADER] = page_token(article_id)
        return response

    @extend_schema(
        operation_id="mine_set",
        tags=["reader"],
        auth=schemas.KNOWN_READER,
        request=schemas.ReactionsInput,
        responses=schemas.OwnChange,
    )
    def put(self, request: Request, article: str) -> Response:
        """Sets the reader's reactions to exactly these; safe to repeat, the first time included.

        A reaction that the reader has may stay where the article no longer accepts it; it cannot be set again.
        The counts in the answer include the caller's own change. 401 `reader_required` without a reader, who comes
        from `POST readers/`; nothing is recorded then. 409 where reactions are closed or not accepted here, 404
        where hidden or unpublished, 400 for an unknown reaction or too many.
        """
        if error := request.META.get(DATABASE_ERROR):
            raise error
        reader = self.reader(request)
        if reader is None:
            raise ReaderRequired
        kinds = read_kinds(request.data)
        return self._set(request, reader, article_id_at(article), kinds)

    @extend_schema(
        operation_id="mine_clear",
        tags=["reader"],
        auth=schemas.READER,
        request=None,
        responses={200: schemas.OwnChange},
    )
    def delete(self, request: Request, article: str) -> Response:
        """Clears the reader's reactions; safe to repeat. Without a token there is nothing to clear."""
        return self._set(request, self.reader(request) or new_reader(), article_id_at(article), 0)

    def _set(self, request: Request, reader: Reader, article_id: UUID, kinds: int) -> Response:
        try:
            change = set_on_current(
                request, article_id=article_id, reader_id=reader.id, kinds=kinds
            )
        except ReactionRefused as refused:
            raise refusal(refused) from None
        return _private(change.as_json())


class ManyMine(ReaderView):
    query_parameters = {"get": {"articles"}}

    @extend_schema(
        operation_id="mine_list",
        tags=["reader"],
        auth=schemas.READER,
        parameters=[schemas.ARTICLES],
        responses=schemas.ManyMine,
    )
    def get(self, request: Request) -> Response:
        """What this reader chose on up to 200 articles, in the order asked."""
        addresses = read_articles(request.GET)
        ids = find_articles(addresses)
        reader = self.reader(request)
        known = [each for each in ids if each]
        found = current_mine(known, reader.id if reader else None)
        results = [
            _mine(*found[each]) if each in found else unknown_article(address)
            for address, each in zip(addresses, ids, strict=True)
        ]
        return _private({"results": results})


class Readers(ReaderView):
    @extend_schema(
        operation_id="readers_create",
        tags=["reader"],
        auth=schemas.READER,
        request=schemas.SignIn,
        responses={200: schemas.Token, 201: schemas.Token},
    )
    def post(self, request: Request) -> Response:
        """Makes a reader, to react as: 201 with a new token, 200 with the same where the call has a valid one.

        A program sends it as `Authorization: Reader <token>`; a browser on this site also gets it as a cookie.
        Nothing is stored. 429 with `Retry-After` where too many new readers come from one network. A cookie that is not
        valid is replaced; a token in a header that is not valid is a 401.

        With `{"jwt": "…"}` of a site (docs/embedding.md): 201 with the token of its signed-in reader, the same user's
        everywhere, until the JWT expires, and no cookie. The reactions of a guest whose token the call has in its header
        move to that reader; where both have reacted to an article, the newest choice stays. 401 where the JWT is not
        accepted, with a code: `jwt_expired`, `jwt_not_yet_valid`, `jwt_signature`, `jwt_algorithm`, `jwt_audience`,
        `jwt_issuer`, `jwt_lifetime`, `jwt_too_long`, `invalid_jwt`. 503 where its site's keys cannot be read.
        """
        # A form, which some programs send with every POST, has never been read here.
        body = {} if is_form_media_type(request.content_type) else request.data
        if (jwt := read_sign_in(body)) is not None:
            return self._sign_in(request, jwt)
        if known := self._known(request):
            return _token(known)
        limit_new_readers(request)
        reader = new_reader()
        response = _token(reader, status=201)
        if is_same_origin(request):
            set_reader_cookie(response, reader)
        return response

    def _sign_in(self, request: Request, jwt: str) -> Response:
        try:
            guest = find_guest(request)
        except InvalidToken:
            raise InvalidReader from None
        limit_new_readers(request)
        try:
            account = read_jwt(jwt, page_site=_page_site(request))
        except JwtRefused as refused:
            raise InvalidJwt(refused.detail, refused.code) from None
        except KeysUnreachable:
            raise NoKeys from None
        for former_id in [*account.former_ids, *([guest.id] if guest else [])]:
            adopt_reactions(guest_id=former_id, account_id=account.id)
        return _token(account, status=201)

    def _known(self, request: Request) -> Reader | None:
        try:
            return self.reader(request)
        except InvalidReader:
            if has_reader_header(request):
                raise
            return None


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
        delete_reader_cookies(response, request)
        self._found = None  # its cookie is not to be replaced
        return response


class MyExport(ReaderView):
    @extend_schema(
        operation_id="readers_export",
        tags=["reader"],
        auth=schemas.READER,
        responses=schemas.Export,
    )
    def get(self, request: Request) -> Response:
        """Everything that is stored about this reader."""
        reader = self.reader(request)
        stored = export_reader(reader_id=reader.id) if reader else []
        return _private({"reactions": [each.as_json() for each in stored]})


def refusal(refused: ReactionRefused) -> exceptions.APIException:
    most = settings.REACTIONS_PER_READER
    match refused.reason:
        case "closed":
            return Conflict("Reactions to this article are closed.", "closed")
        case "not_allowed":
            return Conflict("This article does not accept that reaction.", "not_allowed")
        case "too_many":
            return invalid("reactions", "too_many", f"A reader may have {most} on one article.")
        case _:
            return no_article()


def limit_new_readers(request: Request) -> None:
    if wait := take(NEW_READERS, request):
        raise exceptions.Throttled(wait, "Too many new readers have come from this network.")


def _page_site(request: Request) -> Site | None:
    """The site of the page that calls; None for a program, and for a sandboxed frame, which may be of any site."""
    is_sandboxed = request.META.get("HTTP_ORIGIN") == NULL_ORIGIN
    rules = None if is_sandboxed else site_of_origin(request)
    return rules.site if rules else None


def _token(reader: Reader, status: int = 200) -> Response:
    answer = {"token": reader.token}
    if reader.expires_at is not None:
        answer["expires_at"] = (
            f"{datetime.fromtimestamp(reader.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
    return _private(answer, status)


def _mine(article_id: UUID, kinds: int) -> dict[str, Any]:
    return {"article": str(article_id), "reactions": unpack(kinds)}


def _private(body: dict[str, Any], status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": PRIVATE})
