"""XML from outside as a tree: no entities, no DTD, no network, no endless depth."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from lxml import etree

from articles.formats.wire import check_size, refusal

# Names of elements, after white space, declarations, comments and the document type.
SPACE = re.compile(rb"\s*+")
NAME = re.compile(rb"<([A-Za-z_][\w.:-]*)")
DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*+(?P<subset>\[)?", re.IGNORECASE)
ELEMENT = re.compile(rb"<\0*[^\0!?/\s<]")
ELEMENTS = 100_000  # of a feed of 5 MB; one of 2,000 entries has about 40,000
BLOCKS = frozenset(
    ["p", "br", "li", "div", "h1", "h2", "h3", "hl1", "hl2", "tr", "block", "section"]
)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HEAD_BYTES = 64 * 1024
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": False,  # at most 256 levels, and 10 MB of one text
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "remove_comments": True,
    "remove_pis": True,
}


def parse(content: bytes, name: str) -> etree._Element:
    """The root element. Raises StoryError for what is not well-formed, and for a bomb."""
    check_size(content, name)
    with _refusing(name):
        root = etree.fromstring(content, etree.XMLParser(**SAFE))
    _check_dtd(root, name)
    return root


def _check_dtd(element: etree._Element, name: str) -> None:
    dtd = element.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise refusal(name, "declares entities; they are not allowed.")


def elements(file: BinaryIO, name: str) -> Iterator[etree._Element]:
    """The elements of a large document, each when it ends, with the limits and errors of `parse`.

    The caller removes the elements it has read, or the tree grows with the file. Every element that is
    yielded, and every element inside it, has a valid qualified name.
    """
    checked = False
    with _refusing(name):
        for _, element in etree.iterparse(file, events=("end",), **SAFE):
            if not checked:
                _check_dtd(element, name)
                checked = True
            _check_name(element, name)
            yield element


def _check_name(element: etree._Element, name: str) -> None:
    """Refuse names that are no QName, such as `excerpt:encoded` where the prefix is not declared.

    To libxml2 an undeclared prefix, `:name`, `prefix:` and a namespace that is no URI are errors after
    which parsing goes on: iterparse yields the elements first and raises at the end of the document. Until
    then lxml raises ValueError or KeyError for such a name, in QName, in `tag = …` and for attributes.
    """
    for tag in (element.tag, *element.keys()):
        try:
            etree.QName(tag)
        except ValueError:
            text = f"not XML: {tag!r} is not a valid name; is its prefix declared?"
            raise refusal(name, text, element.sourceline) from None


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except etree.XMLSyntaxError as error:
        raise refusal(name, f"not XML: {error.msg}.", error.lineno) from None
    except (ValueError, LookupError) as error:  # such as an unknown encoding
        raise refusal(name, f"not XML: {error}.") from None


def check_entities(content: bytes, name: str) -> None:
    """Refuse a document that declares entities, without parsing it; for parsers of broken XML."""
    check_size(content, name)
    if b"<!ENTITY" in content.replace(b"\0", b"").upper():  # also in UTF-16 and UTF-32
        raise refusal(name, "declares entities; they are not allowed.")


def check_elements(content: bytes, name: str) -> None:
    """Refuse a document of very many elements, without parsing it; for parsers that take long for each."""
    count, position = 0, 0
    while position < len(content):
        start = content.find(b"<![CDATA[", position)
        end = len(content) if start == -1 else start
        count += sum(1 for _ in ELEMENT.finditer(content, position, end))
        position = len(content) if start == -1 else _behind(content, b"]]>", start)
    if count > ELEMENTS:
        raise refusal(name, f"has more than {ELEMENTS} elements.")


def root_of(content: bytes) -> str:
    """The local name of the first element; empty where there is none."""
    head = _as_ascii(content[:HEAD_BYTES])
    position = 0
    while True:
        position = _behind_space(head, position)
        if head.startswith(b"<?", position):
            position = _behind(head, b"?>", position + 2)
        elif head.startswith(b"<!--", position):
            position = _behind(head, b"-->", position + 4)
        elif doctype := DOCTYPE.match(head, position):
            end = _behind(head, b"]", doctype.end()) if doctype["subset"] else doctype.end()
            position = _behind(head, b">", end)
        else:
            name = NAME.match(head, position)
            return name[1].rpartition(b":")[2].decode() if name else ""


def _behind_space(head: bytes, start: int) -> int:
    found = SPACE.match(head, start)
    return found.end() if found else start


def _behind(head: bytes, mark: bytes, start: int) -> int:
    found = head.find(mark, start)
    return len(head) if found == -1 else found + len(mark)


def text_of(element: etree._Element | None) -> str:
    """All the words inside, in one line."""
    if element is None:
        return ""
    has_blocks = len(element) and any(each.tag in BLOCKS for each in element.iter(etree.Element))
    return " ".join("".join((_texts_of_blocks if has_blocks else _texts)(element)).split())


def spaced(element: etree._Element | None) -> str:
    """Its words in one line, those of its elements parted by spaces."""
    return "" if element is None else " ".join(" ".join(_texts(element)).split())


def first(element: etree._Element, *paths: str) -> etree._Element | None:
    """The first element on the first of these paths that leads to one."""
    for path in paths:
        found = element.find(path)
        if found is not None:
            return found
    return None


def language_around(element: etree._Element | None) -> str:
    """The nearest `xml:lang`, `lang` or NITF's `baselang` of the element and those around it."""
    while element is not None:
        for name in (XML_LANG, "lang", "baselang"):
            if language := attribute(element, name):
                return language
        element = element.getparent()
    return ""


def attribute(element: etree._Element | None, key: str) -> str:
    return (element.get(key) or "") if element is not None else ""


def html_of(element: etree._Element) -> str:
    """What is inside the element as HTML, its namespaces gone. Not yet sanitised."""
    for child in element.iter(etree.Element):
        child.tag = etree.QName(child).localname
    etree.cleanup_namespaces(element)
    inside = "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)
    return f"{_escaped(element.text or '')}{inside}"


def _texts(element: etree._Element) -> Iterator[str]:
    for text in element.itertext():
        yield str(text)


def _texts_of_blocks(element: etree._Element) -> Iterator[str]:
    """The same with a space where a paragraph or a line ends."""
    for event, each in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start":
            yield each.text or ""
            continue
        if event == "end" and each.tag in BLOCKS:
            yield " "
        if each is not element:
            yield each.tail or ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _as_ascii(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe")
