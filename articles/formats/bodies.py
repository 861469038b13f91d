"""Bodies from outside as HTML that is safe to show and that a desk can edit.

The result is sanitised HTML without blank lines, which is Markdown too: rendered as Markdown it is
itself, so a desk edits an imported story where it edits its own.
"""

import re
from html import escape, unescape
from urllib.parse import urljoin

from articles import markup
from articles.formats.front_matter import UNWELCOME

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
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|<br>)*+</p>")
BLANK_LINES = re.compile(r"\n[^\S\n]*(?=\n)")
PREFORMATTED = re.compile(r"<pre>.*?</pre>", re.DOTALL)
BLANK_IN_PREFORMATTED = re.compile(r"\n(?:[^\S\n]*\n)+")
LINK = re.compile(r'(<a\b[^>]*?) href="([^"]*)"')
WEB_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def from_html(html: str, *, base: str = "") -> str:
    """The body, with only what the allow-list of `articles.markup` names.

    Scripts, styles and pictures of other sites go, text stays. A relative link is joined to `base`; without one it
    would lead to a page of this site, so that only its text is kept.
    """
    html = BOXES.sub(r"<\1p>", UNWELCOME.sub("", html)).strip()
    html = LOW_HEADING.sub(r"<\1h4", HIGH_HEADING.sub(r"<\1h2", html))
    if html and not BLOCK.match(html):
        html = f"<p>{html}"
    html = UNWELCOME.sub("", markup.sanitise(html, is_foreign=True))
    html = LINK.sub(lambda link: _linked(link, base), html)
    html = PREFORMATTED.sub(_with_breaks, html.replace("\r", ""))
    return BLANK_LINES.sub("", EMPTY_PARAGRAPH.sub("", html)).strip()


def from_text(text: str) -> str:
    """Plain text as HTML, a paragraph for each part between blank lines. Not yet sanitised."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return "\n".join(
        f"<p>{escape(part.strip(), quote=False)}</p>" for part in parts if part.strip()
    )


def plain(html: str) -> str:
    """The words of a headline or a summary that may hold HTML, in one line."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    return " ".join(unescape(markup.ANY_TAG.sub(" ", markup.sanitise(html))).split())


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


def _linked(link: re.Match[str], base: str) -> str:
    head, address = link[1], unescape(link[2])
    if WEB_LINK.match(address):
        return link[0]
    try:
        address = urljoin(base, address) if base else ""
    except ValueError:
        address = ""
    return f'{head} href="{escape(address)}"' if WEB_LINK.match(address) else head
