"""Bodies from outside as HTML that is safe to show and that a desk can edit.

The result is sanitised HTML without blank lines, which is Markdown too: rendered as Markdown it is
itself, so a desk edits an imported story where it edits its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape
from html.entities import html5
from urllib.parse import urljoin

from articles import html_tags, markup
from articles.formats import body_media
from articles.formats.front_matter import UNWELCOME
from articles.formats.story import LeadImage

CHARACTERS = 1_000_000  # far above the longest long-read, which has about 130,000

# Elements that mean a paragraph when they hold text; their own tags are not on the allow-list.
BOXES = re.compile(
    r"<(/?)(?:div|section|article|main|header|footer|aside|address|center|dl|dt|dd)\b[^<>]*>",
    re.IGNORECASE,
)
# The headline is the page's h1, so a body's headings begin below it.
HIGH_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)
LOW_HEADING = re.compile(r"<(/?)h[56]\b", re.IGNORECASE)
BLOCK = re.compile(r"<(?:p|h2|h3|h4|ul|ol|blockquote|pre|hr|table|figure)\b", re.IGNORECASE)
BLOCK_NAMES = frozenset(
    ["p", "h2", "h3", "h4", "ul", "ol", "blockquote", "pre", "hr", "table", "figure"]
)
# What follows a block and is none.
LOOSE = re.compile(
    r"(?:</(?:p|h[234]|ul|ol|blockquote|pre|table|figure)>|<hr>)(?:\s|<br>)*+(?:[^<\s]|<(?!/|p>|h[234]|[uo]l|blockquote|pre|hr|table|figure))"
)
LEADING_BREAKS = re.compile(r"(?:\s|<br>)*+")
INDENT = re.compile(r" {2}|\t")
TEXT_PARAGRAPH = re.compile(r"<p\b[^<>]*+>([^<>]*+)</p>")
BLOCK_BEGINS = re.compile(r"<(p|br|h[1-6]|div|table|ul)\b[^<>]*>", re.IGNORECASE)
BREAKS = re.compile(r"<br>(?:\s*+<br>)++")
PARAGRAPH = re.compile(r"<p>([^<]*+(?:<(?!/?p>)[^<]*+)*+)</p>")
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|<br>)*+</p>")
BLANK_LINES = re.compile(r"\n[^\S\n]*(?=\n)")
PREFORMATTED = re.compile(r"<pre>.*?</pre>", re.DOTALL)
BLANK_IN_PREFORMATTED = re.compile(r"\n(?:[^\S\n]*\n)+")
# Of elements that HTML has; a sign such as < before a word is none.
ESCAPED_TAG = re.compile(
    r"&lt;(/?)(p|div|span|a|b|i|em|strong|u|br|hr|img|figure|figcaption|h[1-6]|ul|ol|li|blockquote|q|table|tbody|thead|tr|td|th"
    r"|script|style|iframe|embed|object|video|audio|source|section|article|font|small|sup|sub|code|pre|center)\b"
    r"((?:(?!&lt;|&gt;)[^<>])*+)&gt;",
    re.IGNORECASE,
)
ESCAPED_ENTITY = re.compile(r"&amp;(#\d{2,6};|#x[0-9a-fA-F]{2,5};|[a-zA-Z]{2,10};)")
ENTITY = re.compile(
    r"&(?:#\d{2,6}|#x[0-9a-fA-F]{2,5}|amp|lt|gt|quot|apos|nbsp|[rl][sd]quo|[nm]dash|hellip);"
)
IN_PAGE = re.compile(r"""href\s*+=\s*+["']#([^"'\s<>]++)["']""", re.IGNORECASE)
NOTE = re.compile(r"note-[\w-]{1,60}")
NO_END = html_tags.VOID | html_tags.RAW | {"p", "li", "td", "tr", "div", "span"}
LINK = re.compile(r'(<a\b[^>]*?) href="([^"]*)"')
WEB_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is safe to show, the pictures that were in it, and what was left out of it."""

    html: str
    pictures: tuple[LeadImage, ...] = ()
    notes: tuple[str, ...] = ()


def read(html: str, *, base: str = "") -> Body:
    """The body as `from_html` gives it, its media beside it or as links, and escaped markup as markup."""
    media = body_media.take_out(html, base=base)
    clean = from_html(media.html, base=base)
    if (markup_again := unescaped(clean)) != clean:
        again = body_media.take_out(markup_again, base=base)
        clean = from_html(again.html, base=base)
        media.pictures += again.pictures
        media.notes += again.notes
    return Body(clean, tuple(media.pictures), tuple(media.notes))


def unescaped(html: str) -> str:
    """Sanitised HTML in which tags and entities that were escaped once too often are what they mean.

    Text about markup stays: what is in `<code>` and `<pre>`, and a tag that has neither attributes nor an end.
    """
    if "&lt;" not in html and "&amp;" not in html:
        return html
    parts: list[str] = []
    position, quoted = 0, 0
    for tag in html_tags.list_tags(html):
        text = html[position : tag.start]
        parts += (text if quoted else _unescaped_text(text), html[tag.start : tag.end])
        if tag.name in {"code", "pre"}:
            quoted = max(quoted + (-1 if tag.is_end else 1), 0)
        position = tag.end
    return "".join([*parts, _unescaped_text(html[position:])])


def _unescaped_text(text: str) -> str:
    text = ESCAPED_ENTITY.sub(
        lambda found: f"&{found[1]}" if found[1] in html5 or found[1][0] == "#" else found[0], text
    )
    tags = list(ESCAPED_TAG.finditer(text))
    if not any(tag[1] or "=" in tag[3] for tag in tags):
        return text
    return ESCAPED_TAG.sub(lambda tag: unescape(tag[0]), text)


def from_html(html: str, *, base: str = "") -> str:
    """The body, with only what the allow-list of `articles.markup` names.

    Scripts, styles and pictures of other sites go, text stays. A relative link is joined to `base`; without one it
    would lead to a page of this site, so that only its text is kept.
    """
    html = BOXES.sub(r"<\1p>", with_notes(UNWELCOME.sub("", html))).strip()
    html = LOW_HEADING.sub(r"<\1h4", HIGH_HEADING.sub(r"<\1h2", html))
    if html and not BLOCK.match(html):
        html = f"<p>{html}"
    html = UNWELCOME.sub("", markup.sanitise(html, is_foreign=True))
    html = LINK.sub(lambda link: _linked(link, base), html)
    html = PREFORMATTED.sub(_with_breaks, html.replace("\r", ""))
    if LOOSE.search(html):
        html = _with_paragraphs(html)
    if BREAKS.search(html):
        html = PARAGRAPH.sub(_parted_by_breaks, html)
    return BLANK_LINES.sub("", EMPTY_PARAGRAPH.sub("", html)).strip()


def _with_paragraphs(html: str) -> str:
    """Sanitised HTML with the text between its blocks in paragraphs, as every other text of a body is."""
    parts: list[str] = []
    position, depth = 0, 0
    for tag in html_tags.list_tags(html):
        if tag.name not in BLOCK_NAMES:
            continue
        if depth == 0:
            parts.append(_paragraph(html[position : tag.start]))
            position = tag.start
        if tag.name != "hr":
            depth = max(depth + (-1 if tag.is_end else 1), 0)
        if depth == 0:
            parts.append(html[position : tag.end])
            position = tag.end
    return "".join([*parts, _paragraph(html[position:])])


def _without_breaks_around(text: str) -> str:
    """Without the white space and line breaks at both ends; from the end on by hand, which takes linear time."""
    found = LEADING_BREAKS.match(text)
    begin, end = found.end() if found else 0, len(text)
    while end > begin:
        if text[end - 1].isspace():
            end -= 1
        elif text.endswith("<br>", begin, end):
            end -= len("<br>")
        else:
            break
    return text[begin:end]


def _parted_by_breaks(paragraph: re.Match[str]) -> str:
    """A paragraph whose own are parted by two line breaks; one with an element across them stays."""
    parts = [part.strip() for part in BREAKS.split(paragraph[1])]
    for part in parts:
        ends = part.count("</")
        if part.count("<") - part.count("<br>") != 2 * ends:
            return paragraph[0]
    return "\n".join(f"<p>{part}</p>" for part in parts if part)


def _paragraph(text: str) -> str:
    inside = _without_breaks_around(text)
    return f"<p>{inside}</p>" if markup.ANY_TAG.sub("", inside).strip() else text


def from_text(text: str) -> str:
    """Plain text as HTML, an element for each of its paragraphs. Not yet sanitised."""
    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """The parts of plain text between blank lines, and where wires indent the first line of a paragraph, those.

    Lines that are all indented are a matter of how a file is laid out.
    """
    parts = re.split(r"\n[^\S\n]*\n\s*", text.replace("\r\n", "\n"))
    lines = [line for part in parts for line in part.split("\n")[1:] if line.strip()]
    if any(not line[0].isspace() for line in lines) and any(INDENT.match(line) for line in lines):
        parts = [piece for part in parts for piece in re.split(r"\n(?= {2}|\t)", part)]
    return [part.strip() for part in parts if part.strip()]


def parted(html: str) -> str:
    """HTML whose paragraphs of plain text are parted as plain text is: some wires have a whole story in one."""
    return TEXT_PARAGRAPH.sub(
        lambda found: "\n".join(f"<p>{part}</p>" for part in paragraphs(found[1])) or found[0], html
    )


def is_markup(text: str) -> bool:
    """Whether text that is said to be plain is HTML: it has line breaks, or blocks that end."""
    begun = {name.lower() for name in BLOCK_BEGINS.findall(text)}
    ends = text.lower() if begun else ""
    return "br" in begun or any(f"</{name}>" in ends for name in begun)


def plain(html: str) -> str:
    """The words of a headline or a summary that may hold HTML, in one line."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    html = markup.sanitise(_with_words_like_tags(html))
    text = " ".join(unescape(markup.ANY_TAG.sub(" ", html)).split())
    return unescape(text) if ENTITY.search(text) else text  # as in bodies, once too often


def _with_words_like_tags(html: str) -> str:
    """A tag without attributes whose end is missing is a word: how to use <b> tags."""
    tags = list(html_tags.list_tags(html))
    ended = {tag.name for tag in tags if tag.is_end}
    parts: list[str] = []
    position = 0
    for tag in tags:
        is_word = not (tag.is_end or tag.rest or tag.name in ended or tag.name in NO_END)
        written = html[tag.start : tag.end]
        parts += (html[position : tag.start], escape(written) if is_word else written)
        position = tag.end
    return "".join([*parts, html[position:]])


def with_players(html: str, players: Iterable[tuple[str, str, str]]) -> str:
    """The body with audio and video at its end, given by kind, address and title; it keeps a link to each."""
    return html + "".join(
        f'<{kind} src="{escape(address)}" title="{escape(title)}"></{kind}>'
        for kind, address, title in players
    )


def with_text_in_front(html: str, text: str) -> str:
    """The body with some words put before its own."""
    if html.startswith("<p>"):
        return f"<p>{escape(text, quote=False)} {html.removeprefix('<p>')}"
    return f"<p>{escape(text, quote=False)}</p>\n{html}".strip()


def _with_breaks(preformatted: re.Match[str]) -> str:
    """Its blank lines as line breaks: in Markdown a blank line ends a block of HTML."""
    return BLANK_IN_PREFORMATTED.sub(
        lambda lines: "\n" + "<br>" * (lines[0].count("\n") - 1), preformatted[0]
    )


def with_notes(html: str) -> str:
    """Footnotes with ids that no page has: `#fn1` and `id="fn1"` become `note-fn1`."""
    wanted = {name for name in IN_PAGE.findall(html) if len(name) <= 60}
    if not wanted:
        return html
    parts: list[str] = []
    position = 0
    for tag in html_tags.list_tags(html):
        parts += (html[position : tag.start], _with_note(tag, html, wanted))
        position = tag.end
    return "".join([*parts, html[position:]])


def _with_note(tag: html_tags.Tag, html: str, wanted: set[str]) -> str:
    written = html[tag.start : tag.end]
    if tag.is_end or not ("id" in tag.rest or "name" in tag.rest or "#" in tag.rest):
        return written
    attributes = dict(tag.attributes())
    name = attributes.get("id") or (attributes.get("name") if tag.name == "a" else "") or ""
    href = attributes.get("href", "")
    added = f' id="{_note_id(name)}"' if name in wanted else ""
    if tag.name == "a" and href[:1] == "#" and href[1:] in wanted:
        return f'<a{added} href="#{_note_id(href[1:])}">'
    return f"<{tag.name}{added}>" if added else written


def _note_id(name: str) -> str:
    name = re.sub(r"[^\w-]", "-", name)
    return name if name.startswith("note-") else f"note-{name}"


def _linked(link: re.Match[str], base: str) -> str:
    head, address = link[1], unescape(link[2])
    if WEB_LINK.match(address) or (address[:1] == "#" and NOTE.fullmatch(address[1:])):
        return link[0]
    try:
        address = urljoin(base, address) if base else ""
    except ValueError:
        address = ""
    return f'{head} href="{escape(address)}"' if WEB_LINK.match(address) else head
