"""The tags of foreign HTML, found in one pass over it, and HTML whose elements are not nested without limit.

Parsers of HTML5 repair what is nested wrongly, in a time and memory that grow with the square of the input: `<div>`
written 100,000 times, or `<p><b id=1><p><b id=2>…`, whose every paragraph opens all elements of those before it again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A tag as HTML5's tokenizer reads it. Possessive throughout: no position is tried twice. White space is HTML's.
_SPACE = r"\t\n\f\r "
_ATTRIBUTE = (
    rf"""[^{_SPACE}/>][^{_SPACE}/>=]*+"""
    rf"""(?:[{_SPACE}]*+=[{_SPACE}]*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^{_SPACE}>]*+)|(?![{_SPACE}]*+=))"""
)
TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>[a-zA-Z][^{_SPACE}/>]*+)(?P<rest>(?:[{_SPACE}/]++|{_ATTRIBUTE})*+)>"
)
# Name and value: in double quotes, in single quotes, or in none.
ATTRIBUTE = re.compile(
    rf"""([^{_SPACE}/>][^{_SPACE}/>=]*+)"""
    rf"""(?:[{_SPACE}]*+=[{_SPACE}]*+(?:"([^"]*+)"|'([^']*+)'|((?!["'])[^{_SPACE}>]*+))|(?![{_SPACE}]*+=))"""
)
_BEGINS_TAG = re.compile(r"</?[a-zA-Z]")
_BEGINS_ELEMENT = re.compile(r"<(?=[a-zA-Z])")
# Their content is text up to their own end tag.
RAW = frozenset(
    ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"]
)
# fmt: off
VOID = frozenset([
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr",
])
_END_PARAGRAPH = frozenset([
    "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main", "menu",
    "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
])
# Elements that end where one of these begins, without an end tag of their own.
_ENDED_BY = {
    "p": _END_PARAGRAPH, "li": frozenset(["li"]), "dt": frozenset(["dt", "dd"]), "dd": frozenset(["dt", "dd"]),
    "td": frozenset(["td", "th", "tr", "tbody"]), "th": frozenset(["td", "th", "tr", "tbody"]),
    "tr": frozenset(["tr", "tbody"]), "thead": frozenset(["tbody", "tfoot"]), "tbody": frozenset(["tbody", "tfoot"]),
    "option": frozenset(["option", "optgroup"]),
}
# fmt: on
_DECLARATIONS = ("<!", "<?")
DEPTH = 200  # open elements; pages of news have about 40
MENDED = 20  # elements of one text that the tag of another one ends; each may be opened again in every paragraph
ATTRIBUTES = 200  # of one tag


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and where it is. `name` is in lower case; `rest` holds the attributes as they are written."""

    name: str
    is_end: bool
    rest: str
    start: int
    end: int

    def attributes(self) -> Iterator[tuple[str, str]]:
        for found in ATTRIBUTE.finditer(self.rest):
            yield found[1].lower(), found[2] or found[3] or found[4] or ""


def list_tags(html: str) -> Iterator[Tag]:
    """The tags in their order, without those in comments and raw text; none after a tag that does not end."""
    position = 0
    while (start := html.find("<", position)) != -1:
        if html.startswith(_DECLARATIONS, start):
            position = _end_of_declaration(html, start)
            continue
        found = TAG.match(html, start)
        if found is None:
            if _BEGINS_TAG.match(html, start):
                return  # the rest of the text is inside of this tag
            position = start + 1
            continue
        name = found["name"].lower() if found["name"].isascii() else found["name"]
        yield Tag(name, bool(found["slash"]), found["rest"], start, found.end())
        position = found.end()
        if name in RAW and not found["slash"]:
            end = re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE).search(html, position)
            position = end.start() if end else len(html)


def _end_of_declaration(html: str, start: int) -> int:
    """Behind a comment, a document type or an instruction; the end of the text where it does not end."""
    mark = "-->" if html.startswith("<!--", start) else ">"
    end = html.find(mark, start + 2)
    return len(html) if end == -1 else end + len(mark)


def bounded(html: str) -> str:
    """The HTML as it is, or with every element properly nested where it exceeds DEPTH, MENDED or ATTRIBUTES.

    Tags beyond these limits go, and their text stays.
    """
    if html.count("<") <= DEPTH and html.count("=") <= ATTRIBUTES:
        return html
    nesting = _Nesting()
    parts: list[str] = []
    position = 0
    for tag in list_tags(html):
        parts += (nesting.read_text(html[position : tag.start]), nesting.read(tag, html))
        position = tag.end
    parts.append(nesting.read_text(html[position:]))
    return "".join(parts) if nesting.exceeds else html


class _Nesting:
    """The elements that are open, and whether a limit was exceeded."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.dropped: dict[str, int] = {}  # start tags that went, whose end tags go, too
        self.mended = 0
        self.hidden = 0
        self.exceeds = False

    def read_text(self, text: str) -> str:
        """Text, comments and raw text. What may be a tag to another parser, such as one after `--!>`, is text."""
        self.hidden += len(_BEGINS_ELEMENT.findall(text))
        if self.hidden <= DEPTH:
            return text
        self.exceeds = True
        return _BEGINS_ELEMENT.sub("&lt;", text)

    def read(self, tag: Tag, html: str) -> str:
        """The tag as it is to be written, with the end tags that are missing before it."""
        if tag.is_end:
            return self._end(tag.name)
        before = ""
        while self.open and tag.name in _ENDED_BY.get(self.open[-1], ()):
            before += f"</{self.open.pop()}>"
        if "p" in self.open and tag.name in _END_PARAGRAPH and self._is_open("p"):
            before += self._end("p")
        written = html[tag.start : tag.end]
        if tag.rest.count("=") + tag.rest.count(" ") > ATTRIBUTES and self._has_many(tag):
            self.exceeds = True
            written = f"<{tag.name}>"
        if tag.name in VOID:
            return before + written
        if len(self.open) >= DEPTH:
            self.exceeds = True
            self.dropped[tag.name] = self.dropped.get(tag.name, 0) + 1
            return before
        self.open.append(tag.name)
        return before + written

    def _has_many(self, tag: Tag) -> bool:
        return sum(1 for _ in tag.attributes()) > ATTRIBUTES

    def _is_open(self, name: str) -> bool:
        """Whether the element is open in the innermost cell or button, beyond which no tag of HTML reaches."""
        for each in reversed(self.open):
            if each == name:
                return True
            if each in {"table", "td", "th", "caption", "button", "object", "template"}:
                return False
        return False

    def _end(self, name: str) -> str:
        if self.dropped.get(name):
            self.dropped[name] -= 1
            return ""
        if name not in self.open:
            return "" if name != "p" else "<p></p>"
        ends = ""
        while (last := self.open.pop()) != name:
            if name not in _ENDED_BY.get(last, ()) and last not in _ENDED_BY:
                self._mend()
            ends += f"</{last}>"
        return f"{ends}</{name}>"

    def _mend(self) -> None:
        self.mended += 1
        self.exceeds = self.exceeds or self.mended > MENDED
