"""NewsML-G2: a news item, or a message that holds several."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import tzinfo

from lxml import etree

from articles.formats import bodies, nitf
from articles.formats.mediatopics import claims_to_be_one
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import TAGS, Item, RawStory, joined, read_items, refusal
from articles.formats.xmltree import (
    attribute,
    first,
    html_of,
    language_around,
    parse,
    spaced,
    text_of,
)

TEXT = {"", "text"}
# `dw`, `VRG`, `lee.ann`, `user17`.
SIGNATURE = re.compile(r"[a-z]{1,4}|[A-Z]{2,4}|[a-z]+[._-][\w.-]+|[A-Za-z]+\d[\w.-]*")


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The text items of a document; pictures and packages are left out.

    Raises StoryError with every mistake, each with the item and field it is in.
    """
    root = nitf.without_namespaces(parse(content, name))
    if root.tag not in {"newsItem", "newsMessage"}:
        raise refusal(name, f"<{root.tag}> is not NewsML-G2.")
    items = [root] if root.tag == "newsItem" else root.iterfind("itemSet/newsItem")
    return read_items(items, _raw_story, name=name, zone=zone)


def _raw_story(root: etree._Element, item: Item) -> RawStory | None:
    item.line = root.sourceline
    meta, content = first(root, "itemMeta"), first(root, "contentMeta")
    if meta is None:
        item.refuse("itemMeta", "is missing.")
        return None
    if _code(first(meta, "itemClass")).lower() not in TEXT:
        return None
    if content is None:
        content = etree.Element("contentMeta")
    rights = first(root, "rightsInfo")
    rights = rights if rights is not None else etree.Element("rightsInfo")
    authors = _authors(content, item)
    version = attribute(root, "version")
    modified_at = text_of(first(meta, "versionCreated"))
    language = attribute(first(content, "language"), "tag") or _language(root, content)
    inside = first(root, "contentSet/inlineXML/nitf")
    # What the text says of itself, where the item does not; before the text is turned into HTML.
    own = (
        nitf.raw_story(deepcopy(inside), Item(item.name, item.place, item.zone))
        if inside is not None
        else RawStory()
    )
    body_html, pictures = _body(root)
    return RawStory(
        headline=_headline(content, language) or own.headline,
        subheadline=_of_role(content, "headline", "sub", "subheadline", "subtitle"),
        short_headline=_of_role(content, "headline", "short"),
        slugline=text_of(first(content, "slugline")),
        abstract=_of_role(content, "description", "summary", "abstract", "") or own.abstract,
        lead_image=None if pictures else _remote_picture(root),
        pictures=pictures,
        body_html=body_html,
        byline=text_of(first(content, "by"))
        or joined([author.name for author in authors])
        or own.byline,
        authors=authors or own.authors,
        byline_title=own.byline_title,
        dateline_text=text_of(first(content, "dateline")) or own.dateline_text,
        located=_located(content),
        tags=_tags(content),
        subjects=[
            identifier
            for subject in content.iterfind("subject")
            if (identifier := _identifier(subject))
        ],
        language=language,
        published_at=text_of(first(content, "contentCreated"))
        or text_of(first(meta, "firstCreated"))
        or modified_at,
        time_field="contentCreated or firstCreated",
        modified_at=modified_at,
        urgency=text_of(first(content, "urgency")),
        copyright_holder=_name(first(rights, "copyrightHolder")),
        copyright_notice=text_of(first(rights, "copyrightNotice")),
        usage_terms=text_of(first(rights, "usageTerms")),
        credit_line=text_of(first(content, "creditline")),
        ed_note=spaced(first(meta, "edNote")),
        source=_name(first(content, "infoSource")) or _name(first(meta, "provider")),
        item_id=attribute(root, "guid"),
        version=version,
        pub_status=_identifier(first(meta, "pubStatus")),
        embargoed_until=text_of(first(meta, "embargoed")),
    )


def _authors(content: etree._Element, item: Item) -> list[Author]:
    """Those who made the story; initials and names of accounts are no names of people."""
    authors = []
    for creator in content.iterfind("creator"):
        name = _name(creator)
        if SIGNATURE.fullmatch(name):
            item.note(f"left out: the signature {name}")
        elif name:
            authors.append(Author(name))
    return authors


def _headline(content: etree._Element, language: str) -> str:
    """Of several in the item's language, of these that with the role of the main one."""
    headlines = list(content.iterfind("headline"))
    own = [each for each in headlines if language and language_around(each) == language]
    for found in (own, headlines):
        for roles in ({"main"}, {""}):
            for each in found:
                if attribute(each, "role").rpartition(":")[2].lower() in roles:
                    return text_of(each)
    return text_of(headlines[0]) if headlines else ""


def _tags(content: etree._Element) -> list[str]:
    """Keywords, and the names of subjects that are no media topics: people, organisations, an agency's own."""
    names = [text_of(keyword) for keyword in content.iterfind("keyword")]
    names += [
        next(filter(None, _names(subject)), "")
        for subject in content.iterfind("subject")
        if not claims_to_be_one(_identifier(subject))
    ]
    return list(dict.fromkeys(filter(None, names)))[:TAGS]


def _located(content: etree._Element) -> str:
    """Where the story was made, by its name, with the country around it."""
    located = first(content, "located")
    if located is None:
        return ""
    name = text_of(first(located, "name")) or attribute(located, "literal")
    names = [name, text_of(first(located, "broader/name"))]
    return ", ".join(filter(None, names))


def _language(root: etree._Element, content: etree._Element) -> str:
    """By the nearest `xml:lang` around the text, else around what is said of it."""
    text = first(root, "contentSet/inlineXML/html/body", "contentSet/inlineXML/nitf/body")
    text = (
        text if text is not None else first(root, "contentSet/inlineXML", "contentSet/inlineData")
    )
    return language_around(text) or language_around(content) or language_around(root)


def _body(root: etree._Element) -> tuple[str, list[LeadImage]]:
    """The text as HTML, and the pictures that NITF has inside of it."""
    for inline in root.iterfind("contentSet/inlineXML"):
        body = first(inline, "nitf/body")
        if body is not None:
            pictures = nitf.pictures(body)
            return nitf.body_html(body), pictures
        page = first(inline, "html/body")
        page = page if page is not None else inline
        _prepare(page)
        return bodies.parted(html_of(page)), []
    for data in root.iterfind("contentSet/inlineData"):
        text = "".join(map(str, data.itertext()))
        is_html = "html" in attribute(data, "contenttype") or bodies.is_markup(text)
        return bodies.parted(text) if is_html else bodies.from_text(text), []
    return "", []


def _prepare(page: etree._Element) -> None:
    """Take out the head of a page, which has what the item says of itself."""
    header = first(page, "header")
    if header is not None and first(header, "h1") is not None and page[0] is header:
        page.text = (page.text or "") + (header.tail or "")
        page.remove(header)


def _remote_picture(root: etree._Element) -> LeadImage | None:
    """The widest picture that the item itself carries, or a picture item of the message it links to."""
    linked = {attribute(link, "residref") for link in root.iterfind("itemMeta/link")} - {""}
    message = root.getparent()
    siblings = [] if message is None else message.iterfind("newsItem")
    for item in (root, *(each for each in siblings if attribute(each, "guid") in linked)):
        remotes = [
            remote
            for remote in item.iterfind("contentSet/remoteContent")
            if attribute(remote, "contenttype") in {"image/jpeg", "image/png", "image/webp"}
        ]
        if remotes:
            return LeadImage(
                caption=text_of(first(item, "contentMeta/description")) if item is not root else "",
                credit=text_of(first(item, "contentMeta/creditline")),
                url=attribute(max(remotes, key=_width), "href"),
            )
    return None


def _width(remote: etree._Element) -> int:
    width = attribute(remote, "width")
    return int(width[:6]) if width.isascii() and width.isdigit() else 0


def _of_role(content: etree._Element, tag: str, *roles: str) -> str:
    """By the end of its code, since each agency has its own: `hld:subHeadline`, `drol:summary`."""
    return next(
        (
            text_of(element)
            for element in content.iterfind(tag)
            if attribute(element, "role").rpartition(":")[2].lower() in roles
        ),
        "",
    )


def _name(element: etree._Element | None) -> str:
    """A party's name in words, else the end of its code."""
    if element is None:
        return ""
    words = next(filter(None, _names(element)), "")
    return words or attribute(element, "literal") or _code(element)


def _names(element: etree._Element) -> Iterator[str]:
    for name in element.iterfind("name"):
        yield text_of(name)


def _code(element: etree._Element | None) -> str:
    """The last part of its code, whether that is short or an address."""
    return re.split("[:/#]", _identifier(element).rstrip("/"))[-1]


def _identifier(element: etree._Element | None) -> str:
    return (attribute(element, "qcode") or attribute(element, "uri")).strip()
