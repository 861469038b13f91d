"""Markdown to HTML that is safe to show.

Two locks: `list_objections` names what may not be published, with its line, so that a desk can
correct it; nh3 then lets through only what the allow-list names, as a second line of defence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import unquote

import nh3
from django.conf import settings
from django.core.files.storage import storages
from markdown_it import MarkdownIt
from markdown_it.token import Token

from articles import html_tags

# fmt: off
ALLOWED_TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br",
    "em", "i", "strong", "b", "a", "abbr", "sup", "sub", "del", "s",
    "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img",
}
# Elements that run, load, restyle or submit something are refused. All others that are not on the
# allow-list merely lose their tags and keep their text.
ACTIVE_TAGS = {
    "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "noscript",
    "form", "input", "button", "select", "textarea", "link", "meta", "base", "template", "svg", "math",
}
PICTURE_TAGS = {"picture", "source", "video", "audio", "track", "canvas"}
# fmt: on
# What a footnote leads to, and the way back, in bodies from elsewhere. No other id: pages have their own.
NOTE_ID = re.compile(r"note-[\w-]{1,60}")
ALLOWED_ATTRIBUTES = {
    **{tag: {"id"} for tag in ("li", "p", "sup", "h2", "h3", "h4")},
    "a": {"href", "title", "id"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}

URL_ATTRIBUTES = {"href", "src", "action", "formaction", "xlink:href", "data", "poster", "cite"}

# The headline is the page's h1, so a body's headings begin below it.
HEADINGS = {"h1": "h2", "h5": "h4", "h6": "h4"}
INLINE_TAG = re.compile(r"</?(?:em|i|strong|b|a|code|abbr|sup|sub|del|s)\b[^>]*>")
ANY_TAG = re.compile(r"<[^>]*>")
# The file of a picture as `articles.media.files` names it.
PICTURE_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-z-]{1,60}\.(?:jpg|png|webp)")
MAY_BE_PICTURE = re.compile(
    r"!\[|<(?:img|picture|source|video|audio|track|canvas)\b", re.IGNORECASE
)
EMPTY_PICTURE = re.compile(r"<img(?![^>]* src=)[^>]*>")
EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")
WORD = re.compile(r"\w+(?:['\u2019.,-]\w+)*")
# What browsers overlook inside a link's scheme: `java&#10;script:` runs.
OVERLOOKED_IN_LINKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Objection:
    """What may not be published, and its line in the text, from 1."""

    line: int
    text: str
    is_picture: bool = False  # a draft may hold it, and readers do not see it


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    word_count: int


def render(markdown: str) -> Rendered:
    """The text as sanitised HTML, without what `list_objections` names."""
    parser = _parser()
    tokens = parser.parse(markdown)
    for token in tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
    html = sanitise(parser.renderer.render(tokens, parser.options, {}))
    return Rendered(html=html, word_count=count_words(html))


def sanitise(html: str, *, is_foreign: bool = False) -> str:
    """Only what the allow-list names. Links lend no rank and give their target no handle on the page.

    A picture of `is_foreign` HTML stays where it has its whole address: a path would be of another site.
    """
    cleaned = nh3.clean(
        html_tags.bounded(html),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=_kept_foreign_attribute if is_foreign else _kept_attribute,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener nofollow",
        clean_content_tags=ACTIVE_TAGS - {"form"},
    )
    shown, dropped = EMPTY_PICTURE.subn("", cleaned)
    return (EMPTY_PARAGRAPH.sub("", shown) if dropped else shown).strip()


def _kept_attribute(tag: str, name: str, value: str) -> str | None:
    """nh3 reads schemes as the URL standard does; this one also sees through escapes, as desks do."""
    if name == "src":
        return picture_path(value)
    if name == "id":
        return value if NOTE_ID.fullmatch(value) else None
    return None if name == "href" and any(_objections_to_link(value, 1)) else value


def _kept_foreign_attribute(tag: str, name: str, value: str) -> str | None:
    return None if name == "src" and value.startswith("/") else _kept_attribute(tag, name, value)


def picture_path(address: str) -> str | None:
    """Where pages find the picture, if it is one of this installation's: readers load nothing from other sites."""
    folder = storages["pictures"].url("pictures/")
    path = address.removeprefix(settings.SITE_URL)
    is_own = path.startswith(folder) and PICTURE_FILE.fullmatch(path.removeprefix(folder))
    return path if is_own else None


def with_absolute_pictures(body_html: str) -> str:
    """The body for other sites, which find a picture only at its whole address."""
    return body_html.replace('<img src="/', f'<img src="{settings.SITE_URL}/')


def count_words(html: str) -> int:
    text = unescape(ANY_TAG.sub(" ", INLINE_TAG.sub("", html)))
    return sum(1 for _ in WORD.finditer(text))


def with_dateline(body_html: str, dateline: str) -> str:
    """The body as readers see it, the dateline at the head of its first paragraph."""
    if not dateline:
        return body_html
    span = f'<span class="dateline">{escape(dateline)}</span>'
    if body_html.startswith("<p>"):
        return f"<p>{span} {body_html.removeprefix('<p>')}"
    return f"<p>{span}</p>\n{body_html}"


def list_objections(markdown: str) -> list[Objection]:
    """Scripts, styles, forms, frames, event handlers, unsafe links, and pictures that are not of the library."""
    found: list[Objection] = []
    for token in _parser().parse(markdown):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "html_block":
            found += _inspect(token.content, line)
        for child in token.children or ():
            found += _objections_to(child, line)
            line += child.content.count("\n") + (child.type in {"softbreak", "hardbreak"})
    return found


def list_pictures(markdown: str) -> list[str]:
    """The addresses of the pictures of the text that are not of the library."""
    if not MAY_BE_PICTURE.search(markdown):
        return []
    children = (child for token in _parser().parse(markdown) for child in token.children or ())
    sources = [str(each.attrs.get("src", "")) for each in children if each.type == "image"]
    return [each for each in sources if picture_path(each) is None]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # markdown-it would print an unsafe link as plain text; here it becomes an objection instead.
    parser.validateLink = _accept_link  # type: ignore[method-assign]  # as its manual shows
    return parser


def _accept_link(url: str) -> bool:
    return True


def _objections_to(token: Token, line: int) -> Iterator[Objection]:
    if token.type == "html_inline":
        yield from _inspect(token.content, line)
    elif token.type == "link_open":
        yield from _objections_to_link(str(token.attrs.get("href", "")), line)
    elif token.type == "image":
        yield from _objections_to_picture(str(token.attrs.get("src", "")), line)


def _objections_to_link(url: str, line: int) -> Iterator[Objection]:
    match = SCHEME.match(OVERLOOKED_IN_LINKS.sub("", unquote(url)))
    if match and match[1].lower() not in ALLOWED_SCHEMES:
        yield Objection(line, f"a link to '{match[1].lower()}:' is not allowed.")


def list_hidden_pictures(markdown: str) -> list[Objection]:
    """The pictures of the text that readers would not see; fast where there are none."""
    if not MAY_BE_PICTURE.search(markdown):
        return []
    return [each for each in list_objections(markdown) if each.is_picture]


def _objections_to_picture(address: str, line: int) -> Iterator[Objection]:
    if picture_path(address) is None:
        advice = "add it under Pictures, and use the line that its page there gives."
        yield Objection(line, f"readers do not see this picture: {advice}", is_picture=True)


def _inspect(html: str, first_line: int) -> Iterator[Objection]:
    """What may not be published of the HTML inside a Markdown text."""
    line, position = first_line, 0
    for tag in html_tags.list_tags(html):
        line, position = line + html.count("\n", position, tag.start), tag.start
        if not tag.is_end:
            yield from _objections_to_tag(tag, line)


def _objections_to_tag(tag: html_tags.Tag, line: int) -> Iterator[Objection]:
    attributes = [(name, unescape(value)) for name, value in tag.attributes()]
    if tag.name in ACTIVE_TAGS:
        yield Objection(line, f"<{tag.name}> is not allowed.")
    elif tag.name in PICTURE_TAGS:
        yield Objection(line, f"readers do not see <{tag.name}>.", is_picture=True)
    elif tag.name == "img":
        yield from _objections_to_picture(dict(attributes).get("src") or "", line)
    for name, value in attributes:
        if name.startswith("on") or name == "style":
            yield Objection(line, f"the attribute {name!r} is not allowed.")
        elif name in URL_ATTRIBUTES and tag.name != "img":
            yield from _objections_to_link(value, line)
