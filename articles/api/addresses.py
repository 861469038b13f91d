"""The addresses of the articles of sites by API, and merging two articles. A key is needed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from articles import validation
from articles.api import serializers
from articles.api.api_keys import KEY, KeyAuthentication, scope
from articles.api.editing import ArticleParser, Conflict, WriteView, editor_of, target
from articles.api.repeatable import IDEMPOTENCY_KEY
from articles.api.validators import HEADERS_WRITTEN, IF_MATCH, described
from articles.api.views import ApiView
from articles.fields import MAX_LENGTH
from articles.models import Article, ArticleAddress
from articles.resolve import find_any_article
from articles.sites.moves import MoveRefused, add_address, find_named, merge_articles

# The faults of a URL itself: another URL would be accepted.
_OF_URL = {"unknown_site", "outside_patterns"}


class MergeInput(validation.StrictSerializer):
    into = rest.CharField(
        max_length=MAX_LENGTH["canonical_url"],
        help_text="The id, slug or URL of the article that gets the reactions and addresses.",
    )


class AddressInput(validation.StrictSerializer):
    url = rest.CharField(max_length=MAX_LENGTH["canonical_url"], help_text="On an active site.")
    canonical = rest.BooleanField(
        default=False, help_text="The present canonical address stays as another."
    )


class Address(rest.Serializer[ArticleAddress]):
    url = rest.URLField()
    canonical = rest.BooleanField(source="is_canonical")
    created_at = serializers.UTCField()


class AddressList(rest.Serializer[dict[str, object]]):
    article = rest.UUIDField()
    results = Address(many=True, help_text="The canonical one first.")


class Merge(WriteView):
    @extend_schema(
        operation_id="articles_merge",
        auth=KEY,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, *HEADERS_WRITTEN],
        request=MergeInput,
        responses=described(serializers.EditorialArticle),
    )
    def post(self, request: Request, article: str) -> HttpResponse:
        """Merges an article of a site into another, which gets its addresses, former slugs and reactions.

        Answers the other one. A reader who reacted on both counts once. Calls that name the merged article lead to the
        other one. 409 with a code where the two are the same article, where one was killed or merged elsewhere, or the
        first is no article of a site; 412 where it has changed since the version in `If-Match`.
        """
        article_id, expected_version = target(request, article)

        def merge(values: Mapping[str, Any]) -> Article:
            return _merge(article_id, values["into"], expected_version, editor_of(request))

        return self.write(request, MergeInput, merge, article_id=article_id)


def _merge(article_id: UUID, into: str, expected_version: int | None, editor: str) -> Article:
    try:
        into_id = find_named(into).pk
    except Article.DoesNotExist:
        text = "There is no such article."
        raise ValidationError({"into": [ErrorDetail(text, "unknown_article")]}) from None
    try:
        return merge_articles(
            article_id=article_id,
            into_id=into_id,
            expected_version=expected_version,
            editor=editor,
        )
    except MoveRefused as refused:
        raise Conflict(refused.text, refused.code) from None


class Addresses(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("articles:write")]
    parser_classes = [ArticleParser]

    @extend_schema(operation_id="addresses_list", auth=KEY, responses=AddressList)
    def get(self, request: Request, article: str) -> Response:
        """The addresses of an article on sites, the canonical one first. A merged article leads to the other one."""
        return _answer(_article(article))

    @extend_schema(
        operation_id="addresses_add", auth=KEY, request=AddressInput, responses=AddressList
    )
    def post(self, request: Request, article: str) -> Response:
        """Has an address lead to the article, too, or moves the article there with `canonical`; safe to repeat.

        400 with a code for a URL that is on no active site, or none of an article by its site's patterns; 409
        `address_taken` where it leads to another article: merge the two instead.
        """
        found = _article(article)
        given = AddressInput(data=request.data)
        given.is_valid(raise_exception=True)
        url, is_canonical = given.validated_data["url"], given.validated_data["canonical"]
        try:
            add_address(
                article_id=found.pk, url=url, is_canonical=is_canonical, editor=editor_of(request)
            )
        except Article.DoesNotExist:  # deleted meanwhile
            raise NotFound("There is no such article.") from None
        except MoveRefused as refused:
            if refused.code in _OF_URL:
                detail = ErrorDetail(refused.text, refused.code)
                raise ValidationError({"url": [detail]}) from None
            raise Conflict(refused.text, refused.code) from None
        return _answer(found)


def _article(address: str) -> Article:
    """Raises NotFound."""
    try:
        article = find_any_article(address)
    except Article.DoesNotExist:
        raise NotFound("There is no such article.") from None
    return article.merged_into or article


def _answer(article: Article) -> Response:
    rows = article.addresses.order_by("-is_canonical", "id")
    body = AddressList({"article": article.pk, "results": rows}).data
    return Response(body, status=HTTPStatus.OK, headers={"Cache-Control": "private, no-store"})
