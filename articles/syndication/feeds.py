"""The newest articles as RSS 2.0, Atom and JSON Feed 1.1: of the site, a section, an author, a tag."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from uuid import UUID
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

from articles import conditional_get
from articles.markup import with_dateline
from articles.models import (
    CURRENT_STATES,
    Article,
    ArticleAuthor,
    ArticleQuerySet,
    ArticleTag,
    Author,
    Correction,
    Media,
    PubStatus,
    Rendition,
    Section,
    Tag,
)
from articles.models.pictures import SHOWN_OF_MEDIA
from articles.pagination import Page, Position, newest, older_than

ARTICLES_PER_FEED = 50
PICTURE_WIDTH = 1280  # pixels; readers of feeds show no larger ones
# For so long, and for so many articles, Atom says which are gone (RFC 6721). Who asks less than once a
# month for a feed has to drop by itself what is no longer in it.
GONE_FOR = timedelta(days=30)
KILLED_ARTICLES = 100

# What XML cannot hold, not even escaped (XML 1.0, 2.2).
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# What a feed shows of an article. A hundred articles are loaded in half the time without the rest.
_COLUMNS = [
    "guid", "slug", "headline", "abstract", "body_html", "byline", "dateline_text", "language",
    "canonical_url", "copyright_notice", "published_at", "first_published_at",
    "content_modified_at", "section__name", *(f"lead_image__{name}" for name in SHOWN_OF_MEDIA),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a feed, with what other tables say of it."""

    article: Article
    authors: Sequence[tuple[str, str]] = ()  # names, and the addresses of their pages or ""
    tags: Sequence[str] = ()
    notices: Sequence[Correction] = ()

    @property
    def first_published_at(self) -> datetime:
        if self.article.first_published_at is None:
            raise ValueError("A story that is not published is in no feed.")
        return self.article.first_published_at

    @property
    def updated_at(self) -> datetime:
        return self.article.content_modified_at or self.first_published_at

    @property
    def categories(self) -> list[str]:
        section = self.article.section
        return [section.name, *self.tags] if section else [*self.tags]

    @property
    def picture(self) -> Rendition | None:
        """The lead image in a size for readers, where there is a file."""
        media = self.article.lead_image
        return media.within(PICTURE_WIDTH) if media and media.file else None

    @property
    def content(self) -> str:
        """The article as readers see it, with its dateline and with what was said about changes."""
        placement = Correction.Placement
        above = [_paragraph(each) for each in self.notices if each.placement == placement.TOP]
        below = [_paragraph(each) for each in self.notices if each.placement != placement.TOP]
        body = with_dateline(self.article.body_html, self.article.dateline_text)
        return "\n".join([*above, body, *below])


@dataclass(frozen=True, slots=True)
class Feed:
    """What every format says about the list of articles itself."""

    title: str
    home: str  # the page that shows the same articles
    topic: str  # the feed's own address, which names it
    url: str  # that of this page of it
    entries: Sequence[Entry]
    changed_at: datetime
    next_url: str = ""  # where the articles that follow are, if there are any
    gone: Sequence[tuple[str, datetime]] = ()  # guids that others are to drop, and since when

    @property
    def description(self) -> str:
        return f"The latest stories: {self.title}"


@dataclass(frozen=True, slots=True)
class Format:
    content_type: str
    write: Callable[[Feed], bytes]


def site(request: HttpRequest, form: str) -> HttpResponseBase:
    """The newest articles of the whole site."""
    home = reverse("articles:front")
    return _answer(request, form, settings.SITE_NAME, home, Article.objects.all())


def section(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The newest articles of one section."""
    found = get_object_or_404(Section, slug=slug)
    return _answer_about(request, form, found, Article.objects.filter(section=found))


def author(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The newest articles of one author."""
    found = get_object_or_404(Author, slug=slug)
    articles = Article.objects.filter(author_links__author=found)
    return _answer_about(request, form, found, articles)


def tag(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The newest articles with one tag."""
    found = get_object_or_404(Tag, slug=slug)
    return _answer_about(request, form, found, Article.objects.filter(tag_links__tag=found))


def hub() -> str:
    """The WebSub hub that tells subscribers of news; empty where the site has none."""
    return str(getattr(settings, "WEBSUB_HUB", ""))


def address_of(subject: Section | Author | Tag | None, form: str) -> str:
    """Where the feed of a section, an author or a tag is found from anywhere; the site's for None."""
    if subject is None:
        return settings.SITE_URL + reverse("articles:feed", args=[form])
    name = f"articles:{subject._meta.model_name}_feed"
    return settings.SITE_URL + reverse(name, args=[subject.slug, form])


def list_topics(article: Article) -> list[str]:
    """The addresses of every feed that the article is in."""
    subjects: list[Section | Author | Tag | None] = [None]
    if article.section:
        subjects.append(article.section)
    subjects += [*article.ordered_authors, *article.ordered_tags]
    return [address_of(subject, form) for subject in subjects for form in FORMATS]


def syndicated(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Those that others may take: public, not taken back, usable."""
    return articles.filter(_SYNDICATED)


_SYNDICATED = Q(
    state__in=CURRENT_STATES,
    pub_status=PubStatus.USABLE,
)


def _answer_about(
    request: HttpRequest, form: str, subject: Section | Author | Tag, articles: ArticleQuerySet
) -> HttpResponseBase:
    title = f"{subject.name} · {settings.SITE_NAME}"
    return _answer(request, form, title, subject.get_absolute_url(), articles)


def _answer(
    request: HttpRequest, form: str, title: str, home: str, articles: ArticleQuerySet
) -> HttpResponseBase:
    before = _before(request)
    page = _page(
        syndicated(articles).select_related("section", "lead_image").only(*_COLUMNS), before
    )
    entries = _list_entries(page.articles)
    topic = settings.SITE_URL + request.path
    is_atom, is_first = form == "atom.xml", before is None
    feed = Feed(
        title=_clean(title),
        home=settings.SITE_URL + home,
        topic=topic,
        url=topic if is_first else f"{topic}?before={before}",
        entries=entries,
        changed_at=max(
            (entry.updated_at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)
        ),
        next_url=f"{topic}?before={page.older}" if page.older else "",
        gone=_list_gone(articles) if is_atom and is_first else (),
    )
    write = FORMATS[form]
    response = conditional_get.answer(
        request, write.write(feed), write.content_type, changed_at=conditional_get.last_change()
    )
    links = [f'<{feed.url}>; rel="self"', *([f'<{hub()}>; rel="hub"'] if hub() else [])]
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


def _list_gone(articles: ArticleQuerySet) -> list[tuple[str, datetime]]:
    """Those that were in the feed once and are to be dropped, the latest first."""
    # Uses index: articles_by_change.
    gone = articles.filter(~_SYNDICATED, first_published_at__isnull=False).filter(
        updated_at__gte=timezone.now() - GONE_FOR
    )
    return list(
        gone.order_by("-updated_at").values_list("guid", "version_created_at")[:KILLED_ARTICLES]
    )


def _list_entries(found: Sequence[Article]) -> list[Entry]:
    """The articles with what other tables say of them, in three queries."""
    tags: dict[UUID, list[str]] = defaultdict(list)
    for article, name in (
        ArticleTag.objects.filter(article__in=found)
        .order_by("article_id", "position")
        .values_list("article_id", "tag__name")
    ):
        tags[article].append(_clean(name))
    authors: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for article, name, slug in (
        ArticleAuthor.objects.filter(article__in=found)
        .order_by("article_id", "position")
        .values_list("article_id", "author__name", "author__slug")
    ):
        page = settings.SITE_URL + reverse("articles:author", args=[slug])
        authors[article].append((_clean(name), page))
    notices: dict[UUID, list[Correction]] = defaultdict(list)
    for notice in Correction.objects.filter(article__in=found):
        notices[notice.article_id].append(notice)
    return [
        Entry(each, authors[each.id] or _byline(each), tags[each.id], notices[each.id])
        for each in found
    ]


def _byline(article: Article) -> list[tuple[str, str]]:
    return [(_clean(article.byline), "")] if article.byline else []


def _paragraph(notice: Correction) -> str:
    label, text = escape(notice.get_kind_display()), escape(notice.text)
    return f"<p><strong>{label}:</strong> {text}</p>"


class _Rss(Rss201rev2Feed):
    content_type = "application/rss+xml; charset=utf-8"

    def __init__(self, feed: Feed) -> None:
        super().__init__(
            feed.title,
            feed.home,
            feed.description,
            language=settings.LANGUAGE_CODE,
            feed_url=feed.url,
        )
        self.changed_at, self.next_url = feed.changed_at, feed.next_url

    def latest_post_date(self) -> datetime:
        return self.changed_at  # the default is the present where a feed is empty

    def rss_attributes(self) -> dict[str, str]:
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:dcterms": "http://purl.org/dc/terms/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        }

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if hub():
            handler.addQuickElement("atom:link", None, {"rel": "hub", "href": hub()})
        if self.next_url:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": self.next_url})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name, _ in item["authors"]:
            handler.addQuickElement("dc:creator", name)
        handler.addQuickElement("dc:language", item["article_language"])
        if item["rights"]:
            handler.addQuickElement("dc:rights", item["rights"])
        handler.addQuickElement("dcterms:modified", item["updateddate"].isoformat())
        handler.addQuickElement("content:encoded", item["content"])
        if item["picture"]:
            _add_picture(handler, item["picture"], item["media"])


def _add_picture(handler: SimplerXMLGenerator, picture: Rendition, media: Media) -> None:
    """Media RSS, which has room for the words that an enclosure lacks."""
    attributes = {
        "url": picture.url,
        "medium": "image",
        "type": picture.content_type,
        "fileSize": str(picture.byte_size),
        "width": str(picture.width),
        "height": str(picture.height),
    }
    handler.startElement("media:content", AttributesImpl(attributes))
    if media.caption:
        handler.addQuickElement("media:description", _clean(media.caption), {"type": "plain"})
    if media.credit:
        handler.addQuickElement("media:credit", _clean(media.credit))
    handler.endElement("media:content")


class _Atom(Atom1Feed):
    content_type = "application/atom+xml; charset=utf-8"

    def __init__(self, feed: Feed) -> None:
        super().__init__(
            feed.title,
            feed.home,
            "",
            language=settings.LANGUAGE_CODE,
            author_name=_clean(settings.SITE_NAME),  # of the entries that name nobody
            feed_url=feed.url,
            feed_guid=feed.topic,
        )
        self.changed_at, self.next_url = feed.changed_at, feed.next_url
        self.gone = feed.gone

    def latest_post_date(self) -> datetime:
        return self.changed_at

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:at": "http://purl.org/atompub/tombstones/1.0"}

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if hub():
            handler.addQuickElement("link", None, {"rel": "hub", "href": hub()})
        if self.next_url:  # RFC 5005
            handler.addQuickElement("link", None, {"rel": "next", "href": self.next_url})
        for guid, when in self.gone:
            tombstone = {"ref": guid, "when": rfc3339_date(when)}
            handler.addQuickElement("at:deleted-entry", None, tombstone)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["article_language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name, url in item["authors"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            if url:
                handler.addQuickElement("uri", url)
            handler.endElement("author")
        if item["rights"]:
            handler.addQuickElement("rights", item["rights"])
        handler.addQuickElement("content", item["content"], {"type": "html"})


def _write_xml(feed: Feed, writer: _Rss | _Atom) -> bytes:
    for entry in feed.entries:
        article = entry.article
        writer.add_item(
            title=_clean(article.headline),
            link=article.url,
            description=escape(_clean(article.abstract)),  # both formats read it as HTML
            unique_id=article.guid,
            unique_id_is_permalink=False,
            pubdate=entry.first_published_at,
            updateddate=entry.updated_at,
            categories=[_clean(name) for name in entry.categories],
            authors=entry.authors,
            article_language=article.language,
            rights=_clean(article.copyright_notice),
            content=_clean(entry.content),
            picture=(picture := entry.picture),
            media=article.lead_image,
            enclosures=[_enclosure(picture)] if picture else [],
        )
    return writer.writeString("utf-8").encode()


def _enclosure(picture: Rendition) -> Enclosure:
    return Enclosure(picture.url, str(picture.byte_size), picture.content_type)


def _write_rss(feed: Feed) -> bytes:
    return _write_xml(feed, _Rss(feed))


def _write_atom(feed: Feed) -> bytes:
    return _write_xml(feed, _Atom(feed))


def _write_json(feed: Feed) -> bytes:
    answer: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "description": feed.description,
        "language": settings.LANGUAGE_CODE,
    }
    if feed.next_url:
        answer["next_url"] = feed.next_url
    if hub():
        answer["hubs"] = [{"type": "WebSub", "url": hub()}]
    answer["items"] = [dict(_json_item(entry)) for entry in feed.entries]
    return json.dumps(answer, ensure_ascii=False).encode()


def _json_item(entry: Entry) -> Iterator[tuple[str, Any]]:
    article = entry.article
    yield "id", article.guid
    yield "url", article.url
    yield "title", article.headline
    if article.canonical_url:
        yield "external_url", article.canonical_url
    if article.abstract:
        yield "summary", article.abstract
    yield "content_html", entry.content
    if picture := entry.picture:
        yield "image", picture.url
    yield "date_published", entry.first_published_at.isoformat()
    yield "date_modified", entry.updated_at.isoformat()
    if entry.authors:
        yield (
            "authors",
            [{"name": name} | ({"url": url} if url else {}) for name, url in entry.authors],
        )
    yield "tags", entry.categories
    yield "language", article.language


FORMATS = {
    "rss.xml": Format(_Rss.content_type, _write_rss),
    "atom.xml": Format(_Atom.content_type, _write_atom),
    "feed.json": Format("application/feed+json; charset=utf-8", _write_json),
}


def _clean(text: str) -> str:
    return NOT_XML.sub("", text)
