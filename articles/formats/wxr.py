"""WXR, which WordPress writes under Tools, Export: the published posts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import unquote

from lxml import etree

from articles.formats import bodies
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import Filed, Item, host_of, read_items, refusal, shortened
from articles.formats.xmltree import attribute, first, parse, text_of

NAMESPACE = re.compile(r"http://wordpress\.org/export/[\d.]+/(excerpt/)?$")
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
SHORTCODE = re.compile(r"\[/?(?:caption|gallery|embed|audio|video|playlist)\b[^\]\n]*\]")
NEVER = "0000-00-00 00:00:00"  # what WordPress writes for a time that is not known


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The published posts of an export; pages, attachments, drafts and posts with a password are
    left out.

    Raises StoryError with every mistake, each with the post and field it is in.
    """
    root = _with_short_names(parse(content, name))
    channel = first(root, "channel")
    if root.tag != "rss" or channel is None:
        raise refusal(name, f"<{root.tag}> is not a WordPress export.")
    site = _Site.of(channel)
    posts = [post for post in channel.iterfind("item") if _is_published(post)]
    return read_items(posts, site.filed, name=name, zone=zone, noun="post")


def _with_short_names(root: etree._Element) -> etree._Element:
    """`wp:` and `excerpt:` for the namespaces whose addresses carry the version of the export."""
    for element in root.iter(etree.Element):
        name = etree.QName(element)
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
    def of(cls, channel: etree._Element) -> "_Site":
        return cls(
            source=_text(channel, "title")[:100] or host_of(_text(channel, "link")),
            language=_text(channel, "language"),
            names={
                _text(author, "wp-author_login"): _text(author, "wp-author_display_name")
                for author in channel.iterfind("wp-author")
            },
            pictures={
                _text(item, "wp-post_id"): item
                for item in channel.iterfind("item")
                if _text(item, "wp-post_type") == "attachment"
            },
        )

    def filed(self, post: etree._Element, item: Item) -> Filed:
        item.line = post.sourceline
        login = _text(post, CREATOR)
        author = self.names.get(login) or login
        categories = _labels(post, "category")
        link = _text(post, "link")
        return Filed(
            headline=bodies.plain(_text(post, "title")),
            slug=unquote(_text(post, "wp-post_name")),
            abstract=shortened(bodies.plain(_text(post, "excerpt-encoded"))),
            body_html=_paragraphs(_raw(post, CONTENT)),
            byline=author,
            authors=[Author(author)] if author else [],
            section=categories[0] if categories else "",
            tags=[*categories[1:], *_labels(post, "post_tag")],
            language=self.language,
            published_at=_moment(post, "wp-post_date") or _text(post, "pubDate"),
            modified_at=_moment(post, "wp-post_modified"),
            lead_image=self._lead_image(post),
            source=self.source,
            item_id=_text(post, "guid") or link,
            url=link,
        )

    def _lead_image(self, post: etree._Element) -> LeadImage | None:
        picture = self.pictures.get(_meta(post, "_thumbnail_id"))
        if picture is None:
            return None
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
    return [label for category in found if (label := text_of(category)) != "Uncategorized"]


def _meta(item: etree._Element, key: str) -> str:
    for meta in item.iterfind("wp-postmeta"):
        if _text(meta, "wp-meta_key") == key:
            return _text(meta, "wp-meta_value")
    return ""


def _moment(post: etree._Element, tag: str) -> str:
    """The UTC time of a pair such as `post_date_gmt` and `post_date`."""
    moment = _text(post, f"{tag}_gmt")
    return f"{moment}+00:00" if moment and moment != NEVER else ""


def _paragraphs(text: str) -> str:
    """What WordPress does when it shows a post: blank lines part its paragraphs."""
    text = SHORTCODE.sub("", text.replace("\r\n", "\n"))
    if "<p>" in text or "<p " in text:
        return text
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "\n".join(
        part if bodies.BLOCK.match(part) else f"<p>{_with_breaks(part)}</p>"
        for part in parts
        if part
    )


def _with_breaks(text: str) -> str:
    return text.replace("\n", "<br>\n")
