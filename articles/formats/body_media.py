"""The pictures, videos and embeds in a body from outside: pictures beside the text, all others as links in it.

Readers load nothing from other sites, so that no element of a body shows a picture or a player of one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from lxml import etree

from articles import html_tags, markup
from articles.formats.story import LeadImage

PLAYERS = ("iframe", "embed", "object", "video", "audio", "amp-youtube", "amp-iframe", "amp-video")
PICTURES = ("img", "amp-img", "image")
# What makes a body more than text; others are not parsed here, and stay as they are.
HAS_MEDIA = re.compile(
    rf"<(?:{'|'.join((*PICTURES, *PLAYERS, 'figure', 'form', 'svg', 'canvas'))})\b|(?:^|>)\s*+https?://[^\s<>]++\s*+(?:<|$)",
    re.IGNORECASE,
)
BARE_ADDRESS = re.compile(r"https?://[^\s<>\"]{4,1000}")
SRCSET = re.compile(r"([^\s,]\S*?)(?:\s+(\d{1,5})w|\s+[\d.]{1,5}x)?\s*(?:,|$)")
# Where lazy loading keeps the address of a picture.
SOURCES = ("data-src", "data-lazy-src", "data-original", "data-full-url", "src")
CREDIT = re.compile(
    r"(?:^|[\s_-])(?:credits?|source|copyright|photographer)(?:$|[\s_-])", re.IGNORECASE
)
PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|webp)$", re.IGNORECASE)
SIZE_IN_NAME = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)")
MOST = 50  # pictures of one text
EXCERPT = 1000  # characters of a caption
REMOVED = "removed"
GONE = ("form", "svg", "canvas", "math")


@dataclass
class Media:
    """What was taken out of a body: its pictures in their order, and what was left out of it."""

    html: str
    pictures: list[LeadImage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    words: dict[etree._Element, tuple[str, str]] = field(default_factory=dict)
    holders: dict[etree._Element, None] = field(default_factory=dict)  # which may be empty now

    def note(self, text: str) -> None:
        if len(self.notes) < MOST and text not in self.notes:
            self.notes.append(text)

    def words_of(self, figure: etree._Element | None) -> tuple[str, str]:
        """Caption and credit, looked for once in a figure of many pictures."""
        if figure is None:
            return "", ""
        if figure not in self.words:
            self.words[figure] = _words_of(figure)
        return self.words[figure]


def take_out(html: str, *, base: str = "") -> Media:
    """The body without its media. A picture of this site's own library stays where it is."""
    if not HAS_MEDIA.search(html):
        return Media(html)
    root = _parsed(html_tags.bounded(html))
    if root is None:
        return Media(html)
    taken = Media("")
    for element in root.iter(*GONE):
        taken.note(f"left out: <{element.tag}>")
    _take_all(root, base, taken)
    taken.html = _inside(root)
    return taken


def _take_all(root: etree._Element, base: str, taken: Media) -> None:
    taken.links = {link.get("href") or "" for link in root.iter("a")}
    for element in list(root.iter(*PLAYERS)):
        _link_player(element, base, taken)
    for element in list(root.iter(*PICTURES)):
        _take_picture(element, base, taken)
    for holder in taken.holders:
        _remove_empty_parents(holder)
    for element in list(root.iter("figure", "p", "div")):
        _link_bare_address(element, taken)
    for element in list(root.iter("figure")):
        _drop_empty_figure(element)
    etree.strip_elements(root, REMOVED, with_tail=False)


def _parsed(html: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    content = f"<html><body><div>{html}</div></body></html>".encode(errors="replace")
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root.find("body") if root is not None else None


def _inside(body: etree._Element) -> str:
    parts = [body.text or ""]
    for child in body:
        written = etree.tostring(child, encoding="unicode", method="html")
        parts.append(written.removeprefix("<div>") if child is body[0] else written)
    html = "".join(parts)
    return html.removesuffix("</div>") if len(body) == 1 else html


def _take_picture(element: etree._Element, base: str, taken: Media) -> None:
    address = _address_of(element)
    alt_text = _line(element.get("alt") or "")
    if "emoji" in (element.get("class") or "") or "wp-smiley" in (element.get("class") or ""):
        _replace_by_text(element, alt_text)
        return
    if address and markup.picture_path(address):
        return
    url = _linked_file(element, base) or _joined(base, address)
    figure = next(element.iterancestors("figure"), None)
    caption, credit = taken.words_of(figure) if len(taken.pictures) < MOST else ("", "")
    if _is_pixel(element):
        pass
    elif not url:
        taken.note("left out: a picture without an address")
    elif len(taken.pictures) >= MOST:
        taken.note(f"left out: pictures after the first {MOST}")
    elif url not in {picture.url for picture in taken.pictures}:
        caption = caption or _line(element.get("data-caption") or "")
        taken.pictures.append(LeadImage(caption, alt_text, credit, url=url))
    else:
        _add_words(taken.pictures, url, alt_text, caption)
    _remove(element)
    if (parent := element.getparent()) is not None:
        taken.holders[parent] = None


def _add_words(pictures: list[LeadImage], url: str, alt_text: str, caption: str) -> None:
    """The copy of a picture for browsers without scripts may have the words that the first one lacks."""
    for number, each in enumerate(pictures):
        if each.url == url:
            pictures[number] = LeadImage(
                each.caption or caption, each.alt_text or alt_text, each.credit, url=url
            )


def _link_player(element: etree._Element, base: str, taken: Media) -> None:
    sources = (element, *element.iter("source", "embed", "a"))
    addresses = (
        each.get(name) for each in sources for name in (*SOURCES, "data", "href", "data-videoid")
    )
    url = next((url for each in addresses if each and (url := _joined(base, each))), "")
    if not url:
        taken.note(f"left out: <{element.tag}> without an address")
        _remove(element)
        return
    figure = next(element.iterancestors("figure"), None)
    title = _line(element.get("title") or element.get("aria-label") or "")
    title = title or taken.words_of(figure)[0]
    _replace_by_link(element, url, title, taken)


def _link_bare_address(element: etree._Element, taken: Media) -> None:
    """A paragraph or figure that is nothing but an address, which blogs show as what is there."""
    inner = ("figure",) if element.tag == "figure" else ("figure", "p", "div", "table", "ul", "ol")
    if next(element.iterdescendants(*inner), None) is not None:
        return  # what is inside is looked at by itself
    texts: list[tuple[etree._Element, str]] = []
    for each in element.iter(etree.Element):
        text = (each.text or "").strip() if each.tag not in {"figcaption", REMOVED} else ""
        if text:
            texts.append((each, text))
        if len(texts) > 1:
            return
    if not texts or not BARE_ADDRESS.fullmatch(texts[0][1]):
        return
    holder, url = texts[0]
    if holder.tag == "a" or any((each.tail or "").strip() for each in element.iterdescendants()):
        if holder.tag == "a" and holder.get("href") == url:
            holder.text = _host(url)
        return
    title = _words_of(element)[0] if element.tag == "figure" else ""
    holder.text = None
    link = etree.Element("a", href=url)
    link.text = title or _host(url)
    holder.insert(0, link)
    taken.note(f"as a link: {url}")


def _replace_by_link(element: etree._Element, url: str, title: str, taken: Media) -> None:
    parent = element.getparent()
    if parent is None or url in taken.links:
        _remove(element)
        return
    link = etree.Element("a", href=url)
    link.text = title or _host(url)
    new = link
    if parent.tag not in {"p", "li", "td", "a", "figcaption", "span", "b", "strong", "em", "i"}:
        new = etree.Element("p")
        new.append(link)
    new.tail, element.tail = element.tail, None
    parent.replace(element, new)
    taken.links.add(url)
    taken.note(f"as a link: {url}")


def _drop_empty_figure(figure: etree._Element) -> None:
    """No caption without its picture; what else a figure holds, such as a table, stays in it."""
    if figure.getparent() is None:
        return
    inside = figure.iter("img", "table", "pre", "blockquote", "ul", "ol", "p", "a")
    if any(next(each.iterancestors("figcaption"), None) is None for each in inside):
        captions = list(figure.iter("figcaption"))
        if not next(figure.iter("img", "table", "pre", "blockquote"), None) is not None:
            for caption in captions:  # it is the title of the link
                _remove(caption)
            figure.tag = "div"
        return
    words = _words_of(figure)[0]
    if "".join(figure.itertext()).strip() != words and not figure.findall(".//figcaption"):
        figure.tag = "div"
        return
    _remove(figure)


def _words_of(figure: etree._Element | None) -> tuple[str, str]:
    """Caption and credit; the credit is part of neither twice."""
    if figure is None:
        return "", ""
    caption = next(figure.iter("figcaption"), None)
    credit = ""
    for each in figure.iter("small", "cite", "span", "div", "p", "figcaption"):
        if CREDIT.search(each.get("class") or "") and each is not caption:
            credit = _line("".join(each.itertext()))
            break
    if caption is None:
        return "", credit[:200]
    words = _line(" ".join("".join(_texts(caption)).split()))
    if credit and words.endswith(credit):
        words = words.removesuffix(credit).strip()
    return words[:EXCERPT], credit[:200]


def _texts(element: etree._Element) -> Iterator[str]:
    for text in element.itertext():
        yield f"{text} "


def _address_of(element: etree._Element) -> str:
    """The picture's own, or where it loads late that of the largest that its `srcset` names."""
    for name in SOURCES:
        address = (element.get(name) or "").strip()
        if address and not address.startswith(("data:", "blob:")):
            return address
    srcset = element.get("data-srcset") or element.get("srcset") or ""
    found = [(int(width or 0), url) for url, width in SRCSET.findall(srcset[:5_000])]
    return max(found, default=(0, ""))[1]


def _linked_file(element: etree._Element, base: str) -> str:
    """The file that a click on the picture opens, where that is the same picture without its size in the name."""
    parent = element.getparent()
    if parent is None or parent.tag != "a" or not PICTURE_FILE.search(parent.get("href") or ""):
        return ""
    linked, shown = _joined(base, parent.get("href") or ""), _joined(base, _address_of(element))
    return linked if linked and SIZE_IN_NAME.sub("", shown) == linked else ""


def _is_pixel(element: etree._Element) -> bool:
    sizes = {(element.get("width") or "").strip(), (element.get("height") or "").strip()}
    return bool(sizes & {"0", "1", "0px", "1px"})


def _joined(base: str, address: str) -> str:
    if not address.strip():
        return ""
    try:
        url = urljoin(base, address.strip())
        parts = urlsplit(url)
        return url if parts.scheme in {"http", "https"} and parts.hostname else ""
    except ValueError:
        return ""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _line(text: str) -> str:
    return " ".join(text.split())[:EXCERPT]


def _replace_by_text(element: etree._Element, text: str) -> None:
    element.tail = text + (element.tail or "")
    _remove(element)


def _remove(element: etree._Element) -> None:
    """Mark the element, whose text behind it stays: joining the texts of thousands one by one takes their square."""
    tail = element.tail
    element.clear()
    element.tag, element.tail = REMOVED, tail


def _remove_empty_parents(element: etree._Element | None) -> None:
    """A link, a `<picture>` or a paragraph that held the picture alone."""
    while element is not None and element.tag in {
        "a",
        "picture",
        "p",
        "span",
        "noscript",
        "center",
    }:
        if any(text.strip() for text in element.itertext()):
            return
        if any(each.tag not in {"source", "br", REMOVED} for each in element):
            return
        parent = element.getparent()
        _remove(element)
        element = parent
