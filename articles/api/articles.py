"""The articles' JSON for readers: the same answer for everyone, and no cookie."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request

from articles import conditional_get
from articles.api import editing, serializers
from articles.api.api_keys import KEY_OR_NONE, has_scope
from articles.api.repeatable import PRIVATE
from articles.api.validators import (
    ETAG_OF_BODY,
    HEADERS_READ,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    answer,
    render,
    validators_of,
)
from articles.api.views import ApiView
from articles.hooks import reaction_hooks
from articles.models import Article, ArticleQuerySet, State
from articles.pages import search
from articles.pagination import (
    Made,
    MadePage,
    Page,
    Position,
    newer_than,
    newest,
    newest_made,
    older_than,
)
from articles.resolve import Killed, find_any_article, find_article
from articles.syndication.ninjs import ninjs_of

ARTICLES_PER_ANSWER = 50
SHARED = "public, max-age=0, s-maxage=1, stale-while-revalidate=30"


class Gone(APIException):
    status_code = 410
    default_detail = "This article was removed for good."
    default_code = "gone"


class ArticleList(editing.CreateArticleView):
    query_parameters = {"get": {*serializers.ArticleQuery().fields}}

    @extend_schema(
        operation_id="articles_list",
        auth=KEY_OR_NONE,
        parameters=[serializers.ArticleQuery, IF_NONE_MATCH, ETAG_OF_BODY],
        responses={200: serializers.ArticleList, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        """Published articles, newest first, without their text; with `q`, the most relevant first.

        `next` leads to older articles, `previous` to newer ones; neither skips nor repeats one when
        articles arrive in between. 400 where a filter cannot be understood.

        With `state`, which needs a key with `articles:read` or `articles:write`, drafts and every other article.
        """
        query = serializers.ArticleQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        if "state" in query.validated_data:
            return self._by_state(request, query.validated_data)
        page = _page(_filtered(query.validated_data), query.validated_data)
        totals = reaction_hooks().totals([article.id for article in page.articles])
        entries = serializers.ArticleEntry(page.articles, many=True, context={"totals": totals})
        return _list(request, page, entries.data, cache=SHARED)

    def _by_state(self, request: Request, asked: Mapping[str, Any]) -> HttpResponse:
        if not reads_drafts(request):
            self.permission_denied(request, message="This key lacks the scope articles:read.")
        articles = _filtered(asked, Article.objects.filter(state__in=asked["state"]))
        page = newest_made(
            articles, before=asked.get("before"), after=asked.get("after"), size=ARTICLES_PER_ANSWER
        )
        totals = reaction_hooks().totals([article.id for article in page.articles])
        entries = serializers.EditorialEntry(page.articles, many=True, context={"totals": totals})
        return _list(request, page, entries.data, cache=PRIVATE)


class ArticleDetail(editing.EditArticleView):
    @extend_schema(
        operation_id="articles_retrieve",
        auth=KEY_OR_NONE,
        parameters=[IF_NONE_MATCH, *HEADERS_READ],
        responses={200: serializers.ArticleAnswer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, article: str) -> HttpResponse:
        """One published article, by its id, its slug, or a slug that it used to have.

        404 where there is none, 410 where it was removed for good. A PATCH sends the `ETag`
        back as `If-Match`. With a key with `articles:read` or `articles:write` every article,
        drafts included, with the further fields that a POST answers.
        """
        if reads_drafts(request):
            found = _find_editorial(article)
            return _answer(request, found, serializers.EditorialArticle, cache=PRIVATE)
        try:
            found = find_article(article)
        except Killed:
            raise Gone from None
        except Article.DoesNotExist:
            raise NotFound("There is no such article.") from None
        return _answer(request, found, serializers.ArticleAnswer, cache=SHARED)


class ArticleNinjs(ApiView):
    @extend_schema(
        operation_id="articles_ninjs",
        auth=[],
        parameters=[IF_NONE_MATCH, ETAG_OF_BODY],
        responses={200: OpenApiTypes.OBJECT, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, article: str) -> HttpResponseBase:
        """One published article as ninjs 3.1, by its id or its slug.

        404 where there is none, 410 where it was removed for good.
        """
        try:
            found = find_article(article)
        except Killed:
            raise Gone from None
        except Article.DoesNotExist:
            raise NotFound("There is no such article.") from None
        content = json.dumps(ninjs_of(found), ensure_ascii=False).encode()
        return conditional_get.answer(request._request, content, "application/json")


def reads_drafts(request: Request) -> bool:
    return has_scope(request, "articles:read", "articles:write")


def _find_editorial(address: str) -> Article:
    """The article in any state but killed, as programs read it that write."""
    try:
        found = find_any_article(address)
    except Article.DoesNotExist:
        raise NotFound("There is no such article.") from None
    found = found.merged_into or found
    if found.state == State.KILLED:
        raise Gone
    return Article.objects.in_full().select_related("source").get(pk=found.pk)


def _answer(
    request: Request, article: Article, shape: type[serializers.ArticleAnswer], *, cache: str
) -> HttpResponse:
    content = render(shape(article).data)
    return answer(request, content, cache=cache, validators=validators_of(article, content))


def _list(request: Request, page: Page | MadePage, entries: Any, *, cache: str) -> HttpResponse:
    body = {
        "next": page.older and _link(request, "before", page.older),
        "previous": page.newer and _link(request, "after", page.newer),
        "results": entries,
    }
    return answer(request, render(body), cache=cache)


def _filtered(asked: Mapping[str, Any], among: ArticleQuerySet | None = None) -> ArticleQuerySet:
    """The articles that the query asks for, among the public ones unless others are given."""
    columns = {
        "section": "section__slug",
        "tag": "tag_links__tag__slug",
        "author": "author_links__author__slug",
        "published_after": "published_at__gte",
        "published_before": "published_at__lt",
    }
    site = asked.get("site")
    among = Article.objects.public() if among is None else among
    every = among.filter(site__name__iexact=site) if site else among.filter(is_listed=True)
    articles = every.with_parts().filter(
        **{columns[name]: asked[name] for name in columns if name in asked}
    )
    if source := asked.get("source"):
        articles = articles.filter(
            Q(source__name__iexact=source) | Q(dateline_source__iexact=source)
        )
    if language := asked.get("language"):
        longer = Q(language__istartswith=f"{language}-")  # as RFC 4647 matches
        articles = articles.filter(Q(language__iexact=language) | longer)
    return search.find(articles, asked["q"]) if "q" in asked else articles


def _page(articles: ArticleQuerySet, asked: Mapping[str, Any]) -> Page:
    if "q" in asked:
        return _page_found(articles, asked)
    if before := asked.get("before"):
        return older_than(before, articles, size=ARTICLES_PER_ANSWER)
    if after := asked.get("after"):
        return newer_than(after, articles, size=ARTICLES_PER_ANSWER)
    return newest(articles, size=ARTICLES_PER_ANSWER)


def _page_found(articles: ArticleQuerySet, asked: Mapping[str, Any]) -> Page:
    if before := asked.get("before"):
        return search.worse_than(before, articles, size=ARTICLES_PER_ANSWER)
    if after := asked.get("after"):
        return search.better_than(after, articles, size=ARTICLES_PER_ANSWER)
    return search.best(articles, size=ARTICLES_PER_ANSWER)


def _link(request: Request, direction: str, position: Position | Made) -> str:
    """This list with the same filters, from the position on."""
    asked = {
        name: value
        for name, value in request.query_params.items()
        if name not in {"before", "after"}
    }
    return f"{settings.SITE_URL}{request.path}?{urlencode({**asked, direction: str(position)})}"
