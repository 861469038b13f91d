"""The line that says where and when a story was filed, as each house prints it.

The rules are data: a house is one row of STYLES, its month names a table. They follow the AP
stylebook (ap, ap_print), IPTC's ninjs examples (ap), Superdesk (aap) and wire copy (afp, reuters).
"""

import datetime as dt
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
