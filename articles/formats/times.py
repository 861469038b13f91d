"""Times as feeds, wires and pages write them: ISO 8601, RFC 5322, and what stands where these should."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from articles.formats.datelines import NUMBERS

CHARACTERS = 60
# Zones that RFC 5322 names, and email.utils knows; Python reads every other name as no zone at all.
RFC_ZONES = frozenset(
    ("UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT")
)
# fmt: off
# Of a name that several zones have the one that feeds mean: IST is that of India and BST that of Britain.
ZONE_OFFSETS = {
    "UT": "+0000", "UTC": "+0000", "GMT": "+0000", "Z": "+0000", "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
    "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700", "WET": "+0000", "WEST": "+0100", "CET": "+0100", "MET": "+0100",
    "MEZ": "+0100", "CEST": "+0200", "MEST": "+0200", "MESZ": "+0200", "BST": "+0100", "IST": "+0530", "IDT": "+0300", "EET": "+0200",
    "EEST": "+0300", "MSK": "+0300", "TRT": "+0300", "SAST": "+0200", "CAT": "+0200", "EAT": "+0300", "WAT": "+0100", "IRST": "+0330",
    "PKT": "+0500", "NPT": "+0545", "ICT": "+0700", "WIB": "+0700", "HKT": "+0800", "SGT": "+0800", "PHT": "+0800", "MYT": "+0800",
    "AWST": "+0800", "JST": "+0900", "KST": "+0900", "ACST": "+0930", "ACDT": "+1030", "AEST": "+1000", "AEDT": "+1100",
    "NZST": "+1200", "NZDT": "+1300", "BRT": "-0300", "ART": "-0300", "CLT": "-0400", "AKST": "-0900", "AKDT": "-0800",
    "HST": "-1000", "NST": "-0330", "NDT": "-0230", "AST": "-0400", "ADT": "-0300",
}
# fmt: on
TIME = r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?:\s*(?P<half>[ap])\.?m\.?(?![a-z]))?"
ZONE = r"(?:\s*(?P<zone>(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|[A-Za-z][\w/+-]*))?(?:\s*\([^()]*\))?"
MONTH = r"(?P<month>[^\W\d_]{3,14})\.?"
DAY = r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?"
# Of the day's name nothing depends: it is in any language, and sometimes wrong.
WEEKDAY = r"(?:[^\W\d_]{2,14}\.?,?\s+)?"
FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})-(?P<number>\d{{2}})-(?P<day>\d{{2}})[T\s]+{TIME}{ZONE}",
        rf"{WEEKDAY}(?P<day>\d{{1,2}})\.\s?(?P<number>\d{{1,2}})\.\s?(?P<year>\d{{4}})(?:,?\s+{TIME}{ZONE})?",
        rf"{WEEKDAY}{DAY}[\s-]+(?:de\s+)?{MONTH}[\s-]+(?:de\s+)?(?P<year>\d{{4}})(?:,?\s+(?:(?:at|à|um|alle|kl\.?|om)\s+)?{TIME}{ZONE})?",
        rf"{WEEKDAY}{MONTH}\s+{DAY},?\s+(?P<year>\d{{4}})(?:,?\s+(?:(?:at|à|um|alle|kl\.?|om)\s+)?{TIME}{ZONE})?",
        rf"{WEEKDAY}{MONTH}\s+{DAY}\s+{TIME}{ZONE}\s+(?P<year>\d{{4}})",
    )
]
ZONE_NAME = re.compile(r"\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?![AaPp][Mm]\b)([A-Za-z][\w/+-]*)\s*$")


class UnknownZoneError(ValueError):
    """A zone by a name that is not known. The message is the name."""


def read_moment(value: str) -> datetime | None:
    """The time, with its offset where it has one; None for any other text.

    Raises UnknownZoneError for a zone whose name is not known: a guess would be hours wrong.
    """
    text = " ".join(value.split())
    if not text or len(text) > CHARACTERS:
        return None
    for parse in (_iso, _written):
        try:
            if moment := parse(text):
                return moment
        except UnknownZoneError:
            raise
        except (ValueError, OverflowError):
            continue
    return _by_rfc(text)


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(text: str) -> datetime | None:
    for form in FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        month = int(parts.get("number") or 0) or NUMBERS.get(
            (parts.get("month") or "").casefold(), 0
        )
        hour = _hour(parts)
        if hour > 24:
            return None
        moment = datetime(  # noqa: DTZ001 -- its zone is that of the text, or none
            int(parts["year"] or 0),
            month,
            int(parts["day"] or 0),
            hour % 24,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
        )
        if hour == 24 and (moment.minute or moment.second):
            return None
        zone = _zone(parts["zone"]) if parts["zone"] else None
        return moment.replace(tzinfo=zone) + timedelta(days=hour // 24)
    return None


def _hour(parts: dict[str, str | None]) -> int:
    hour = int(parts["hour"] or 0)
    if half := parts["half"]:
        return hour % 12 + (12 if half in "pP" else 0)
    return hour


def _zone(text: str) -> tzinfo:
    if "/" in text:  # Europe/Paris
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise UnknownZoneError(text) from None
    name = text.upper()
    offset = ZONE_OFFSETS.get(name) or name.removeprefix("GMT").removeprefix("UTC")
    found = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", offset)
    if found is None:
        raise UnknownZoneError(text)
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes else UTC


def _by_rfc(text: str) -> datetime | None:
    named = ZONE_NAME.search(text)
    if named and named[1].upper() not in RFC_ZONES:
        if named[1].upper() not in ZONE_OFFSETS:
            raise UnknownZoneError(named[1])
        text = f"{text[: named.start(1)]}{ZONE_OFFSETS[named[1].upper()]}"
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
