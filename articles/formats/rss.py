"""RSS 0.9 to 2.0, RDF and Atom, also where a feed is not quite well-formed."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from articles.formats import bodies
from articles.formats.mediatopics import claims_to_be_one
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import Item, RawStory, host_of, joined, read_items, refusal, shortened
from articles.formats.xmltree import (
    SAFE,
    attribute,
    check_elements,
    check_entities,
    first,
    text_of,
)

# As RSS 2.0 has it: an address of mail, the name behind it.
MAILBOX = re.compile(r"[^\s()@]+@[^\s()@]+\s+\(([^()]+)\)")
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
DELETED = f"{TOMBSTONES}deleted-entry"


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The entries of a feed; none is no mistake.

    Raises StoryError with every mistake, each with the entry and field it is in.
    """
    check_entities(content, name)
    check_elements(content, name)
    # As a stream: feedparser takes bytes for the name of a file first. Its own sanitiser stays off
    # because the one of `bodies` follows, which also joins relative links.
    stream = io.BytesIO(content)
    try:
        document = feedparser.parse(stream, resolve_relative_uris=False, sanitize_html=False)
    except (ValueError, LookupError, AssertionError, RecursionError, TypeError, AttributeError):
        # What it raises for some bytes that are no feed at all.
        raise refusal(name, "is not a feed that can be read.") from None
    if not document.get("version") and not document.entries:
        raise refusal(name, "is not a feed that can be read.")
    feed = _Feed(document.feed, is_rss=str(document.get("version")).startswith("rss"))
    entries = [*document.entries, *_deleted_entries(content)]
    return read_items(entries, feed.raw_story, name=name, zone=zone, noun="entry")


@dataclass(frozen=True, slots=True)
class _Deleted:
    """An entry of Atom's that its source has deleted (RFC 6721)."""

    item_id: str
    at: str
    comment: str


def _deleted_entries(content: bytes) -> list[_Deleted]:
    """feedparser overlooks them."""
    if b"deleted-entry" not in content:
        return []
    try:
        root = etree.fromstring(content, etree.XMLParser(recover=True, **SAFE))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        root = None
    found = [] if root is None else root.iter(DELETED)
    return [
        _Deleted(
            attribute(each, "ref"),
            attribute(each, "when"),
            text_of(first(each, f"{TOMBSTONES}comment")),
        )
        for each in found
        if attribute(each, "ref")
    ]


class _Feed:
    """What the feed says for all of its entries."""

    def __init__(self, feed: Any, *, is_rss: bool) -> None:
        self.is_rss = is_rss
        self.link = _text(feed, "link")
        self.language = _text(feed, "language")
        self.source = bodies.plain(_text(feed, "title"))[:100] or host_of(_text(feed, "link"))
        self.rights = bodies.plain(_text(feed, "rights"))
        self.authors = _authors(feed)

    def _joined(self, link: str) -> str:
        try:
            return urljoin(self.link, link)
        except ValueError:
            return link

    def raw_story(self, entry: Any, item: Item) -> RawStory:
        if isinstance(entry, _Deleted):
            return RawStory(
                pub_status="canceled",
                item_id=entry.item_id,
                modified_at=entry.at,
                ed_note=entry.comment,
                source=self.source,
            )
        link = self._joined(_text(entry, "link"))
        summary = _text(entry, "summary")
        texts, captions = _texts(entry, is_rss=self.is_rss)
        contents = [_as_html(content) for content in texts]
        # A podcast's own summary is plain, and may be shorter than that of the feed.
        is_plain = all(content.get("type") == "text/plain" for content in texts)
        html = max([*contents, *([summary] if is_plain else [])], key=len, default="")
        authors = _authors(entry) or self.authors
        return RawStory(
            headline=bodies.plain(_text(entry, "title")),
            may_lack_headline=True,
            abstract=shortened(bodies.plain(summary)),
            body_html=bodies.with_players(html, _players(entry)),
            byline=joined([author.name for author in authors]),
            authors=authors,
            tags=[_tag(tag) for tag in dict.get(entry, "tags") or []],
            language=_language(entry) or self.language,
            published_at=_text(entry, "published") or _text(entry, "updated"),
            time_field="pubDate" if self.is_rss else "published",
            modified_at=_text(entry, "updated"),
            lead_image=_lead_image(entry, captions),
            copyright_notice=shortened(bodies.plain(_text(entry, "rights")) or self.rights),
            source=self.source,
            item_id=_text(entry, "id") or link,
            url=link,
            base=link or self.link,
        )


def _text(entry: Any, key: str) -> str:
    """By `dict.get`, since feedparser answers for a missing name with a similar one and a warning."""
    value = dict.get(entry, key)
    return value.strip() if isinstance(value, str) else ""


def _texts(entry: Any, *, is_rss: bool) -> tuple[list[Any], list[str]]:
    """The texts of an entry, and the captions that feedparser puts among them where a summary came first."""
    contents = list(dict.get(entry, "content") or [])
    if not dict.get(entry, "media_content"):
        return contents, []
    plain = [each for each in contents if each.get("type") == "text/plain"]
    if not is_rss and len(plain) == len(contents):
        plain = plain[1:]  # Atom's own text comes first
    texts = [each for each in contents if each not in plain]
    return texts, [str(each.get("value") or "").strip() for each in plain]


def _as_html(content: Any) -> str:
    value = str(content.get("value") or "")
    is_text = content.get("type") == "text/plain" and "<" not in value
    return bodies.from_text(value) if is_text else value


def _authors(entry: Any) -> list[Author]:
    names = [str(author.get("name") or "") for author in dict.get(entry, "authors") or []]
    if written := MAILBOX.fullmatch(_text(entry, "author")):  # which feedparser cuts in the middle
        names = [written[1], *names[1:]]
    return [Author(plain) for name in names if (plain := bodies.plain(name))]


def _tag(tag: Any) -> str:
    """Its words, or its code where the scheme says that it is a media topic."""
    term, scheme = str(tag.get("term") or ""), str(tag.get("scheme") or "")
    code = f"{scheme.rstrip('/')}/{term}"
    if claims_to_be_one(scheme):
        return code
    return term if claims_to_be_one(term) else bodies.plain(str(tag.get("label") or term))


def _language(entry: Any) -> str:
    details = [*(dict.get(entry, "content") or []), dict.get(entry, "title_detail") or {}]
    stated = (str(detail.get("language") or "") for detail in details)
    return _text(entry, "language") or next(filter(None, stated), "")


def _lead_image(entry: Any, captions: Sequence[str]) -> LeadImage | None:
    """The first picture among media, enclosures and thumbnails; feedparser puts the words of a
    `media:content` as details of the summary."""
    contents = [m for m in dict.get(entry, "media_content") or [] if _is_picture(m)]
    links = [link for link in dict.get(entry, "links") or [] if link.get("rel") == "enclosure"]
    thumbnails = dict.get(entry, "media_thumbnail") or []
    urls = [
        *(content.get("url") for content in sorted(contents, key=_width, reverse=True)),
        *(link.get("href") for link in links if _is_picture(link)),
        *(thumbnail.get("url") for thumbnail in thumbnails),
    ]
    detail = str((dict.get(entry, "summary_detail") or {}).get("value") or "").strip()
    caption = detail if contents and detail != _text(entry, "summary") else ""
    caption = caption or next(iter(captions), "")
    return LeadImage(
        caption=bodies.plain(caption),
        credit=bodies.plain(_text(entry, "credit")) if contents else "",
        url=next((str(url) for url in urls if url), ""),
    )


def _players(entry: Any) -> list[tuple[str, str, str]]:
    """The audio and video beside the text, by kind, address and title."""
    links = [link for link in dict.get(entry, "links") or [] if link.get("rel") == "enclosure"]
    found: dict[str, tuple[str, str, str]] = {}
    for each in (*links, *(dict.get(entry, "media_content") or [])):
        kind = str(each.get("type") or each.get("medium") or "").lower()
        address = str(each.get("href") or each.get("url") or "").strip()
        for name in ("audio", "video"):
            if kind.startswith(name) and address:
                title = bodies.plain(str(each.get("title") or ""))
                found.setdefault(address, (name, address, title))
    return list(found.values())


def _is_picture(entry: Any) -> bool:
    kind = str(entry.get("type") or entry.get("medium") or "image").lower()
    return kind == "image" or kind in {"image/jpeg", "image/jpg", "image/png", "image/webp"}


def _width(entry: Any) -> int:
    width = str(entry.get("width") or "")
    return int(width[:6]) if width.isascii() and width.isdigit() else 0
