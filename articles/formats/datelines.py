# ruff: noqa: RUF001, RUF003
"""Recognises the dateline at the head of an imported body and removes it from the text.

A place is one that the table of places knows, or one in capitals before an agency that is known or before a date: any
sentence may begin with a few words and a dash, a score or a list of drivers with some words, a bracket and a dash.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace
from html import unescape

from babel import Locale

from articles import places
from articles.dateline import MONTHS, RULES, country_of, place_of
from articles.formats.story import Dateline
from articles.languages import month_names
from articles.markup import ANY_TAG

# A dateline is short; what follows the first 160 characters cannot be part of one.
HEAD = re.compile(r"<p>(?P<head>(?:(?!</p>|<br>).){1,400})", re.DOTALL)
LONGEST = 160
# Of HTML: a tag, an entity, or text.
SPACE = re.compile(r"\s")
PIECE = re.compile(rf"(?P<tag>{ANY_TAG.pattern})|(?P<entity>&[#\w]+;)|[^<&]+|.", re.DOTALL)
# People of a town in capitals before a dash and nothing else: of smaller ones, and of a word, there is no telling.
TOWN = 150_000

LABELS = frozenset(RULES["labels"]["words"])
NO_PLACES = frozenset(RULES["words"]["no_places"])
BY = frozenset(RULES["words"]["by"])
NUMBERS = {
    name.rstrip(".").casefold(): number
    for table in MONTHS.values()
    for number, name in enumerate(table, start=1)
} | {"sep": 9, "mar": 3, "apr": 4, "jun": 6, "jul": 7}
# Of other languages. A name that English has, or that is of two months, is that of English or of the first.
LANGUAGES = ("de", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk", "ar")
for _language in LANGUAGES:
    for _name, _number in month_names(_language):
        NUMBERS.setdefault(_name.casefold(), _number)
NUMBERS |= {
    "ноя": 11,
    "сен": 9,
    "фев": 2,
    "set": 9,
    "gen": 1,
    "mag": 5,
    "giu": 6,
    "lug": 7,
    "ott": 10,
    "dic": 12,
}
NUMBERS |= {
    "كانون الثاني": 1,
    "شباط": 2,
    "آذار": 3,
    "نيسان": 4,
    "أيار": 5,
    "حزيران": 6,
    "تموز": 7,
    "آب": 8,
    "أيلول": 9,
}
NUMBERS |= {"تشرين الأول": 10, "تشرين الثاني": 11, "كانون الأول": 12}
MONTH = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
WEEKDAYS = frozenset(
    name.rstrip(".").casefold()
    for language in ("en", *LANGUAGES)
    for name in Locale(language).days["format"]["wide"].values()
)
WEEKDAY = "|".join(sorted(map(re.escape, WEEKDAYS), key=len, reverse=True))


def _key(name: str) -> str:
    """Without case, spaces, stops and accents."""
    return re.sub(r"[\W_]", "", places.key_of(name))


AGENCIES = {_key(name): name for name in RULES["agencies"]["names"]}
_SPELT = sorted((re.escape(name) for name in RULES["agencies"]["names"]), key=len, reverse=True)
AGENCY = "|".join(_SPELT)
CHINESE_AGENCY = "|".join(name for name in _SPELT if "\u4e00" <= name[0] <= "\u9fff")

# Two letters at least, or one before an apostrophe, as in L'Aquila.
NAME = r"(?:[^\W\d_]{2,}|[^\W\d_](?=['’]))(?:(?:\. |[ ’'\-/])[^\W\d_]+){0,5}\.?"
INITIALS = r"(?:[A-Z]\.){2,3}|W\. ?Va\."  # N.Y., D.C.
REGION = rf"(?!(?:{MONTH}|{WEEKDAY})\b)(?:{INITIALS}|{NAME})"
PLACE = rf"(?P<place>{NAME})(?:[,،] (?P<region>{REGION}(?:, {REGION})?))?(?: ?\[(?P<country>[^\[\]]{{2,40}})\])?"
COMMA = "[,،.]?"
DATE = (
    rf"(?:{COMMA} ?(?:{WEEKDAY})\b)?"
    rf"(?:{COMMA} (?:(?P<month>{MONTH})\.? (?P<day>\d{{1,2}})"
    rf"|(?P<day_first>\d{{1,2}})\.? ?(?:de )?(?P<month_last>{MONTH})\b\.?"
    r"|(?P<day_of>\d{1,2})[./](?P<number>\d{1,2})\.?)"
    rf"(?:,? (?:de )?(?P<year>\d{{4}}))?(?: г(?:ода|\.))?(?:{COMMA} (?:{WEEKDAY})\b)?)?"
)
DASH = r"(?P<dash>—|–|--|(?<![^\W_])[-_]|[-_](?=\s)|=)"
FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        # DAMASCUS, Dec 8 (AFP) —; MADRID, 20 nov (EFE).-; New Delhi [India], November 20 (ANI): ; New Delhi, Nov 20 (PTI) The
        rf"{PLACE}{DATE},? ?\((?P<source>[^()]{{2,50}})\)(?:\.? ?(?:{DASH}|(?P<colon>[:.])|(?P<nothing>(?=\s))))(?:\s+|$)",
        # MOSCOW, November 20. /TASS/.
        rf"{PLACE}{DATE}\.? /(?P<source>[^/]{{2,30}})/[.:]? ?(?:{DASH})?(?:\s+|$)",
        # (ANSA) - ROMA, 20 NOV -
        rf"\((?P<source>{AGENCY})\) ?(?:-|–|—) ?{PLACE}{DATE} ?{DASH}(?:\s+|$)",
        # SYDNEY, July 30 AAP -; Damascus, SANA-; МОСКВА, 20 ноя - РИА Новости.; WIEN/APA -
        rf"{PLACE}{DATE}(?:[,،.]| ?[-–—/])? ?(?<!\w)(?P<bare_source>{AGENCY}) ?(?:{DASH}|(?P<colon>[:.]))(?:\s+|$)",
        rf"{PLACE}{DATE}[-–—/](?P<bare_source>{AGENCY}),?(?P<nothing>(?=\s))\s+",
        rf"{PLACE}{DATE}(?P<bare_source> [A-Z]{{2,8}}) ?{DASH}(?:\s+|$)",
        rf"{PLACE}{DATE} ?{DASH}(?:\s+|$)",
        # 新华社北京11月20日电（记者…）
        rf"(?:（|\()?(?P<source>{CHINESE_AGENCY or 'x'})(?:）|\))?(?P<place>[\u4e00-\u9fff·]{{2,12}}?)(?P<number>\d{{1,2}})月"
        r"(?P<day_of>\d{1,2})日(?P<report>专?电|讯)(?:（[^（）]{1,40}）|\([^()]{1,40}\))?[：:]?\s*",
    )
]  # fmt: skip


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


def recognise(text: str, *, source: str = "", place: str = "") -> Recognised | None:
    """The dateline that the text begins with, as wires write it; None where there is none.

    `source` is who sent the story, `place` what an element of the file names as the place of its dateline.
    """
    text = text[:LONGEST]
    for form in FORMS:
        match = form.match(text)
        if match and (found := _judged(match, text, source, place)):
            return found
    return None


def is_agency(name: str, source: str = "") -> bool:
    """Whether this is an agency that is known, alone or with a desk of its own, or who sent the story."""
    keys = [_key(part) for part in re.split(r"[/,;]| und | and | et ", name)]
    if any(key in AGENCIES for key in keys if key):
        return True
    return bool(_key(name)) and _key(name) == _key(source)


def _judged(match: re.Match[str], text: str, source: str, expected: str) -> Recognised | None:
    """What the match says, where the table of places and the list of agencies confirm it."""
    parts = match.groupdict()
    place, region = parts["place"], parts.get("region") or parts.get("country") or ""
    agency = (parts.get("source") or parts.get("bare_source") or "").strip()
    if not _may_be_place(place, region, parts.get("bare_source") or ""):
        return None
    evidence = _Evidence(
        is_expected=bool(expected) and places.key_of(place) == places.key_of(expected),
        people=_people(place, region),
        is_capital=place == place.upper() and place != place.lower(),
        agency=agency,
        is_agency=is_agency(agency, source),
        has_date=bool(_month(parts)),
        has_year=bool(parts.get("year")),
        has_region=bool(region) and bool(country_of(place, region)),
    )
    has_end = bool(
        parts.get("dash") or parts.get("colon") or parts.get("report") or "/" in match[0]
    )
    may_end = has_end or (evidence.is_agency and (evidence.has_date or "bare_source" in parts))
    if not may_end or not evidence.convinces(place, text[match.end() :]):
        return None
    found = Recognised(
        place=_in_lower_case(place, region) if place.isupper() else place.rstrip("."),
        length=match.end(),
        text=re.sub(r"_$", "—", match[0].rstrip()),
        region=region,
        month=_month(parts),
        day=int(parts.get("day") or parts.get("day_first") or parts.get("day_of") or 0),
        year=int(parts.get("year") or 0),
        source=agency,
        style=_style_of(parts),
    )
    return found if not found.month or found.year or found._day_in(2024) else None


@dataclass(frozen=True, slots=True)
class _Evidence:
    is_expected: bool
    people: int
    is_capital: bool
    agency: str
    is_agency: bool
    has_date: bool
    has_year: bool
    has_region: bool

    def convinces(self, place: str, rest: str) -> bool:
        if self.is_expected:
            return True
        if self.is_agency:
            return bool(self.people) or self.is_capital or self.has_date
        if self.has_date:
            return bool(self.people) or self.is_capital or self.has_year
        if self.agency or not self.is_capital or place in NO_PLACES:
            return False
        if rest.split(" ", 1)[0].rstrip(",:").isupper() and len(rest.split(" ", 1)[0]) > 3:
            return False  # a headline in capitals, or two teams
        return self.has_region or self.people >= TOWN


def _may_be_place(place: str, region: str, bare_source: str) -> bool:
    first = place.split()[0].casefold().rstrip(".")
    if place.upper() in LABELS or first in BY or place.casefold().rstrip(".") in WEEKDAYS:
        return False
    if place.casefold().rstrip(".") in NUMBERS or _key(place) in AGENCIES:
        return False
    if bare_source and not bare_source.isupper() and _key(bare_source) not in AGENCIES:
        return False
    has_case = place.lower() != place.upper()
    if has_case and not (place[0].isupper() or place.lower().startswith(("al-", "el-", "'s-"))):
        return False
    return not region or region[0].isupper() or region.lower() == region.upper()


def _people(place: str, region: str) -> int:
    """Of the place, or of the smallest of several: LONDON/PARIS. In capitals accents may be missing."""
    names = place.split("/") if places.largest_of(place) == 0 else [place]
    return min(places.largest_of(name.strip().rstrip(".")) for name in names)


def _month(parts: dict[str, str | None]) -> int:
    if name := parts.get("month") or parts.get("month_last"):
        return NUMBERS[name.casefold()]
    number = int(parts.get("number") or 0)
    return number if 1 <= number <= 12 else 0


def _in_lower_case(place: str, region: str) -> str:
    """`Rio de Janeiro`, where the place is known; any other with capitals as English has them."""
    known = place_of(place, region=region)
    return known.name if known and known.name.upper() == place else place.title()


def _style_of(parts: dict[str, str | None]) -> str:
    """The style whose form comes nearest to the text."""
    month = bool(parts.get("month") or parts.get("month_last") or parts.get("number"))
    if parts.get("bare_source"):
        return "aap"
    if parts.get("source"):
        if parts.get("dash") == "-":
            return "reuters"
        return "afp" if month else "ap"
    if parts.get("month"):
        return "ap_print"
    place = parts["place"] or ""
    return "plain" if month or not place.isupper() else "ap"


def split(
    html: str, published_at: dt.datetime | None, *, source: str = "", place: str = ""
) -> tuple[Dateline | None, str]:
    """The dateline that a sanitised body begins with and the body without it.

    None and the body untouched where it begins with none, or with one that is not understood.
    """
    match = HEAD.match(html)
    if not match:
        return None, html
    text, ends = _text_of(match["head"])
    recognised = recognise(text, source=source, place=place)
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


def read(text: str, published_at: dt.datetime | None, *, source: str = "") -> Dateline | None:
    """The dateline in an element of its own, whose place need not be known: `DAMASCUS, Dec 8 (AFP) -`, `Sydney, NSW`.

    None for a time of a machine, a weekday, or a byline.
    """
    text = " ".join(text.split()).strip(" -–—_:")
    first = re.split(r"[,،(]", text, maxsplit=1)[0].strip()
    if not first or len(text) > LONGEST or any(each.isdigit() for each in first.replace("-", "")):
        return None
    recognised = recognise(f"{text} — ", source=source, place=first)
    if recognised is None:
        return None
    found = _raw_story(recognised, published_at)
    ends = text.endswith(("电", "】"))
    return replace(found, text=text if ends else f"{text} —") if found else None


def is_time(text: str) -> bool:
    """Whether this is a time as a machine writes it, which no reader is to see."""
    return re.fullmatch(r"[\dTZ:.,+\- /]{6,40}", text.strip()) is not None


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
    texts: list[str] = []
    ends: list[int] = []  # one for each character
    for part in PIECE.finditer(html):
        if len(ends) > LONGEST:
            break
        if part["tag"]:
            if part[0].startswith("</") and ends:
                ends[-1] = part.end()
            continue
        shown = unescape(part[0]) if part["entity"] else part[0][: LONGEST + 1]
        texts.append(SPACE.sub(" ", shown))
        if part["entity"]:
            ends += [part.end()] * len(shown)
        else:
            ends += range(part.start() + 1, part.start() + len(shown) + 1)
    return "".join(texts), ends
