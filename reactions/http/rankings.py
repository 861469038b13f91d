"""The public rankings: a page, feeds, and a call of the API for each kind that the site names; 404 for every other one."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from articles import conditional_get
from articles.api.validators import ETAG_OF_BODY, IF_NONE_MATCH, NOT_MODIFIED
from articles.api.views import ApiView
from articles.hooks import PageLink, ReactionTotal
from articles.languages import write_number
from articles.models import CURRENT_STATES, Article, ArticleQuerySet
from articles.pages import page_cache
from articles.pages.page_cache import PageState, Rendering
from articles.pages.views import DEFERRED_COLUMNS
from articles.syndication import feeds
from articles.syndication.feed_entries import COLUMNS, Feed, clean, list_entries
from reactions.counts import rfc3339
from reactions.http.embed import face, style_url
from reactions.http.messages import label_of
from reactions.kinds import BY_KEY, SEVEN, Kind
from reactions.stats.public_rankings import (
    LEAST_REACTIONS,
    MOST_STORIES,
    PublicRanking,
    find_public_kind,
    public_kinds,
    public_ranking,
)

# Seconds that a cache may keep a page: as a feed, in which a killed article may stay for a minute, too.
PAGE_LIFETIME = conditional_get.FEED_LIFETIME
_LOVE = next(kind for kind in SEVEN if kind.key == "love")

Ranked = list[tuple[Article, int]]


def title_of(kind: Kind) -> str:
    """What the ranking is called, in the language of the interface."""
    if kind.label == _LOVE.label:
        return gettext("Most loved of the week")
    return gettext("Most “%(kind)s” of the week") % {"kind": label_of(kind)}


def links() -> list[PageLink]:
    """For the foot of every page."""
    return [PageLink(_page_url(kind), title_of(kind)) for kind in public_kinds()]


@require_safe
def page(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The stories of one ranking, with how many reactions of the kind each got."""
    ranked = _kind_or_404(kind)

    def read_state() -> PageState:
        ranking = public_ranking(ranked)
        return PageState(_version_of(ranking), ranking.shown)

    return page_cache.answer(
        request, read_state=read_state, render=lambda: _render_page(request, ranked)
    )


@require_safe
def feed(request: HttpRequest, kind: str, file_name: str) -> HttpResponseBase:
    """The same stories in their order, but for those that other sites may not republish."""
    ranked = _kind_or_404(kind)
    if file_name not in feeds.FORMATS:
        raise Http404
    found = _list_ranked(
        public_ranking(ranked),
        feeds.syndicated(Article.objects.all())
        .select_related("section", "lead_image")
        .only(*COLUMNS),
    )
    entries = list_entries([article for article, _ in found])
    url = settings.SITE_URL + request.path
    return feeds.answer_feed(
        request,
        file_name,
        Feed(
            title=clean(f"{title_of(ranked)} · {settings.SITE_NAME}"),
            home_url=settings.SITE_URL + _page_url(ranked),
            topic=url,
            url=url,
            entries=entries,
            changed_at=max(
                (entry.updated_at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)
            ),
            about=_description(),
        ),
    )


class RankedStory(serializers.Serializer[None]):
    article = serializers.UUIDField()
    url = serializers.URLField(help_text="Where readers find it.")
    headline = serializers.CharField()
    count = serializers.IntegerField(
        min_value=LEAST_REACTIONS,
        help_text="Reactions of the kind that came in the time, less those that were taken back in it.",
    )


class Ranking(serializers.Serializer[None]):
    kind = serializers.ChoiceField(list(BY_KEY))
    start = serializers.DateTimeField(help_text="Where the seven days begin.")
    end = serializers.DateTimeField(help_text="Where they end.")
    as_of = serializers.DateTimeField(
        help_text="When the ranking was counted: every five minutes. What may not be shown any more leaves it at once."
    )
    results = RankedStory(many=True, help_text="Ten at most, the first first.")


_EXAMPLE = OpenApiExample(
    "The most loved of the week",
    value={
        "kind": "love",
        "start": "2026-11-19T14:15:00.000Z",
        "end": "2026-11-26T14:22:31.000Z",
        "as_of": "2026-11-26T14:22:31.000Z",
        "results": [
            {
                "article": "0193a5c2-7b1e-7c3f-9a44-5d2c8e1f6a70",
                "url": "https://news.example/articles/kelp-forest-returns/",
                "headline": "The kelp forest returns",
                "count": 1234,
            }
        ],
    },
    response_only=True,
)


class Rankings(ApiView):
    @extend_schema(
        operation_id="rankings_retrieve",
        tags=["reactions"],
        auth=[],
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(BY_KEY)),
            IF_NONE_MATCH,
            ETAG_OF_BODY,
        ],
        responses={200: Ranking, 304: NOT_MODIFIED},
        examples=[_EXAMPLE],
    )
    def get(self, request: Request, kind: str) -> HttpResponseBase:
        """The stories that got most reactions of one kind in the last seven days: those of the page `/most/{kind}/`.

        404 unless the site makes the ranking public. A story has 20 of these reactions at least; held, void and imported
        ones are not counted. Anyone may ask, and caches may keep the answer for a minute.
        """
        ranked = find_public_kind(kind)
        if ranked is None:
            raise exceptions.NotFound("There is no such public ranking.")
        ranking = public_ranking(ranked)
        found = _list_ranked(
            ranking, _listed().only("id", "slug", "headline", "site", "canonical_url")
        )
        body = json.dumps(_as_json(ranked, ranking, found), ensure_ascii=False)
        return conditional_get.answer(request._request, body.encode(), "application/json")


def _as_json(kind: Kind, ranking: PublicRanking, found: Ranked) -> dict[str, Any]:
    return {
        "kind": kind.key,
        "start": rfc3339(ranking.start),
        "end": rfc3339(ranking.end),
        "as_of": rfc3339(ranking.as_of),
        "results": [
            {
                "article": str(article.pk),
                "url": article.url,
                "headline": article.headline,
                "count": count,
            }
            for article, count in found
        ],
    }


def _render_page(request: HttpRequest, kind: Kind) -> Rendering:
    ranking = public_ranking(kind)
    version, shown = _version_of(ranking), ranking.shown()  # before what they are the versions of
    articles = _listed().select_related("section", "lead_image").defer(*DEFERRED_COLUMNS)
    found = _list_ranked(ranking, articles.with_authors())
    title = title_of(kind)
    context = {
        "title": title,
        "description": _description(),
        "ranking": ranking,
        "least": LEAST_REACTIONS,
        "entries": [
            (article, ReactionTotal(count, write=partial(_write_count, kind, count)))
            for article, count in found
        ],
        "canonical": request.path,
        "feed_title": f"{title} · {settings.SITE_NAME}",
        "feed_links": [
            (form.content_type.partition(";")[0], _feed_url(kind, file_name))
            for file_name, form in feeds.FORMATS.items()
        ],
    }
    response = render(request, "reactions/most.html", context)
    patch_cache_control(
        response, public=True, max_age=PAGE_LIFETIME, stale_while_revalidate=PAGE_LIFETIME
    )
    return Rendering(response, version=version, reactions_version=shown)


def _write_count(kind: Kind, count: int) -> SafeString:
    text = f"{label_of(kind)} {write_number(count, get_language() or 'en')}"
    return render_to_string(
        "reactions/_ranked.html", {"face": face(kind), "text": text, "style": style_url()}
    )


def _description() -> str:
    return gettext("The stories that got this reaction most often in the last seven days.")


def _version_of(ranking: PublicRanking) -> tuple[datetime, tuple[tuple[UUID, int, datetime], ...]]:
    """What changes whenever the ranking is renewed, or one of its articles changes."""
    ids = [each.article_id for each in ranking.places]
    rows = _listed().filter(pk__in=ids).order_by("pk")
    return ranking.as_of, tuple(rows.values_list("pk", "version", "updated_at"))


def _listed() -> ArticleQuerySet:
    """What may be in a ranking: what the pages list, without what was retracted."""
    return Article.objects.listed().filter(state__in=CURRENT_STATES)


def _list_ranked(ranking: PublicRanking, articles: ArticleQuerySet) -> Ranked:
    """Those of the articles that the ranking has, in its order and with their counts."""
    places = ranking.shown()
    found = articles.in_bulk([each.article_id for each in places])
    ranked = [(found[each.article_id], each.count) for each in places if each.article_id in found]
    return ranked[:MOST_STORIES]


def _kind_or_404(key: str) -> Kind:
    kind = find_public_kind(key)
    if kind is None:
        raise Http404
    return kind


def _page_url(kind: Kind) -> str:
    return reverse("reactions:most", args=[kind.key])


def _feed_url(kind: Kind, file_name: str) -> str:
    return settings.SITE_URL + reverse("reactions:most_feed", args=[kind.key, file_name])
