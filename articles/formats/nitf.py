"""NITF 3, the markup that wires wrap a story in; also inside NewsML-G2."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, tzinfo

from lxml import etree

from articles.formats.bylines import authors_of
from articles.formats.datelines import is_time
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import (
    BY,
    TAGS,
    Item,
    RawStory,
    joined,
    read_items,
    read_moment,
    refusal,
)
from articles.formats.xmltree import (
    attribute,
    first,
    html_of,
    language_around,
    parse,
    spaced,
    text_of,
)

# NITF's own elements as the HTML that comes nearest; those with other names are HTML already.
AS_HTML = {"hl1": "h2", "hl2": "h3", "block": "div", "bq": "blockquote"}
NOT_TEXT = ("media", "object", "body.end", "datasource")
PLAYERS = {"video": "video", "audio": "audio"}  # by their media type


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The one story of a document. Raises StoryError with every mistake and the field it is in."""
    root = without_namespaces(parse(content, name))
    if root.tag != "nitf":
        raise refusal(name, f"<{root.tag}> is not NITF.")
    return read_items([root], raw_story, name=name, zone=zone, noun="story")


def without_namespaces(root: etree._Element) -> etree._Element:
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return root


def raw_story(root: etree._Element, item: Item) -> RawStory:
    body = first(root, "body")
    docdata = first(root, "head/docdata")
    if body is None:
        item.refuse("body", "is missing.")
        return RawStory()
    empty = etree.Element("docdata")
    data = docdata if docdata is not None else empty
    head = first(body, "body.head")
    head = head if head is not None else empty
    authors = _authors(head)
    return RawStory(
        headline=text_of(first(head, "hedline/hl1", "headline/hl1"))
        or text_of(first(root, "head/title")),
        subheadline=text_of(first(head, "hedline/hl2", "headline/hl2")),
        slugline=attribute(first(data, "du-key"), "key"),
        abstract=text_of(first(head, "abstract")),
        pictures=pictures(body),  # before the body is turned into HTML
        body_html=body_html(body),
        byline=_byline(first(head, "byline")) or joined([author.name for author in authors]),
        byline_title=_byline_title(first(head, "byline")),
        authors=authors,
        dateline_date=_day(first(head, "dateline/story.date")),
        dateline_text=_dateline_text(first(head, "dateline")),
        located=spaced(first(root, "head/docdata/evloc")),
        tags=_tags(root, data),
        subjects=_subjects(root),
        language=language_around(first(body, "body.content")) or language_around(body),
        published_at=_moment(data, "date.release") or _moment(data, "date.issue"),
        embargoed_until=_moment(data, "date.release") if _is_embargoed(data) else "",
        time_field="date.release or date.issue",
        modified_at=_moment(data, "date.issue"),
        expires_at=_moment(data, "date.expire"),
        urgency=attribute(first(data, "urgency"), "ed-urg"),
        copyright_holder=attribute(first(data, "doc.copyright"), "holder"),
        ed_note=attribute(first(data, "ed-msg"), "info"),
        source=attribute(first(data, "doc-id"), "regsrc")
        or text_of(first(head, "distributor"))
        or attribute(first(data, "del-list/from-src"), "src-name"),
        item_id=_identity(root, data),
        version=attribute(first(data, "du-key"), "version"),
        pub_status=_status(data),
    )


def body_html(body: etree._Element) -> str:
    content = first(body, "body.content")
    if content is None:
        return ""
    for media in list(content.iter("media")):
        _make_player(media)
    for tag in NOT_TEXT:
        for element in list(content.iter(tag)):
            _remove(element)
    for element in content.iter(etree.Element):
        element.tag = AS_HTML.get(element.tag, element.tag)
    return html_of(content)


def _make_player(media: etree._Element) -> None:
    """A video as the element that HTML has for it, of which the body keeps a link with the caption as its title."""
    player = PLAYERS.get(attribute(media, "media-type").lower())
    references = (attribute(each, "source") for each in media.iterfind("media-reference"))
    address = next(filter(None, references), "")
    if not player or not address.startswith(("http:", "https:")):
        return
    caption = text_of(first(media, "media-caption"))
    tail = media.tail
    media.clear()
    media.tag, media.tail = player, tail
    media.set("src", address)
    media.set("title", caption)


def pictures(body: etree._Element) -> list[LeadImage]:
    media = body.iterfind("body.content//media")
    return [_picture(each) for each in media if attribute(each, "media-type").lower() == "image"]


def _picture(media: etree._Element) -> LeadImage:
    """Of several files the widest."""
    references = list(media.iterfind("media-reference"))
    reference = max(references, key=_width, default=None)
    return LeadImage(
        caption=text_of(first(media, "media-caption")),
        alt_text=attribute(reference, "alternate-text"),
        credit=text_of(first(media, "media-producer")),
        url=attribute(reference, "source"),
    )


def _width(reference: etree._Element) -> int:
    width = attribute(reference, "width")
    return int(width[:6]) if width.isascii() and width.isdigit() else 0


def _byline(byline: etree._Element | None) -> str:
    """Its words but for the titles of the people."""
    if byline is None:
        return ""
    without = deepcopy(byline)
    for title in list(without.iter("byttl")):
        _remove(title)
    words = spaced(without)
    return words if not BY.match(words) or authors_of(words) else words.removeprefix("By ")


def _byline_title(byline: etree._Element | None) -> str:
    titles = [] if byline is None else [spaced(title) for title in byline.iter("byttl")]
    return ", ".join(filter(None, titles))


def _dateline_text(dateline: etree._Element | None) -> str:
    """City, region and country in their order, where it names them apart; else its words without the time."""
    if dateline is None:
        return ""
    for time in list(dateline.iter("story.date")):
        if is_time(text_of(time)):
            _remove(time)
    location = first(dateline, "location")
    if location is not None and len(location) and text_of(dateline) == text_of(location):
        named = (
            text_of(first(location, tag)) for tag in ("city", "sublocation", "state", "region")
        )
        parts = list(dict.fromkeys(filter(None, named)))[:2]
        country = text_of(first(location, "country"))
        return ", ".join([*parts, *([country] if country and len(parts) < 2 else [])])
    return text_of(dateline)


def _day(element: etree._Element | None) -> date | None:
    moment = read_moment(attribute(element, "norm"))
    return moment.date() if moment else None


def _authors(head: etree._Element) -> list[Author]:
    """The people of the byline, each with the title that follows."""
    authors: list[Author] = []
    for each in head.iterfind("byline/*"):
        if each.tag == "person" and (name := text_of(each).removeprefix("By ")):
            authors.append(Author(name))
        elif each.tag == "byttl" and authors and not authors[-1].title:
            authors[-1] = replace(authors[-1], title=spaced(each))
    return authors


def _tags(root: etree._Element, data: etree._Element) -> list[str]:
    """Keywords, and the names of subjects, people, organisations and places."""
    matters = root.iterfind("head/tobject/tobject.subject")
    named = first(data, "identified-content")
    people = () if named is None else named.iterchildren("person", "org", "location", "event")
    names = [
        *(attribute(keyword, "key") for keyword in data.iterfind("key-list/keyword")),
        *(
            attribute(each, f"tobject.subject.{part}")
            for each in matters
            for part in ("type", "matter")
        ),
        *(text_of(each) for each in people),
    ]
    return list(dict.fromkeys(filter(None, names)))[:TAGS]


def _subjects(root: etree._Element) -> list[str]:
    """Codes of what it is about; the numbers of IPTC's older vocabulary are no media topics."""
    numbers = root.iterfind("head/tobject/tobject.subject")
    classifiers = root.iterfind("head/docdata/identified-content/classifier")
    return [
        *(attribute(each, "tobject.subject.refnum") for each in numbers),
        *(attribute(each, "value") for each in classifiers),
    ]


def _identity(root: etree._Element, data: etree._Element) -> str:
    """Its own number, else what names all of its versions."""
    return (
        attribute(first(data, "doc-id"), "id-string")
        or attribute(root, "uno")
        or attribute(first(data, "du-key"), "key")
        or _meta(root, "uuid", "guid", "id", "anpa-keyword-id")
    )


def _meta(root: etree._Element, *names: str) -> str:
    for meta in root.iterfind("head/meta"):
        if attribute(meta, "name").lower() in names and attribute(meta, "content"):
            return attribute(meta, "content")
    return ""


def _is_embargoed(data: etree._Element) -> bool:
    return attribute(data, "management-status").strip().lower() == "embargoed"


def _moment(data: etree._Element, tag: str) -> str:
    return attribute(first(data, tag), "norm")


def _status(data: etree._Element) -> str:
    """`embargoed` comes with a date of release, which says the same."""
    status = attribute(data, "management-status").strip().lower()
    return "" if status in {"embargoed", "advisory"} else status


def _remove(element: etree._Element) -> None:
    """Remove the element and leave the text after it."""
    parent, tail = element.getparent(), element.tail
    if parent is None:
        return
    before = element.getprevious()
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
