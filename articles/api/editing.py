"""Writing by API: creating an article and editing it, and what every call that writes shares. A key is needed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from articles import validation
from articles.api import serializers
from articles.api.api_keys import KEY, KeyAuthentication, key_in, scope
from articles.api.idempotency import Answer
from articles.api.repeatable import IDEMPOTENCY_KEY, done_once
from articles.api.validators import (
    HEADERS_WRITTEN,
    IF_MATCH,
    VERSION_HEADER,
    described,
    expected_version,
    render,
    validators_of,
)
from articles.api.views import ApiView
from articles.editing import InvalidValue, NotEditable, create_draft, edit_article
from articles.json_body import JSONBodyParser
from articles.models import Article
from articles.resolve import find_any_article
from articles.revisions import ExpectedVersionMissing, VersionConflict
from articles.workflow import TransitionNotAllowed

_NO_ARTICLE = "There is no such article."
LARGEST_BODY = 1024 * 1024  # bytes; 100 kB of Arabic in JSON's escapes are 300 kB

LOCATION = OpenApiParameter(
    "Location",
    str,
    OpenApiParameter.HEADER,
    response=[HTTPStatus.CREATED],
    description="The URL of the article.",
)


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "not_allowed"


class PreconditionFailed(APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "stale"

    def __init__(self, conflict: VersionConflict) -> None:
        super().__init__(
            f"The article is at version {conflict.version}: read it again, and send the ETag of that answer or "
            f'"{conflict.version}" in If-Match; a weak tag (W/"…") never matches.'
        )
        self.headers = {VERSION_HEADER: str(conflict.version)}
        self.members = {"version": conflict.version}


class PreconditionRequired(APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition_required"

    def __init__(self, missing: ExpectedVersionMissing, article_id: UUID) -> None:
        path = reverse("article-detail", args=[article_id])
        super().__init__(
            f"Version {missing.version} of this article was not written with this key: "
            f"send the ETag of GET {path} in If-Match."
        )


class ArticleParser(JSONBodyParser):
    """JSON as large as an article."""

    most_bytes = LARGEST_BODY


class WriteView(ApiView):
    """Reading needs no key; writing needs one with `articles:write`, and answers the full article."""

    parser_classes = [ArticleParser]
    authentication_classes = [KeyAuthentication]

    def get_permissions(self) -> Any:
        return [] if _only_reads(self) else [scope("articles:write")()]

    def write(
        self,
        request: Request,
        shape: type[validation.StrictSerializer],
        act: Callable[[Mapping[str, Any]], Article],
        *,
        status: int = HTTPStatus.OK,
        article_id: UUID | None = None,
    ) -> HttpResponse:
        """Check the body, act on it, answer the article; once, where the call has an Idempotency-Key.

        `article_id` is that of the article at the address of the call, which has several.
        """

        def answer() -> Answer:
            body = shape(data=request.data)
            body.is_valid(raise_exception=True)
            article = Article.objects.in_full().get(pk=act(body.validated_data).pk)
            content = render(serializers.EditorialArticle(article).data)
            return Answer(status, content.decode(), _headers(article, content, status))

        asked = [str(article_id), request.headers.get("If-Match")]
        with _refusals(article_id):
            return done_once(request, answer, asked=asked)


def _only_reads(view: ApiView) -> bool:
    request: Any = getattr(view, "request", None)
    return request is None or request.method in SAFE_METHODS


class CreateArticleView(WriteView):
    @extend_schema(
        operation_id="articles_create",
        auth=KEY,
        parameters=[IDEMPOTENCY_KEY, *HEADERS_WRITTEN, LOCATION],
        request=validation.Draft,
        responses={201: serializers.EditorialArticle},
    )
    def post(self, request: Request) -> HttpResponse:
        """Creates a draft, which the desk and programs with a key can read. Unknown fields are refused by name.

        Sections, tags, authors and sources that do not exist are created. 422 where the
        `Idempotency-Key` came with another body before.
        """
        return self.write(
            request,
            validation.Draft,
            lambda values: create_draft(values=values, editor=editor_of(request)),
            status=HTTPStatus.CREATED,
        )


class EditArticleView(WriteView):
    @extend_schema(
        operation_id="articles_edit",
        auth=KEY,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, *HEADERS_WRITTEN],
        request=validation.Changes,
        responses=described(serializers.EditorialArticle, needs_version=True),
    )
    def patch(self, request: Request, article: str) -> HttpResponse:
        """Changes the fields that the body names. An article that is public changes at once.

        Without `If-Match`, 428 unless this key wrote the latest version itself; with it, 412 where
        the article has changed since that version. 409 for a killed article. A slug that is
        replaced redirects to the article.
        """
        article_id, expected_version = target(request, article)
        return self.write(
            request,
            validation.Changes,
            lambda values: edit_article(
                article_id=article_id,
                changes=values,
                expected_version=expected_version,
                only_if_own="If-Match" not in request.headers,
                editor=editor_of(request),
            ),
            article_id=article_id,
        )


def editor_of(request: Request) -> str:
    """The editor's name in revisions. The prefix is no secret and distinguishes keys with the same name."""
    key = key_in(request)
    return f"API key {key.name} ({key.prefix})"


def target(request: Request, address: str) -> tuple[UUID, int | None]:
    """The article, and the version that the call is based on: None where it does not say."""
    try:
        article = find_any_article(address)
    except Article.DoesNotExist:
        raise NotFound(_NO_ARTICLE) from None
    given = request.headers.get("If-Match")
    return article.pk, expected_version(given, version=article.version)


@contextmanager
def _refusals(article_id: UUID | None) -> Iterator[None]:
    """Answers the domain's exceptions with HTTP errors."""
    try:
        yield
    except Article.DoesNotExist:  # deleted meanwhile
        raise NotFound(_NO_ARTICLE) from None
    except InvalidValue as refused:
        text = refused.text[:1].upper() + refused.text[1:]
        raise ValidationError({refused.field: [text]}) from None
    except (VersionConflict, ExpectedVersionMissing) as refused:
        # Only a call for an article that exists has a version.
        raise _refusal_by_version(refused, cast(UUID, article_id)) from None
    except (TransitionNotAllowed, NotEditable) as refused:
        raise Conflict(str(refused)) from None


def _refusal_by_version(
    refused: VersionConflict | ExpectedVersionMissing, article_id: UUID
) -> APIException:
    """For a merged article 409: a GET answers the other one, whose version would be refused as well."""
    article = Article.objects.only("merged_into").get(pk=article_id)
    if article.merged_into_id:
        return Conflict(
            f"This article was merged into {article.merged_into_id}: change that one.",
            "already_merged",
        )
    if isinstance(refused, VersionConflict):
        return PreconditionFailed(refused)
    return PreconditionRequired(refused, article_id)


def _headers(article: Article, content: bytes, status: int) -> dict[str, str]:
    headers = validators_of(article, content)
    if status == HTTPStatus.CREATED:
        path = reverse("article-detail", args=[article.pk])
        headers["Location"] = f"{settings.SITE_URL}{path}"
    return headers
