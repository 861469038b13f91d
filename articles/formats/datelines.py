"""Recognises the dateline at the head of an imported body and removes it from the text."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from html import unescape

from articles import places
from articles.dateline import MONTHS, RULES, country_of, place_of
from articles.formats.story import Dateline
from articles.languages import month_names
from articles.markup import ANY_TAG

# A dateline is short; what follows the first 160 characters cannot be part of one.
HEAD = re.compile(r"<p>(?P<head>(?:(?!</p>|<br>).){1,400})", re.DOTALL)
LONGEST = 160

LABELS = frozenset(RULES["labels"]["words"])
NUMBERS = {
    name.rstrip(".").casefold(): number
    for table in MONTHS.values()
    for number, name in enumerate(table, start=1)
} | {"sep": 9, "mar": 3, "apr": 4, "jun": 6, "jul": 7}
# Of other languages whose letters have capitals, by which a place is recognised. A name that English has, or that is of
# two months, is that of English or of the first.
for _language in ("de", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk"):
    for _name, _number in month_names(_language):
        NUMBERS.setdefault(_name.casefold(), _number)
MONTH = "|".join(sorted(NUMBERS, key=len, reverse=True))
# Two letters at least, or one before an apostrophe, as in L'Aquila.
NAME = r"(?:[^\W\d_]{2,}|[^\W\d_](?=['’]))(?:(?:\. |[ ’'\-/])[^\W\d_]+){0,5}\.?"
INITIALS = r"(?:[A-Z]\.){2,3}|W\. ?Va\."  # N.Y., D.C.
REGION = rf"(?!(?:{MONTH})\b)(?:{INITIALS}|{NAME})"
RECOGNISED = re.compile(
    rf"(?P<place>{NAME})"
    rf"(?:, (?P<region>{REGION}(?:, {REGION})?))?"
    rf"(?:, (?:(?P<month>{MONTH})\.? (?P<day>\d{{1,2}})"
    rf"|(?P<day_first>\d{{1,2}})\.? (?:de )?(?P<month_last>{MONTH})\.?)"
    r"(?:,? (?:de )?(?P<year>\d{4}))?)?"
    r"(?: \((?P<source>[^()]{2,50})\)|(?P<bare_source> [A-Z]{2,8}))?"
    r" ?(?P<dash>—|–|--|(?<= )-)(?:\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A dateline found at the head of a text, and its length in characters."""

    place: str
    length: int
    text: str
    region: str = ""
    month: int = 0
    day: int = 0
    year: int = 0
    source: str = ""
    style: str = "plain"

    def date_near(self, published: dt.date | None) -> dt.date | None:
        """The day it names: with no year of its own, the one nearest to publishing."""
        years = [self.year] if self.year else []
        if not self.year and published:
            years = [published.year - 1, published.year, published.year + 1]
        days = [day for year in years if (day := self._day_in(year))]
        return min(
            days, key=lambda day: abs((day - published).days) if published else 0, default=None
        )

    def _day_in(self, year: int) -> dt.date | None:
        try:
            return dt.date(year, self.month, self.day)
        except ValueError:
            return None


def recognise(text: str) -> Recognised | None:
    """The dateline that the text begins with, as wires write it; None where there is none.

    `PLACE(, Region)?(, Mon D)?( (SRC)| SRC)? — `. A place in capitals needs nothing more; one in
    mixed case needs a date or a source in brackets, since any sentence may begin with a few words
    and a dash.
    """
    match = RECOGNISED.match(text)
    if not match:
        return None
    place, month = match["place"], match["month"] or match["month_last"]
    certain = bool(month or match["source"])
    if place.upper() in LABELS or not (certain or place.isupper()):
        return None
    if match["bare_source"] and not match["bare_source"].isupper():
        return None
    if not place[0].isupper() or (match["region"] and not match["region"][0].isupper()):
        return None
    region = match["region"] or ""
    recognised = Recognised(
        place=_in_lower_case(place, region) if place.isupper() else place,
        length=match.end(),
        text=match[0].rstrip(),
        region=region,
        month=NUMBERS[month.casefold()] if month else 0,
        day=int(match["day"] or match["day_first"] or 0),
        year=int(match["year"] or 0),
        source=(match["source"] or match["bare_source"] or "").strip(),
        style=_style_of(match),
    )
    return recognised if not month or recognised.year or recognised._day_in(2024) else None


def _in_lower_case(place: str, region: str) -> str:
    """`Rio de Janeiro`, where the place is known; any other with capitals as English has them."""
    known = place_of(place, region=region)
    return known.name if known and known.name.upper() == place else place.title()


def _style_of(match: re.Match[str]) -> str:
    """The style whose form comes nearest to the text."""
    if match["bare_source"]:
        return "aap"
    if match["source"]:
        if match["dash"] == "-":
            return "reuters"
        return "afp" if match["month"] or match["month_last"] else "ap"
    if match["month"]:
        return "ap_print"
    return "plain" if match["month_last"] or not match["place"].isupper() else "ap"


def split(html: str, published_at: dt.datetime | None) -> tuple[Dateline | None, str]:
    """The dateline that a sanitised body begins with and the body without it.

    None and the body untouched where it begins with none, or with one that is not understood.
    """
    match = HEAD.match(html)
    if not match:
        return None, html
    text, ends = _text_of(match["head"])
    recognised = recognise(text[:LONGEST])
    found = recognised and _raw_story(recognised, published_at)
    if not recognised or not found:
        return None, html
    end = match.start("head") + ends[recognised.length - 1]
    inside = match["head"][: ends[recognised.length - 1]]
    if inside.count("<") != 2 * inside.count(
        "</"
    ):  # an element that is open there goes on after it
        return None, html
    return found, f"<p>{html[end:].lstrip()}"


def read(text: str, published_at: dt.datetime | None) -> Dateline | None:
    """A dateline without other text: `DAMASCUS, Dec 8 (AFP) -`."""
    recognised = recognise(f"{text.rstrip(' -–—')} — ")
    found = recognised and _raw_story(recognised, published_at)
    return replace(found, text=text) if found else None


def _raw_story(recognised: Recognised, published_at: dt.datetime | None) -> Dateline | None:
    place = place_of(recognised.place, region=recognised.region)
    date = recognised.date_near(places.day_at(place, published_at) if published_at else None)
    if recognised.month and date is None:
        return None  # a day without a known year
    return Dateline(
        place=recognised.place,
        region=recognised.region,
        country=country_of(recognised.place, recognised.region),
        date=date,
        source=recognised.source,
        style=recognised.style,
        text=recognised.text,
    )


def _text_of(html: str) -> tuple[str, list[int]]:
    """The text that some HTML begins with, and where in the HTML each of its characters ends."""
    characters: list[str] = []
    ends: list[int] = []
    for part in re.finditer(rf"{ANY_TAG.pattern}|&[#\w]+;|.", html, re.DOTALL):
        if len(characters) > LONGEST:
            break
        for character in "" if part[0].startswith("<") else unescape(part[0]):
            characters.append(" " if character.isspace() else character)
            ends.append(part.end())
        if part[0].startswith("</") and ends:
            ends[-1] = part.end()
    return "".join(characters), ends
