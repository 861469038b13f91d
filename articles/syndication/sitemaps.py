"""What crawlers fetch: sitemaps, the news sitemap, robots.txt and security.txt."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import escape

from django.conf import settings
from django.db.models import Count, Max
from django.db.models.functions import Coalesce, TruncMonth
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from articles import conditional_get
from articles.models import Article, ArticleQuerySet, PubStatus, Source, sections_with_articles
from articles.models.pictures import absolute
from articles.storage import picture_storage
from articles.syndication.feed_entries import NOT_XML
from articles.syndication.feeds import syndicated

URLS_PER_SITEMAP = 10_000
# Google ignores older articles and more than 1,000 of them.
NEWS_LIFETIME = timedelta(days=2)
NEWS_LIMIT = 1000

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def index(request: HttpRequest) -> HttpResponseBase:
    """The index of the sitemaps: one for the front page and the sections, then one or more for each month.

    An article stays in the sitemap of its month, so that a new article changes one sitemap and not all.
    """
    months = (
        indexable(Article.objects.listed())
        .annotate(month=TruncMonth("published_at", tzinfo=UTC))
        .values_list("month")
        .annotate(count=Count("id"), changed_at=Max(_CHANGED_AT))
        .order_by("month")
    )
    entries = [f"<sitemap>{_loc(reverse('articles:sections_sitemap'))}</sitemap>"]
    for month, count, changed_at in months:
        for number in range(1, -(-count // URLS_PER_SITEMAP) + 1):
            address = reverse("articles:month_sitemap", args=[month.year, month.month, number])
            entries.append(f"<sitemap>{_loc(address)}{_lastmod(changed_at)}</sitemap>")
    return _xml(request, f'<sitemapindex xmlns="{SITEMAP}">', entries, "</sitemapindex>")


def sections(request: HttpRequest) -> HttpResponseBase:
    """The front page and every section that has articles."""
    pages = [reverse("articles:front")]
    pages += [section.get_absolute_url() for section in sections_with_articles()]
    entries = [f"<url>{_loc(page)}</url>" for page in pages]
    return _xml(request, f'<urlset xmlns="{SITEMAP}">', entries, "</urlset>")


def month(request: HttpRequest, year: int, month: int, number: int) -> HttpResponseBase:
    """The articles of one month, up to URLS_PER_SITEMAP of them. 404 where there are none."""
    if not 1 <= number <= 10_000:  # the offset has to fit into PostgreSQL's bigint
        raise Http404
    try:
        begin = datetime(year, month, 1, tzinfo=UTC)
        end = (begin + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise Http404 from None
    # Uses index: articles_by_time.
    articles = indexable(Article.objects.listed()).filter(
        published_at__gte=begin, published_at__lt=end
    )
    last = number * URLS_PER_SITEMAP
    found = articles.order_by("published_at", "id").values_list(
        "slug", _CHANGED_AT, "lead_image__file"
    )
    entries = [
        f"<url>{_loc(reverse('articles:article', args=[slug]))}{_lastmod(changed_at)}"
        f"{_image(picture)}</url>"
        for slug, changed_at, picture in found[last - URLS_PER_SITEMAP : last]
    ]
    if not entries:
        raise Http404
    opening = f'<urlset xmlns="{SITEMAP}" xmlns:image="{IMAGE}">'
    return _xml(request, opening, entries, "</urlset>")


def news(request: HttpRequest) -> HttpResponseBase:
    """The articles first published in the last two days, for Google News."""
    # Uses index: articles_by_first_publication.
    articles = indexable(syndicated(Article.objects.all())).filter(
        first_published_at__gte=timezone.now() - NEWS_LIFETIME
    )
    newest = articles.order_by("-first_published_at", "-id")[:NEWS_LIMIT]
    entries = _news_entries(newest.only(*_NEWS_COLUMNS))
    return _xml(request, f'<urlset xmlns="{SITEMAP}" xmlns:news="{NEWS}">', entries, "</urlset>")


def robots(request: HttpRequest) -> HttpResponseBase:
    """Which paths crawlers may fetch, and where the sitemaps are."""
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('admin:index')}",
        f"Disallow: {reverse('articles:search')}",
        "",
        f"Sitemap: {settings.SITE_URL}{reverse('articles:sitemap')}",
        f"Sitemap: {settings.SITE_URL}{reverse('articles:news_sitemap')}",
    ]
    return _text(request, lines)


def security(request: HttpRequest) -> HttpResponseBase:
    """Where to report a vulnerability (RFC 9116); 404 where SECURITY_CONTACT is not set."""
    contact = str(getattr(settings, "SECURITY_CONTACT", ""))
    if not contact:
        raise Http404
    if ":" not in contact:
        contact = f"mailto:{contact}"
    # Less than a year ahead, as the RFC recommends, and the same all day long.
    expires = timezone.now().astimezone(UTC).date() + timedelta(days=180)
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires}T00:00:00Z",
        f"Canonical: {settings.SITE_URL}{request.path}",
    ]
    return _text(request, lines)


def indexable(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Those whose page here is canonical, usable, and from a source that allows indexing."""
    return articles.filter(pub_status=PubStatus.USABLE, canonical_url="").exclude(
        source__indexing=Source.Indexing.NOINDEX
    )


_CHANGED_AT = Coalesce("content_modified_at", "first_published_at")


_NEWS_COLUMNS = ("slug", "headline", "language", "first_published_at", "published_offset")


def _news_entries(articles: Iterable[Article]) -> Iterator[str]:
    name = _escaped(settings.SITE_NAME)
    for article in articles:
        published_at = article.first_published_at
        shown = published_at and article.as_filed(published_at).isoformat(timespec="seconds")
        yield (
            f"<url>{_loc(article.get_absolute_url())}<news:news>"
            f"<news:publication><news:name>{name}</news:name>"
            f"<news:language>{_news_language(article.language)}</news:language></news:publication>"
            f"<news:publication_date>{shown}</news:publication_date>"
            f"<news:title>{_escaped(article.headline)}</news:title></news:news></url>"
        )


def _news_language(language: str) -> str:
    """The ISO 639 code, as Google requires; for Chinese, one of the two codes with a country that it defines."""
    tag = language.lower()
    if tag.startswith("zh"):
        return "zh-tw" if {"tw", "hk", "hant"} & set(tag.split("-")) else "zh-cn"
    return _escaped(tag.split("-")[0])


def _loc(path: str) -> str:
    return f"<loc>{_escaped(settings.SITE_URL + path)}</loc>"


def _image(file: str | None) -> str:
    """Google's image extension; of its elements, Google still reads only the location."""
    if not file:
        return ""
    url = _escaped(absolute(picture_storage().url(file)))
    return f"<image:image><image:loc>{url}</image:loc></image:image>"


def _lastmod(changed_at: datetime) -> str:
    return f"<lastmod>{_w3c(changed_at)}</lastmod>"


def _w3c(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


def _escaped(text: str) -> str:
    return escape(NOT_XML.sub("", text))


def _xml(
    request: HttpRequest, opening: str, entries: Iterable[str], closing: str
) -> HttpResponseBase:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', opening, *entries, closing, ""]
    content = "\n".join(lines).encode()
    return conditional_get.answer(
        request, content, "application/xml", changed_at=conditional_get.last_change()
    )


def _text(request: HttpRequest, lines: list[str]) -> HttpResponseBase:
    return conditional_get.answer(
        request, "\n".join([*lines, ""]).encode(), "text/plain; charset=utf-8"
    )
