"""Text that an editor pastes from Word, Google Docs or a page: its links, headings, lists and emphasis as Markdown."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml import etree
from markdownify import MarkdownConverter

from articles.formats import bodies, html
from articles.formats.story import StoryError

# What makes a text more than its words. Code editors and terminals send colours only, and no such element.
STRUCTURE = {
    *("a", "b", "strong", "i", "em", "s", "del", "sub", "sup", "li", "table", "blockquote", "pre"),
    *("h2", "h3", "h4", "hr"),
}
_STRUCTURE = re.compile(rf"<(?:{'|'.join(sorted(STRUCTURE))})\b")
EMPHASIS = {
    "strong": re.compile(r"font-weight:\s*(?:bold|[6-9]00)"),
    "em": re.compile(r"font-style:\s*italic"),
    "s": re.compile(r"text-decoration[^;]*line-through"),
    "sup": re.compile(r"vertical-align:\s*super"),
    "sub": re.compile(r"vertical-align:\s*sub\b"),
}
REGULAR = re.compile(r"font-weight:\s*(?:normal|[1-5]00)")
HEADINGS = tuple(f"h{level}" for level in range(1, 7))
# Word's lists are paragraphs: their level is in the style, their bullet or number a text that the style hides.
WORD_LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)")
WORD_MARKER = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
WORD_HEADING = re.compile(r"^Mso(?:Title|Heading(\d))$")
NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-z]{1,3}|[ivxlc]{1,6})[.)]", re.IGNORECASE)
FOOTNOTE_OR_BOOKMARK = re.compile(r"^(?:#|file:)", re.IGNORECASE)
OPTIONS: dict[str, Any] = {
    "heading_style": "ATX",
    "bullets": "-",
    "sub_symbol": "<sub>",
    "sup_symbol": "<sup>",
    "table_infer_header": True,
    "strip": ["img"],
}
SPECIAL = re.compile(r"([\\`*\[<])")
OUTER_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
LINE_START = re.compile(r"^(\s*)(>|(?:#{1,6}|[+-])(?=\s))")
NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s)")
ENTITY = re.compile(r"&(?=#?\w{1,32};)")
SPACES_ONLY = re.compile(r"^[^\S\n]+$", re.MULTILINE)
BLANK_LINES = re.compile(r"\n{3,}")


def to_markdown(pasted: str) -> str:
    """The Markdown of the HTML on a clipboard; empty where it is no more than its words, which the browser pastes.

    Only what the allow-list of `articles.markup` names is left. Pictures go: the library has those of stories.
    """
    try:
        root = html.parsed(pasted.encode(), "pasted", charset="utf-8")
        _repair(root)
        clean = bodies.from_html(_inside(root))
        if not _STRUCTURE.search(clean):
            return ""
        markdown: str = _Converter(**OPTIONS).convert(clean)
    except (StoryError, RecursionError, ValueError):
        return ""
    return BLANK_LINES.sub("\n\n", SPACES_ONLY.sub("", markdown)).strip()


class _Converter(MarkdownConverter):
    """Escapes what Markdown would read as its own, and no more: editors go on writing in the result."""

    def escape(self, text: str, parent_tags: Collection[str]) -> str:
        text = OUTER_UNDERSCORE.sub(r"\\_", SPECIAL.sub(r"\\\1", text))
        text = NUMBERED.sub(r"\1\\\2", LINE_START.sub(r"\1\\\2", text))
        text = ENTITY.sub(r"\\&", text)
        return text.replace("|", r"\|") if {"td", "th"} & set(parent_tags) else text


def _inside(root: etree._Element) -> str:
    body = root.find("body")
    part = root if body is None else body
    inside: str = etree.tostring(part, encoding="unicode", method="html")
    return inside


def _repair(root: etree._Element) -> None:
    """Turn what programs write as styles into the elements that it means."""
    for element in list(root.iter(etree.Element)):
        _repair_link(element)
        _repair_heading(element)
    _make_word_lists(root)
    for element in list(root.iter("ul", "ol")):
        _move_into_last_item(element)
    for element in list(root.iter("span", "b", "strong", "font")):
        _make_emphasis(element)
    for item in root.iter(
        "li"
    ):  # Google Docs gives each item a paragraph, which would put lines between them
        if len(item.findall("p")) == 1:
            etree.strip_tags(item, "p")
    for heading in root.iter(*HEADINGS):  # a heading is bold by itself
        etree.strip_tags(heading, "b", "strong")


def _repair_link(element: etree._Element) -> None:
    """Bookmarks and footnotes lead nowhere outside their document; Google's detour is left out."""
    if element.tag != "a":
        return
    address = (element.get("href") or "").strip()
    if not address or FOOTNOTE_OR_BOOKMARK.match(address):
        element.attrib.pop("href", None)
        element.tag = "span"
        return
    try:
        parts = urlsplit(address)
        if parts.netloc in {"www.google.com", "google.com"} and parts.path == "/url":
            address = parse_qs(parts.query).get("q", [address])[0]
        if address.count("(") != address.count(")"):
            address = address.replace("(", "%28").replace(")", "%29")
        element.set("href", address)
    except ValueError:
        element.tag = "span"


def _repair_heading(element: etree._Element) -> None:
    """Word's title, and the headings that Word in the browser marks by their role."""
    if element.tag != "p":
        return
    level = element.get("aria-level", "2") if element.get("role") == "heading" else None
    if found := WORD_HEADING.match(element.get("class") or ""):
        level = found[1] or "1"
    if level in {"1", "2", "3", "4", "5", "6"}:
        element.tag = f"h{level}"


def _make_word_lists(root: etree._Element) -> None:
    """Lists of the paragraphs that Word styles as items, each within the item before it that has a lower level."""
    lists: list[tuple[int, etree._Element]] = []  # the open ones, by their level
    before: etree._Element | None = None
    for paragraph in list(root.iter("p")):
        found = WORD_LEVEL.search(paragraph.get("style") or "")
        if not found:
            continue
        level, kind = int(found[1]), _kind_of(paragraph)
        if before is None or paragraph.getprevious() is not before:
            lists = []
        while lists and lists[-1][0] > level:
            lists.pop()
        if lists and lists[-1][0] == level and lists[-1][1].tag != kind:
            lists.pop()
        if not lists or lists[-1][0] < level:
            before = _open_list(kind, paragraph, lists, level, before)
        paragraph.tag = "li"
        paragraph.attrib.clear()
        lists[-1][1].append(paragraph)


def _open_list(
    kind: str,
    paragraph: etree._Element,
    lists: list[tuple[int, etree._Element]],
    level: int,
    before: etree._Element | None,
) -> etree._Element | None:
    """Add a list to those that are open; returns the outermost one, after which the next item must stand."""
    new = etree.Element(kind)
    if lists:
        lists[-1][1][-1].append(new)
    else:
        paragraph.addprevious(new)
        before = new
    lists.append((level, new))
    return before


def _kind_of(paragraph: etree._Element) -> str:
    """`ol` or `ul`, by the item's bullet or number, which goes."""
    for span in list(paragraph.iter("span")):
        if WORD_MARKER.search(span.get("style") or ""):
            marker = "".join(span.itertext()).strip()
            _drop(span)
            return "ol" if NUMBER.match(marker) else "ul"
    return "ul"


def _move_into_last_item(element: etree._Element) -> None:
    """Google Docs puts an inner list beside the item that it belongs to."""
    before, parent = element.getprevious(), element.getparent()
    if parent is None or parent.tag not in {"ul", "ol"}:
        return
    if before is not None and before.tag == "li":
        before.append(element)


def _make_emphasis(element: etree._Element) -> None:
    style = element.get("style") or ""
    if element.tag in {"b", "strong"}:
        if REGULAR.search(style):  # Google Docs wraps everything in such an element
            element.tag = "span"
        return
    wanted = [tag for tag, styled in EMPHASIS.items() if styled.search(style)]
    if any(ancestor.tag in HEADINGS for ancestor in element.iterancestors()):
        wanted = [tag for tag in wanted if tag != "strong"]
    for tag in wanted if _has_text(element) else ():
        _wrap_content(element, tag)


def _wrap_content(element: etree._Element, tag: str) -> None:
    inner = etree.Element(tag)
    inner.text, element.text = element.text, None
    inner.extend(list(element))
    element.append(inner)


def _has_text(element: etree._Element) -> bool:
    return bool("".join(_texts(element)).strip())


def _texts(element: etree._Element) -> Iterable[str]:
    texts: Iterator[str] = element.itertext()
    return texts


def _drop(element: etree._Element) -> None:
    """Remove the element and keep the text after it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
