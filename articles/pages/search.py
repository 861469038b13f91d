"""Full-text search: the articles that match the words of a query, by relevance, for the page and the API.

Each article is indexed by the rules of its own language: PostgreSQL generates its column `search`, which
migration 0003 adds and describes. Names of tags and authors are matched in their own tables.
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Self

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
    SearchVectorField,
)
from django.db.models import F, FloatField, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import Col, Expression
from django.db.models.functions import Cast, Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article, ArticleAuthor, ArticleQuerySet, ArticleTag
from articles.pagination import Page, Position

RESULTS_PER_PAGE = 20
# Characters. Longer queries are cut: no reader types them, and every word costs an index scan.
QUERY_LENGTH = 200

# The text search configurations that migration 0003 maps languages to.
CONFIGS = (
    "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian",
    "italian", "norwegian", "portuguese", "romanian", "russian", "simple", "spanish", "swedish",
    "turkish",
)  # fmt: skip

_RANK = re.compile(r"0x[01]\.[0-9a-f]{1,13}p[+-]\d{1,4}")
_EXCLUSION = re.compile(r"(?<!\S)-")

# Put by PostgreSQL around each match and replaced by <mark> once the text is escaped. Private-use code points.
BEGIN, END = "\ue000", "\ue001"


@dataclass(frozen=True, slots=True)
class Place(Position):
    """The position of an article among the results: by its rank, then by time and id."""

    rank: float

    @classmethod
    def of(cls, article: Article) -> Self:
        at = Position.of(article)
        rank: float = getattr(article, "rank")  # noqa: B009  # an annotation, unknown to the type
        return cls(at.published_at, at.id, rank)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `str`. Raises ValueError for any other text."""
        rank, _, position = text.partition("_")
        if not _RANK.fullmatch(rank):
            raise ValueError("is not a place among these results.")
        at = Position.parse(position)
        try:
            return cls(at.published_at, at.id, float.fromhex(rank))
        except OverflowError:
            raise ValueError("is not a place among these results.") from None

    def __str__(self) -> str:
        return f"{self.rank.hex()}_{Position.__str__(self)}"


def find(articles: ArticleQuerySet, words: str) -> ArticleQuerySet:
    """The articles that match, annotated with `rank`.

    `words` is a query as of a web search engine: "a phrase", or, -excluded. A rank depends on the article
    and the words alone, so that a position stays valid when other articles are published.
    """
    words = words.replace("\0", " ")[:QUERY_LENGTH]
    rank = _rank(words)
    if all(word.startswith("-") for word in words.split()):
        return articles.annotate(rank=rank).none()  # exclusions alone match nearly every article
    ids = matching_text(words).values("pk")
    if not _EXCLUSION.search(words):  # a name does not show that an article lacks a word
        ids = ids.union(*_matching_names(words))
    return articles.filter(pk__in=ids).annotate(rank=rank)


def _rank(words: str) -> Cast:
    query = SearchQuery(words, config=_config(), search_type="websearch")
    return Cast(SearchRank(_Words(), query), FloatField())


def matching_text(words: str) -> ArticleQuerySet:
    """Articles whose text has the words, each by the rules of its own language."""
    # Uses index: articles_by_search, once for each configuration.
    matches = Q()
    for config in CONFIGS:
        query = SearchQuery(words, config=config, search_type="websearch")
        matches |= Q(search_words=query, search_config=config)
    return Article.objects.alias(search_words=_Words(), search_config=_config()).filter(matches)


def _matching_names(words: str) -> list[QuerySet[Any, Any]]:
    """The ids of articles with a tag or an author whose name has the words."""
    query = SearchQuery(words, config="simple", search_type="websearch")
    tags = ArticleTag.objects.alias(words=SearchVector("tag__name", config="simple"))
    authors = ArticleAuthor.objects.alias(words=SearchVector("author__name", config="simple"))
    return [links.filter(words=query).values("article_id") for links in (tags, authors)]


def best(found: ArticleQuerySet, *, size: int) -> Page:
    """The first page; its `older` is the position after which less relevant results follow."""
    return _page(list(_best_first(found)[: size + 1]), size, better=False)


def worse_than(place: Place, found: ArticleQuerySet, *, size: int) -> Page:
    worse = found.filter(
        Q(rank__lt=place.rank)
        | Q(rank=place.rank, published_at__lt=place.published_at)
        | Q(rank=place.rank, published_at=place.published_at, id__lt=place.id)
    )
    return _page(list(_best_first(worse)[: size + 1]), size, better=True)


def better_than(place: Place, found: ArticleQuerySet, *, size: int) -> Page:
    better = found.filter(
        Q(rank__gt=place.rank)
        | Q(rank=place.rank, published_at__gt=place.published_at)
        | Q(rank=place.rank, published_at=place.published_at, id__gt=place.id)
    )
    nearest = list(_best_first(better).reverse()[: size + 1])
    articles = nearest[:size][::-1]
    return Page(
        articles,
        newer=Place.of(articles[0]) if len(nearest) > size else None,
        older=Place.of(articles[-1]) if articles else None,
    )


def page(request: HttpRequest) -> HttpResponse:
    """The page for readers: `?q=` is the query, `?after=` a position among the results."""
    words = request.GET.get("q", "").strip()
    articles = Article.objects.listed().select_related("section").defer("body_markdown")
    found = Page([], None, None)
    if words:
        found = _read_page(request, _with_excerpts(find(articles, words), words))
    context = {
        "words": words,
        "found": found,
        "entries": [(article, *_excerpts(article)) for article in found.articles],
        "first": "after" not in request.GET,
    }
    response = render(request, "articles/search.html", context)
    patch_cache_control(response, public=True, max_age=0, s_maxage=1, stale_while_revalidate=30)
    return response


def _read_page(request: HttpRequest, found: ArticleQuerySet) -> Page:
    after = request.GET.get("after")
    if after is None:
        return best(found, size=RESULTS_PER_PAGE)
    try:
        return worse_than(Place.parse(after), found, size=RESULTS_PER_PAGE)
    except ValueError:
        raise Http404 from None


class _Words(Expression):
    """The column `search` of the articles, which is no field of the model."""

    output_field = SearchVectorField()

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> Any:
        column = SearchVectorField()
        column.set_attributes_from_name("search")
        return Col(query.get_initial_alias(), column)


def _config() -> Func:
    """The text search configuration of an article's language."""
    return Func(
        F("language"),
        function="articles_search_config",
        template="%(function)s(%(expressions)s)::text",
        output_field=TextField(),
    )


def _with_excerpts(found: ArticleQuerySet, words: str) -> ArticleQuerySet:
    query = SearchQuery(
        words.replace("\0", " ")[:QUERY_LENGTH], config=_config(), search_type="websearch"
    )
    text = Concat(
        "abstract", Value(" "), "body_html", output_field=TextField()
    )  # PostgreSQL's parser skips the HTML tags
    return found.annotate(
        marked_headline=SearchHeadline(
            "headline",
            query,
            config=_config(),
            start_sel=BEGIN,
            stop_sel=END,
            highlight_all=True,
        ),
        excerpt=SearchHeadline(
            text,
            query,
            config=_config(),
            start_sel=BEGIN,
            stop_sel=END,
            max_fragments=2,
            fragment_delimiter=" … ",
        ),
    )


def _excerpts(article: Article) -> tuple[SafeString, SafeString]:
    """The headline and the matching passages, as HTML whose only element is <mark>."""
    headline: str = getattr(article, "marked_headline", article.headline)
    excerpt: str = getattr(article, "excerpt", article.abstract)
    return _marked(headline), _marked(unescape(excerpt))


def _marked(text: str) -> SafeString:
    html = escape(text).replace(BEGIN, "<mark>").replace(END, "</mark>")
    return mark_safe(html)  # noqa: S308  # escaped before <mark> is inserted


def _best_first(found: ArticleQuerySet) -> ArticleQuerySet:
    return found.order_by(F("rank").desc(), "-published_at", "-id")


def _page(articles: list[Article], size: int, *, better: bool) -> Page:
    shown = articles[:size]
    return Page(
        shown,
        newer=Place.of(shown[0]) if better and shown else None,
        older=Place.of(shown[-1]) if len(articles) > size else None,
    )
