"""Web pages: their JSON-LD first, else what trafilatura extracts."""

import codecs
import json
import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from babel.core import get_global
from lxml import etree

from articles.formats import bodies
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import (
    Item,
    RawStory,
    check_size,
    host_of,
    joined,
    read_items,
    refusal,
    shortened,
)
from articles.formats.xmltree import language_around

ARTICLE = re.compile(r"(?:.*[/:])?(?:\w*NewsArticle|Article|BlogPosting|Report)$")
TOP_HEADING = re.compile(
    r"(?:\s*<(?:html|head|body)\b[^>]*>|\s*</head>)*\s*<h[12]>(.{1,500}?)</h[12]>", re.DOTALL
)
# In <meta charset> and <meta http-equiv>, and a byte order mark.
_DECLARES_CHARSET = re.compile(rb"charset\s*=|^\xef\xbb\xbf|^\xfe\xff|^\xff\xfe", re.IGNORECASE)
# Classes of <time>: hAtom's, which WordPress themes write, and h-entry's; and names of <meta>.
PUBLISHED = frozenset({"published", "dt-published"})
TIMES = (
    "dc.date.issued",
    "dc.date",
    "dcterms.created",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publish-date",
    "date",
)
ELEMENTS = 30_000  # of a page; one of news has about 3,000
DEPTH = 10  # of JSON-LD inside JSON-LD


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The one story of a page. Raises StoryError with every mistake and the field it is in."""
    check_size(content, name)
    page = parsed(content, name)
    if sum(1 for _ in page.iter()) > ELEMENTS:
        raise refusal(name, f"the page has more than {ELEMENTS} elements.")
    return read_items([page], _Page(content).raw_story, name=name, zone=zone, noun="page")


def parsed(content: bytes, name: str, *, charset: str = "") -> etree._Element:
    """The tree of a page; `charset` is what came with it. Raises StoryError for what is no page."""
    parser = etree.HTMLParser(
        encoding=_encoding(content, charset),
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        root = None
    if root is None:
        raise refusal(name, "is not a page that can be read.")
    return root


def _encoding(content: bytes, charset: str) -> str | None:
    """The one that came with the page; else UTF-8 where the page declares none and is that; None: as it declares."""
    try:
        # Some codecs of Python's are of no text, and unknown to the parser.
        etree.HTMLParser(encoding=codecs.lookup(charset).name)
        return codecs.lookup(charset).name
    except (LookupError, ValueError):
        pass
    if _DECLARES_CHARSET.search(content[:4_096]):
        return None
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


class _Page:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def raw_story(self, root: etree._Element, item: Item) -> RawStory:
        data = next(linked_articles(root), {})
        found = _extracted(self.content)
        url = (
            first_text(data, "url", "mainEntityOfPage", "@id")
            or canonical_link(root)
            or found["url"]
        )
        names = (
            _names(data.get("author"))
            or _stated_authors(root)
            or [name for name in found["author"].split("; ") if name]
        )
        headline = bodies.plain(first_text(data, "headline", "name") or found["title"])
        return RawStory(
            headline=headline,
            subheadline=bodies.plain(first_text(data, "alternativeHeadline")),
            abstract=shortened(
                bodies.plain(first_text(data, "description", "abstract") or found["description"])
            ),
            body_html=_body(data) or _without_headline(found["body"], headline),
            byline=joined(names),
            authors=[Author(name) for name in names],
            dateline_text=bodies.plain(first_text(data, "dateline")),
            section=next(iter(texts(data.get("articleSection"))), ""),
            tags=_keywords(data.get("keywords")),
            subjects=_about(data.get("about")),
            language=first_text(data, "inLanguage") or page_language(root),
            published_at=first_text(data, "datePublished") or stated_time(root),
            time_field="datePublished",
            modified_at=first_text(data, "dateModified"),
            lead_image=_lead_image(data.get("image"), root),
            copyright_holder=next(iter(_names(data.get("copyrightHolder"))), ""),
            copyright_notice=first_text(data, "copyrightNotice"),
            credit_line=first_text(data, "creditText"),
            source=next(iter(_names(data.get("publisher"))), "")
            or found["sitename"]
            or host_of(url),
            item_id=url,
            url=url,
        )


def linked_articles(root: etree._Element) -> Iterator[dict[str, Any]]:
    """The objects in the page's JSON-LD that describe an article; broken JSON-LD says nothing."""
    for script in root.iter("script"):
        if script.get("type") == "application/ld+json":
            try:
                data = json.loads(script.text or "", strict=False)
            except (ValueError, RecursionError):
                continue
            yield from _articles_in(data, DEPTH)


def _articles_in(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(data, list) and depth:
        for one in data:
            yield from _articles_in(one, depth - 1)
    elif isinstance(data, dict) and depth:
        if any(ARTICLE.match(kind) for kind in texts(data.get("@type"))):
            yield data
        yield from _articles_in(data.get("@graph"), depth - 1)


def _body(data: dict[str, Any]) -> str:
    """JSON-LD's body is plain text; some sites put HTML in it."""
    text = first_text(data, "articleBody")
    return text if re.search("</p>|<br", text) else bodies.from_text(text)


def _without_headline(html: str, headline: str) -> str:
    """The page's own h1 is no part of the body."""
    match = TOP_HEADING.match(html)
    return html[match.end() :] if match and bodies.plain(match[1]) == headline else html


def first_text(data: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = data.get(key)
        if isinstance(value, dict):
            value = value.get("@id")
        for text in texts(value):
            return text
    return ""


def texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _names(value: Any) -> list[str]:
    """Of people or organisations, given as objects with a name or as the name itself."""
    values = value if isinstance(value, list) else [value]
    named = [one.get("name") if isinstance(one, dict) else one for one in values]
    return [bodies.plain(name) for name in texts(named)]


def _keywords(value: Any) -> list[str]:
    words = texts(value)
    if isinstance(value, str):
        words = [word.strip() for word in value.split(",")]
    return [word for word in words if word and not word.startswith(("http:", "https:"))]


def _about(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    data = [first_text(one, "@id", "sameAs") if isinstance(one, dict) else one for one in entries]
    return texts(data)


def _lead_image(value: Any, root: etree._Element) -> LeadImage:
    """What JSON-LD says of the picture, as an object or an address, else what cards show."""
    values = value if isinstance(value, list) else [value]
    data = next((one for one in values if isinstance(one, dict)), {})
    address = next(iter(texts(values)), "")
    return LeadImage(
        caption=bodies.plain(first_text(data, "caption")),
        alt_text=bodies.plain(page_property(root, "og:image:alt")),
        credit=bodies.plain(first_text(data, "creditText")),
        url=first_text(data, "contentUrl", "url") or address or page_property(root, "og:image"),
    )


def page_language(root: etree._Element) -> str:
    """As the page states it: of its text, for readers' cards, in its head."""
    text = next(iter(root.iter("article")), root.find("body"))
    around = language_around(text) or language_around(root)
    return around or _locale(root) or _equivalent(root, "content-language")


def _locale(root: etree._Element) -> str:
    """That of readers' cards, which always has a region: only one that the language does not imply says something."""
    language, _, region = page_property(root, "og:locale").replace("-", "_").partition("_")
    implied = get_global("likely_subtags").get(language.lower(), "").endswith(f"_{region.upper()}")
    return language if implied or not region else f"{language}-{region}"


def _equivalent(root: etree._Element, name: str) -> str:
    for meta in root.iter("meta"):
        if (meta.get("http-equiv") or "").lower() == name:
            return (meta.get("content") or "").partition(",")[0]
    return ""


def stated_time(root: etree._Element) -> str:
    """When the page says that it was published: for readers' cards, in its microdata, or its head. Never a guess."""
    for name in ("article:published_time", "og:article:published_time"):
        if stated := page_property(root, name):
            return stated
    for element in root.iter(etree.Element):
        stated = (element.get("datetime") or element.get("content") or "").strip()
        classes = (element.get("class") or "").split()
        is_it = element.get("itemprop") == "datePublished" or not PUBLISHED.isdisjoint(classes)
        if stated and is_it:
            return stated
    return next(filter(None, (_named_meta(root, name) for name in TIMES)), "")


def _stated_authors(root: etree._Element) -> list[str]:
    """Those that its head names; an address of a page is no name."""
    named = (_named_meta(root, "author"), page_property(root, "article:author"))
    return [bodies.plain(name) for name in named if name and "://" not in name][:1]


def _named_meta(root: etree._Element, name: str) -> str:
    for meta in root.iter("meta"):
        if (meta.get("name") or "").lower() == name:
            return (meta.get("content") or "").strip()
    return ""


def page_property(root: etree._Element, name: str) -> str:
    for meta in root.iter("meta"):
        if meta.get("property") == name:
            return meta.get("content") or ""
    return ""


def canonical_link(root: etree._Element) -> str:
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            return link.get("href") or ""
    return ""


def _extracted(content: bytes) -> dict[str, str]:
    """What trafilatura extracts from the page's text and layout; empty texts where it finds nothing."""
    # Imported here because it is slow to load, and no other command should wait for it.
    from trafilatura import bare_extraction, extract

    try:
        found = bare_extraction(content, with_metadata=True, include_comments=False)
        html = extract(
            content,
            output_format="html",
            include_formatting=True,
            include_links=True,
            include_comments=False,
        )
    except (ValueError, TypeError, AttributeError, RecursionError, LookupError, etree.LxmlError):
        found, html = None, None  # what it raises for some bytes that are no page at all
    names = ("title", "author", "description", "date", "url", "sitename")
    return {name: str(getattr(found, name, "") or "") for name in names} | {"body": html or ""}
