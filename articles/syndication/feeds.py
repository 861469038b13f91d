"""The feeds of the site, a section, an author and a tag: the views, their addresses, and which articles are in them.

Each feed has the newest articles as RSS 2.0, Atom and JSON Feed 1.1; rss.py, atom.py and json_feed.py write them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from articles import conditional_get
from articles.models import (
    CURRENT_STATES,
    Article,
    ArticleQuerySet,
    Author,
    PubStatus,
    Section,
    Tag,
)
from articles.pagination import Page, Position, newest, older_than
from articles.syndication import atom, json_feed, rss
from articles.syndication.feed_entries import COLUMNS, Feed, clean, list_entries

ARTICLES_PER_FEED = 50
# How long, and for how many articles, Atom lists which ones were deleted (RFC 6721). A subscriber that fetches a
# feed less than once a month has to delete by itself what the feed does not contain any more.
DELETED_PERIOD = timedelta(days=30)
DELETED_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Format:
    content_type: str
    write: Callable[[Feed], bytes]


# By the name of the file in the feed's address.
FORMATS = {
    "rss.xml": Format(rss.CONTENT_TYPE, rss.write),
    "atom.xml": Format(atom.CONTENT_TYPE, atom.write),
    "feed.json": Format(json_feed.CONTENT_TYPE, json_feed.write),
}


def site(request: HttpRequest, file_name: str) -> HttpResponseBase:
    """The newest articles of the whole site."""
    home = reverse("articles:front")
    return _answer(request, file_name, settings.SITE_NAME, home, Article.objects.all())


def section(request: HttpRequest, slug: str, file_name: str) -> HttpResponseBase:
    """The newest articles of one section."""
    found = get_object_or_404(Section, slug=slug)
    return _answer_about(request, file_name, found, Article.objects.filter(section=found))


def author(request: HttpRequest, slug: str, file_name: str) -> HttpResponseBase:
    """The newest articles of one author."""
    found = get_object_or_404(Author, slug=slug)
    articles = Article.objects.filter(author_links__author=found)
    return _answer_about(request, file_name, found, articles)


def tag(request: HttpRequest, slug: str, file_name: str) -> HttpResponseBase:
    """The newest articles with one tag."""
    found = get_object_or_404(Tag, slug=slug)
    return _answer_about(request, file_name, found, Article.objects.filter(tag_links__tag=found))


def hub_url() -> str:
    """The WebSub hub that notifies the subscribers of feeds; empty where the site has none."""
    return str(getattr(settings, "WEBSUB_HUB", ""))


def feed_url(subject: Section | Author | Tag | None, file_name: str) -> str:
    """The absolute URL of the feed of a section, an author or a tag; of the site's for None."""
    if subject is None:
        return settings.SITE_URL + reverse("articles:feed", args=[file_name])
    name = f"articles:{subject._meta.model_name}_feed"
    return settings.SITE_URL + reverse(name, args=[subject.slug, file_name])


def list_topics(article: Article) -> list[str]:
    """The URLs of every feed that contains the article, in each format."""
    subjects: list[Section | Author | Tag | None] = [None]
    if article.section:
        subjects.append(article.section)
    subjects += [*article.ordered_authors, *article.ordered_tags]
    return [feed_url(subject, file_name) for subject in subjects for file_name in FORMATS]


def syndicated(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Those that other sites may republish: listed, not retracted, with pubStatus usable."""
    return articles.filter(_SYNDICATED)


_SYNDICATED = Q(
    state__in=CURRENT_STATES,
    is_listed=True,
    pub_status=PubStatus.USABLE,
)


def _answer_about(
    request: HttpRequest,
    file_name: str,
    subject: Section | Author | Tag,
    articles: ArticleQuerySet,
) -> HttpResponseBase:
    title = f"{subject.name} · {settings.SITE_NAME}"
    return _answer(request, file_name, title, subject.get_absolute_url(), articles)


def _answer(
    request: HttpRequest, file_name: str, title: str, home: str, articles: ArticleQuerySet
) -> HttpResponseBase:
    before = _before(request)
    page = _page(
        syndicated(articles).select_related("section", "lead_image").only(*COLUMNS), before
    )
    entries = list_entries(page.articles)
    topic = settings.SITE_URL + request.path
    is_atom, is_first = file_name == "atom.xml", before is None
    feed = Feed(
        title=clean(title),
        home_url=settings.SITE_URL + home,
        topic=topic,
        url=topic if is_first else f"{topic}?before={before}",
        entries=entries,
        changed_at=max(
            (entry.updated_at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)
        ),
        next_url=f"{topic}?before={page.older}" if page.older else "",
        hub_url=hub_url(),
        deleted=_list_deleted(articles) if is_atom and is_first else (),
    )
    return answer_feed(request, file_name, feed, changed_at=conditional_get.last_change())


def answer_feed(
    request: HttpRequest, file_name: str, feed: Feed, *, changed_at: datetime | None = None
) -> HttpResponseBase:
    """The feed in the format of the file, or 304 for a client that has it.

    `changed_at` is its Last-Modified: a time that never goes back, also when an entry leaves the feed.
    """
    form = FORMATS[file_name]
    response = conditional_get.answer(
        request, form.write(feed), form.content_type, changed_at=changed_at
    )
    links = [f'<{feed.url}>; rel="self"']
    if feed.hub_url:
        links.append(f'<{feed.hub_url}>; rel="hub"')
    response["Link"] = ", ".join(links)
    return response


def _before(request: HttpRequest) -> Position | None:
    before = request.GET.get("before")
    if before is None:
        return None
    try:
        return Position.parse(before)
    except ValueError:
        raise Http404 from None


def _page(articles: ArticleQuerySet, before: Position | None) -> Page:
    if before is None:
        return newest(articles, size=ARTICLES_PER_FEED)
    return older_than(before, articles, size=ARTICLES_PER_FEED)


def _list_deleted(articles: ArticleQuerySet) -> list[tuple[str, datetime]]:
    """Guid and time of those that the feed contained once and must not contain any more, the latest first."""
    # Uses index: articles_by_change.
    deleted = articles.filter(~_SYNDICATED, first_published_at__isnull=False).filter(
        updated_at__gte=timezone.now() - DELETED_PERIOD,
        is_listed=True,  # others never were in a feed
    )
    return list(
        deleted.order_by("-updated_at").values_list("guid", "version_created_at")[:DELETED_LIMIT]
    )
