"""A feed and its entries, as every format writes them, and the queries that load them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from articles.markup import with_absolute_pictures, with_dateline
from articles.models import Article, ArticleAuthor, ArticleTag, Correction, Rendition
from articles.models.pictures import SHOWN_OF_MEDIA

PICTURE_WIDTH = 1280  # pixels; feed readers show no larger ones

# Characters that XML cannot hold, not even escaped (XML 1.0, 2.2).
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The columns of an article that a feed shows. A hundred articles load in half the time without the others.
COLUMNS = [
    "guid", "slug", "headline", "abstract", "body_html", "byline", "dateline_text", "language",
    "site", "canonical_url", "copyright_notice", "published_at",
    "first_published_at", "published_offset", "content_modified_at", "section__name", *(f"lead_image__{name}" for name in SHOWN_OF_MEDIA),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a feed, with its rows of other tables."""

    article: Article
    authors: Sequence[tuple[str, str]] = ()  # name, and URL of the author's page or ""
    tags: Sequence[str] = ()
    notices: Sequence[Correction] = ()

    @property
    def first_published_at(self) -> datetime:
        if self.article.first_published_at is None:
            raise ValueError("A story that is not published is in no feed.")
        return self.article.as_filed(self.article.first_published_at)

    @property
    def updated_at(self) -> datetime:
        return self.article.content_modified_at or self.first_published_at

    @property
    def categories(self) -> list[str]:
        section = self.article.section
        return [section.name, *self.tags] if section else [*self.tags]

    @property
    def picture(self) -> Rendition | None:
        """The lead image in a size for readers, where its file exists."""
        media = self.article.lead_image
        return media.within(PICTURE_WIDTH) if media and media.file else None

    @property
    def content(self) -> str:
        """The article as its page shows it: with its dateline and its correction notices."""
        placement = Correction.Placement
        above = [_paragraph(each) for each in self.notices if each.placement == placement.TOP]
        below = [_paragraph(each) for each in self.notices if each.placement != placement.TOP]
        html = with_absolute_pictures(self.article.body_html)
        body = with_dateline(html, self.article.dateline_text)
        return "\n".join([*above, body, *below])


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed: its entries, and the metadata that every format has."""

    title: str
    home_url: str  # the page that shows the same articles
    topic: str  # the URL of the feed's first page, which identifies the feed
    url: str  # the URL of this page of it
    entries: Sequence[Entry]
    changed_at: datetime
    next_url: str = ""  # the page with older articles, if there are any
    hub_url: str = ""  # the WebSub hub, if the site has one
    deleted: Sequence[tuple[str, datetime]] = ()  # guids that subscribers are to delete, since when
    about: str = ""  # what is in it, where that is not the latest articles

    @property
    def description(self) -> str:
        return self.about or gettext("The latest stories: %(title)s") % {"title": self.title}


def list_entries(articles: Sequence[Article]) -> list[Entry]:
    """The articles with their tags, authors and correction notices, in three queries."""
    tags: dict[UUID, list[str]] = defaultdict(list)
    for article_id, name in (
        ArticleTag.objects.filter(article__in=articles)
        .order_by("article_id", "position")
        .values_list("article_id", "tag__name")
    ):
        tags[article_id].append(clean(name))
    authors: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for article_id, name, slug in (
        ArticleAuthor.objects.filter(article__in=articles)
        .order_by("article_id", "position")
        .values_list("article_id", "author__name", "author__slug")
    ):
        author_url = settings.SITE_URL + reverse("articles:author", args=[slug])
        authors[article_id].append((clean(name), author_url))
    notices: dict[UUID, list[Correction]] = defaultdict(list)
    for notice in Correction.objects.filter(article__in=articles):
        notices[notice.article_id].append(notice)
    return [
        Entry(each, authors[each.id] or _byline(each), tags[each.id], notices[each.id])
        for each in articles
    ]


def clean(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return NOT_XML.sub("", text)


def _byline(article: Article) -> list[tuple[str, str]]:
    return [(clean(article.byline), "")] if article.byline else []


def _paragraph(notice: Correction) -> str:
    label, text = escape(notice.get_kind_display()), escape(notice.text)
    return f"<p><strong>{label}:</strong> {text}</p>"
