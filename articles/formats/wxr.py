"""WXR, which WordPress writes under Tools, Export: the published posts."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from lxml import etree

from articles import html_tags
from articles.formats import bodies, shortcodes
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import (
    ITEMS,
    Item,
    RawStory,
    check_size,
    host_of,
    read_items,
    refusal,
    shortened,
)
from articles.formats.xmltree import attribute, elements, first, text_of
from articles.offsets import written

# Written with either scheme, with and without www, version and the last slash.
NAMESPACE = re.compile(
    r"https?://(?:www\.)?wordpress\.org/export(?:/[\d.]*)?/?(excerpt/?)?$", re.IGNORECASE
)
EXPORT = re.compile(rb"""["']https?://(?:www\.)?wordpress\.org/export\b""", re.IGNORECASE)
MODULES = {
    "purl.org/rss/1.0/modules/content": "content-encoded",
    "purl.org/dc/elements/1.1": "dc-creator",
}
CONTENT, CREATOR = MODULES.values()
EXPORT_ITEMS = 100_000  # posts of one export on disk; a paper of twenty years has about 50,000
DAY_MINUTES = 24 * 60
BLOCKS_OF_EDITOR = "<!-- wp:"  # since WordPress 5, whose paragraphs are elements
# fmt: off
BLOCK_NAMES = frozenset([
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "figure", "form", "address", "fieldset",
    "div", "blockquote", "section", "article", "aside", "center", "header", "footer", "details", "iframe", "video", "audio",
    "object", "script", "style",
])
# fmt: on
CONTAINERS = frozenset(
    ["div", "blockquote", "section", "article", "aside", "center", "header", "footer", "details"]
)
DEPTH = 10  # of containers inside one another
NEW_LINE, BREAK = "\n", "<br>\n"
NEVER = "0000-00-00 00:00:00"  # what WordPress writes for a time that is not known


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The published posts of an export; pages, attachments, drafts and posts with a password are
    left out.

    Raises StoryError with every mistake, each with the post and field it is in.
    """
    check_size(content, name)
    return read_export(io.BytesIO(content), name=name, zone=zone, most=ITEMS)


def read_export(
    file: BinaryIO, *, name: str, zone: tzinfo, most: int = EXPORT_ITEMS
) -> list[Story]:
    """The same for an export of any size, of which no more than an item is held as a tree.

    Read twice: a post's picture may come after it. Raises what `read_stories` raises.
    """
    pictures: dict[str, etree._Element] = {}
    channel = etree.Element("channel")
    for item in _items(file, name, channel):
        if _text(item, "wp-post_type") == "attachment":
            pictures[_text(item, "wp-post_id")] = deepcopy(item)
    site = _Site.of(channel, pictures)
    file.seek(0)
    posts = (item for item in _items(file, name) if _is_published(item))
    return read_items(posts, site.raw_story, name=name, zone=zone, noun="post", most=most)


def _items(
    file: BinaryIO, name: str, head: etree._Element | None = None
) -> Iterator[etree._Element]:
    """Each item of the export, until the next; what the channel says besides goes to `head`."""
    for element in elements(file, name):
        parent = element.getparent()
        if parent is None and element.tag != "rss":
            raise refusal(name, f"<{element.tag}> is not a WordPress export.")
        if parent is None or parent.tag != "channel":
            continue
        if element.tag == "item":
            yield _with_short_names(element)
            # Those before, since the parser is not yet done with this one.
            element.clear()
            while (before := element.getprevious()) is not None:
                parent.remove(before)
        elif head is not None:
            head.append(_with_short_names(deepcopy(element)))


def _with_short_names(root: etree._Element) -> etree._Element:
    """`wp:` and `excerpt:` for the namespaces whose addresses carry the version of the export."""
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        module = (name.namespace or "").partition("://")[2].removeprefix("www.").rstrip("/")
        if MODULES.get(module, "").endswith(f"-{name.localname}"):
            element.tag = MODULES[module]
        if match := NAMESPACE.match(name.namespace or ""):
            element.tag = f"excerpt-{name.localname}" if match[1] else f"wp-{name.localname}"
    return root


def _is_published(post: etree._Element) -> bool:
    return (
        _text(post, "wp-post_type") == "post"
        and _text(post, "wp-status") == "publish"
        and not _text(post, "wp-post_password")
    )


@dataclass(frozen=True, slots=True)
class _Site:
    """What the export says about its site, its authors and its pictures."""

    source: str
    language: str
    names: Mapping[str, str]
    pictures: Mapping[str, etree._Element]

    @classmethod
    def of(cls, channel: etree._Element, pictures: Mapping[str, etree._Element]) -> "_Site":
        return cls(
            source=_text(channel, "title")[:100] or host_of(_text(channel, "link")),
            language=_text(channel, "language"),
            names={
                _text(author, "wp-author_login"): _text(author, "wp-author_display_name")
                for author in channel.iterfind("wp-author")
            },
            pictures=pictures,
        )

    def raw_story(self, post: etree._Element, item: Item) -> RawStory:
        item.line = post.sourceline
        login = _text(post, CREATOR)
        author = bodies.plain(self.names.get(login) or login)
        categories = _labels(post, "category")
        link = _text(post, "link")
        return RawStory(
            headline=bodies.plain(_text(post, "title")),
            may_lack_headline=True,
            slug=unquote(_text(post, "wp-post_name")),
            abstract=shortened(bodies.plain(_text(post, "excerpt-encoded"))),
            body_html=_paragraphs(self._without_shortcodes(_raw(post, CONTENT), item)),
            byline=author,
            authors=[Author(author)] if author else [],
            section=categories[0] if categories else "",
            tags=[*categories[1:], *_labels(post, "post_tag")],
            language=self.language,
            published_at=_moment(post, "wp-post_date") or _text(post, "pubDate"),
            time_field="wp:post_date_gmt",
            modified_at=_moment(post, "wp-post_modified"),
            lead_image=self._lead_image(post),
            source=self.source,
            item_id=_text(post, "guid") or link,
            url=link,
        )

    def _without_shortcodes(self, text: str, item: Item) -> str:
        """Shortcodes that mean a picture or an address as HTML; of all others their content stays."""
        text = shortcodes.as_html(text, self._gallery)
        text, left_out = shortcodes.removed(text)
        for name in left_out:
            item.note(f"left out: [{name}]")
        return text

    def _gallery(self, ids: Sequence[str]) -> str:
        images = [self._image(self.pictures[each]) for each in ids if each in self.pictures]
        return "".join(
            f'<figure><img src="{escape(image.url)}" alt="{escape(image.alt_text)}">'
            f"<figcaption>{escape(image.caption)}</figcaption></figure>"
            for image in images
        )

    def _lead_image(self, post: etree._Element) -> LeadImage | None:
        picture = self.pictures.get(_meta(post, "_thumbnail_id"))
        return None if picture is None else self._image(picture)

    def _image(self, picture: etree._Element) -> LeadImage:
        caption = bodies.plain(_text(picture, "excerpt-encoded")) or _text(picture, "title")
        alt_text = _meta(picture, "_wp_attachment_image_alt")
        return LeadImage(caption, alt_text, url=_text(picture, "wp-attachment_url"))


def _text(element: etree._Element, tag: str) -> str:
    return text_of(first(element, tag))


def _raw(element: etree._Element, tag: str) -> str:
    """The text with its lines, which mean something in a body."""
    return element.findtext(tag) or ""


def _labels(post: etree._Element, domain: str) -> list[str]:
    found = (c for c in post.iterfind("category") if attribute(c, "domain") == domain)
    labels = [bodies.plain(text_of(category)) for category in found]
    return [label for label in labels if label and label != "Uncategorized"]


def _meta(item: etree._Element, key: str) -> str:
    for meta in item.iterfind("wp-postmeta"):
        if _text(meta, "wp-meta_key") == key:
            return _text(meta, "wp-meta_value")
    return ""


def _moment(post: etree._Element, tag: str) -> str:
    """The time of a pair such as `post_date_gmt` and `post_date`, whose difference is the offset of the blog."""
    moment, local = _text(post, f"{tag}_gmt"), _text(post, tag)
    if not moment or moment == NEVER:
        return ""
    try:
        ahead = datetime.fromisoformat(local) - datetime.fromisoformat(moment)
        offset, rest = divmod(ahead, timedelta(minutes=1))
    except (ValueError, TypeError):
        offset, rest = 0, timedelta(0)
    # Clocks differ by quarters of an hour; a pair that does not was written at two times.
    if rest or offset % 15 or abs(offset) > DAY_MINUTES:
        return f"{moment}+00:00"
    return f"{local}{written(offset)}" if offset else f"{moment}+00:00"


def _paragraphs(text: str, depth: int = 0) -> str:
    """What WordPress does when it shows a post: outside of blocks, blank lines part paragraphs, and lines are lines."""
    text = text.replace("\r\n", "\n")
    if BLOCKS_OF_EDITOR in text:
        return text
    parts: list[str] = []
    position = 0
    for block in _blocks(text):
        parts.append(_lines(text[position : block.start]))
        inside = text[block.inner_start : block.inner_end]
        if block.name in CONTAINERS and "\n" in inside.strip() and depth < DEPTH:
            inside = _paragraphs(inside, depth + 1)
        parts += (
            text[block.start : block.inner_start],
            inside,
            text[block.inner_end : block.end],
        )
        position = block.end
    return "\n".join([*filter(None, ["".join(parts)]), *filter(None, [_lines(text[position:])])])


class _Block(NamedTuple):
    name: str
    start: int
    inner_start: int
    inner_end: int
    end: int


def _blocks(text: str) -> Iterator[_Block]:
    """The outermost elements of blocks; one that is not closed ends where the text does."""
    opened: html_tags.Tag | None = None
    depth = 0
    for tag in html_tags.list_tags(text):
        if opened is None:
            if tag.name == "hr":
                yield _Block(tag.name, tag.start, tag.end, tag.end, tag.end)
            elif tag.name in BLOCK_NAMES and not tag.is_end:
                opened, depth = tag, 1
        elif tag.name == opened.name:
            depth += -1 if tag.is_end else 1
            if depth == 0:
                yield _Block(tag.name, opened.start, opened.end, tag.start, tag.end)
                opened = None
    if opened is not None:
        yield _Block(opened.name, opened.start, opened.end, len(text), len(text))


def _lines(text: str) -> str:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{part.replace(NEW_LINE, BREAK)}</p>\n" for part in parts if part)
