"""The line that says where and when a story was filed, as each house prints it.

The rules are data: a house is one row of STYLES, its month names a table. They follow the AP
stylebook (ap, ap_print), IPTC's ninjs examples (ap), Superdesk (aap) and wire copy (afp, reuters).
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

# fmt: off
AGENCY_MONTHS = ("Jan", "Feb", "March", "April", "May", "June",
                 "July", "Aug", "Sept", "Oct", "Nov", "Dec")
AP_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June",
             "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
FULL_MONTHS = ("January", "February", "March", "April", "May", "June",
               "July", "August", "September", "October", "November", "December")
# fmt: on


@dataclass(frozen=True, slots=True)
class Style:
    """How one house prints a dateline; an empty pattern means that it leaves the part out."""

    upper: Literal["nothing", "city", "location"]
    date: str
    source: str
    dash: str
    months: tuple[str, ...] = AGENCY_MONTHS


STYLES = {
    "afp": Style("city", ", {month} {day}", " ({source})", "—"),
    "ap": Style("city", "", " ({source})", "—"),
    "ap_print": Style("city", ", {month} {day}", "", "—", AP_MONTHS),
    "reuters": Style("city", ", {month} {day}", " ({source})", "-"),
    "aap": Style("location", ", {month} {day}", " {source}", "-"),
    "plain": Style("nothing", ", {day} {month} {year}", "", "—", FULL_MONTHS),
}


def render(
    *, place: str, region: str = "", date: dt.date | None = None, source: str = "", style: str
) -> str:
    """The dateline as the house prints it at the head of a story: `DAMASCUS, Dec 8 (AFP) —`.

    The date is the one at the place. A part that is not known is left out, and so is one that the
    house does not print. Raises KeyError for a style that is not in STYLES.
    """
    house = STYLES[style]
    text = _location(place, region, house.upper)
    if date:
        text += house.date.format(day=date.day, month=house.months[date.month - 1], year=date.year)
    if source:
        text += house.source.format(source=source)
    return f"{text} {house.dash}"


def _location(place: str, region: str, upper: str) -> str:
    city = place if upper == "nothing" else place.upper()
    if not region:
        return city
    return f"{city}, {region.upper() if upper == 'location' else region}"


# Words in capitals that stand before a dash and are no place.
LABELS = {
    *("ANALYSIS", "BREAKING", "BREAKING NEWS", "BRIEF", "CORRECTED", "CORRECTION", "EDITORIAL"),
    *("EXCLUSIVE", "EXPLAINER", "FACTBOX", "FEATURE", "FLASH", "INTERVIEW", "JUST IN", "LIVE"),
    *("NEW", "NEWS", "NOTE", "OPINION", "REVIEW", "TIMELINE", "UPDATE", "UPDATED", "URGENT"),
    *("VIDEO", "WATCH"),
}
_MONTHS = {
    name.rstrip(".").casefold(): number
    for table in (AGENCY_MONTHS, AP_MONTHS, FULL_MONTHS)
    for number, name in enumerate(table, start=1)
} | {"sep": 9, "mar": 3, "apr": 4, "jun": 6, "jul": 7}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAME = r"[^\W\d_]{2,}(?:(?:\. |[ ’'\-/])[^\W\d_]+){0,5}\.?"
RECOGNISED = re.compile(
    rf"(?P<place>{_NAME})"
    rf"(?:, (?P<region>(?!(?:{_MONTH})\b){_NAME}(?:, (?!(?:{_MONTH})\b){_NAME})?))?"
    rf"(?:, (?:(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})|(?P<day_first>\d{{1,2}}) (?P<month_last>{_MONTH})\.?)"
    r"(?:,? (?P<year>\d{4}))?)?"
    r"(?: \((?P<source>[^()]{2,50})\)|(?P<bare_source> [A-Z]{2,8}))?"
    r" ?(?P<dash>—|–|--|(?<= )-)(?:\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A dateline found at the head of a text, and how many characters of the text it takes up."""

    place: str
    length: int
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
    recognised = Recognised(
        place=place.title() if place.isupper() else place,
        length=match.end(),
        region=match["region"] or "",
        month=_MONTHS[month.casefold()] if month else 0,
        day=int(match["day"] or match["day_first"] or 0),
        year=int(match["year"] or 0),
        source=(match["source"] or match["bare_source"] or "").strip(),
        style=_style_of(match),
    )
    return recognised if not month or recognised.year or recognised._day_in(2024) else None


def _style_of(match: re.Match[str]) -> str:
    """The house whose form comes nearest to the text."""
    if match["bare_source"]:
        return "aap"
    if match["source"]:
        if match["dash"] == "-":
            return "reuters"
        return "afp" if match["month"] or match["month_last"] else "ap"
    if match["month"]:
        return "ap_print"
    return "plain" if match["month_last"] or not match["place"].isupper() else "ap"
