"""The dateline at the head of a body from outside: told from the text and taken out of it."""

import re
from datetime import datetime
from html import unescape

from articles import dateline
from articles.formats.story import Dateline
from articles.markup import ANY_TAG

# A dateline is short; what follows the first 160 characters cannot be part of one.
HEAD = re.compile(r"<p>(?P<head>(?:(?!</p>|<br>).){1,400})", re.DOTALL)
LONGEST = 160


def split(html: str, published_at: datetime | None) -> tuple[Dateline | None, str]:
    """The dateline that a sanitised body begins with and the body without it.

    None and the body untouched where it begins with none, or with one that is not understood.
    """
    match = HEAD.match(html)
    if not match:
        return None, html
    text, ends = _text_of(match["head"])
    recognised = dateline.recognise(text[:LONGEST])
    found = recognised and _filed(recognised, published_at)
    if not recognised or not found:
        return None, html
    end = match.start("head") + ends[recognised.length - 1]
    inside = match["head"][: ends[recognised.length - 1]]
    if inside.count("<") != 2 * inside.count(
        "</"
    ):  # an element that is open there goes on after it
        return None, html
    return found, f"<p>{html[end:].lstrip()}"


def read(text: str, published_at: datetime | None) -> Dateline | None:
    """A dateline that stands alone: `DAMASCUS, Dec 8 (AFP) -`."""
    recognised = dateline.recognise(f"{text.rstrip(' -–—')} — ")
    return _filed(recognised, published_at) if recognised else None


def _filed(recognised: dateline.Recognised, published_at: datetime | None) -> Dateline | None:
    date = recognised.date_near(published_at.date() if published_at else None)
    if recognised.month and date is None:
        return None  # a day whose year nobody knows
    return Dateline(
        place=recognised.place,
        region=recognised.region,
        date=date,
        source=recognised.source,
        style=recognised.style,
    )


def _text_of(html: str) -> tuple[str, list[int]]:
    """The text of some HTML, and where in the HTML each of its characters ends."""
    characters: list[str] = []
    ends: list[int] = []
    for part in re.finditer(rf"{ANY_TAG.pattern}|&[#\w]+;|.", html, re.DOTALL):
        for character in "" if part[0].startswith("<") else unescape(part[0]):
            characters.append(" " if character.isspace() else character)
            ends.append(part.end())
        if part[0].startswith("</") and ends:
            ends[-1] = part.end()
    return "".join(characters), ends
