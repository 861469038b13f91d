"""The articles' JSON: the same answer for everyone, and no cookie."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles import serializers
from articles.doors import feelings
from articles.models import Article, ArticleQuerySet
from articles.pagination import Page, Position, newer_than, newest, older_than

STORIES_PER_ANSWER = 50


class ArticleList(APIView):
    @extend_schema(
        operation_id="articles_list",
        parameters=[serializers.ArticleQuery],
        responses=serializers.ArticleList,
    )
    def get(self, request: Request) -> Response:
        """Published articles, newest first, without their text.

        `next` leads to older articles, `previous` to newer ones; neither skips nor repeats one when
        articles arrive in between. 400 where a filter cannot be understood.
        """
        query = serializers.ArticleQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = _page(_filtered(query.validated_data), query.validated_data)
        totals = feelings().totals([article.id for article in page.articles])
        entries = serializers.ArticleEntry(page.articles, many=True, context={"totals": totals})
        answer = {
            "next": page.older and _link(request, "before", page.older),
            "previous": page.newer and _link(request, "after", page.newer),
            "results": entries.data,
        }
        return _shared(Response(answer))


class ArticleDetail(APIView):
    @extend_schema(operation_id="articles_retrieve", responses=serializers.ArticleAnswer)
    def get(self, request: Request, article: str) -> Response:
        """One published article, by its id or its slug. 404 where there is none."""
        try:
            found = Article.objects.public().with_parts().at(article)
        except Article.DoesNotExist:
            raise NotFound("There is no such article.") from None
        return _shared(Response(serializers.ArticleAnswer(found).data))


def _filtered(asked: Mapping[str, Any]) -> ArticleQuerySet:
    """The public articles that the query asks for."""
    columns = {
        "section": "section__slug",
        "tag": "tag_links__tag__slug",
        "source": "dateline_source__iexact",
        "published_after": "published_at__gte",
        "published_before": "published_at__lt",
    }
    articles = Article.objects.public().with_parts()
    articles = articles.filter(**{columns[name]: asked[name] for name in columns if name in asked})
    if language := asked.get("language"):
        longer = Q(language__istartswith=f"{language}-")  # as RFC 4647 matches
        articles = articles.filter(Q(language__iexact=language) | longer)
    return articles


def _page(articles: ArticleQuerySet, asked: Mapping[str, Any]) -> Page:
    if before := asked.get("before"):
        return older_than(before, articles, size=STORIES_PER_ANSWER)
    if after := asked.get("after"):
        return newer_than(after, articles, size=STORIES_PER_ANSWER)
    return newest(articles, size=STORIES_PER_ANSWER)


def _link(request: Request, direction: str, position: Position) -> str:
    """This list with the same filters, from the position on."""
    asked = {
        name: value
        for name, value in request.query_params.items()
        if name not in {"before", "after"}
    }
    return f"{settings.SITE_URL}{request.path}?{urlencode({**asked, direction: str(position)})}"


def _shared(response: Response) -> Response:
    patch_cache_control(response, public=True, max_age=0, s_maxage=1, stale_while_revalidate=30)
    return response
