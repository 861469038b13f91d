"""Languages by their tags: direction, and dates and numbers as each writes them (Unicode's CLDR, by Babel)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.numbers import format_compact_decimal, format_decimal

# ISO 15924 codes of the scripts that are written from right to left.
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
# The plural categories of CLDR, in its order.
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
# The region whose dates and numbers a language without region has, where CLDR would choose another one.
_REGIONS = {"en": "en_GB"}
_COMPACT_FROM = 10_000


@lru_cache(maxsize=1000)
def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` has it. A language that is not known is written from left to right."""
    return "rtl" if _script(language) in _RIGHT_TO_LEFT else "ltr"


def _script(language: str) -> str:
    """The script that a tag names, else the usual one of its language in its region, else that of its language."""
    parts = language.split("-")
    if named := [part.title() for part in parts[1:] if len(part) == 4 and part.isalpha()]:
        return named[0]
    likely = get_global("likely_subtags")
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    found = likely.get(f"{parts[0].lower()}_{region}") or likely.get(parts[0].lower(), "")
    return next((part for part in found.split("_")[1:] if len(part) == 4), "")


@lru_cache(maxsize=1000)
def locale_of(language: str) -> Locale:
    """The rules of a language, by its tag; those of English for a language that CLDR does not have."""
    name = language.replace("-", "_")
    try:
        return Locale.parse(_REGIONS.get(name, name))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_REGIONS["en"])


@lru_cache(maxsize=1000)
def plural_categories(language: str) -> Mapping[str, int]:
    """The plural categories of a language (zero, one, two, few, many, other), each with a whole number that is in it.

    A category that has fractions only has the number of the category before it.
    """
    rule = locale_of(language).plural_form
    found = {rule(number): number for number in (1_000_000, *range(200, -1, -1))}
    categories = [name for name in CATEGORIES if name in found]
    return {name: found[name] for name in categories} | (
        {} if "other" in found else {"other": found[categories[-1]]}
    )


def write_number(number: int, language: str) -> str:
    """`12,345` in English, `12.345` in German."""
    return format_decimal(number, locale=locale_of(language))


def write_compact(number: int, language: str) -> str:
    """As `write_number` below 10,000, from there on as short as a button needs it: `12.3K`."""
    if number < _COMPACT_FROM:
        return write_number(number, language)
    return format_compact_decimal(number, fraction_digits=1, locale=locale_of(language))


def write_moment(when: datetime, language: str) -> str:
    """Date and time in the zone of `when`: `8 December 2024, 09:23`."""
    locale = locale_of(language)
    date = format_date(when, "long", locale=locale)
    time = format_time(when, "short", tzinfo=when.tzinfo, locale=locale)
    return str(get_datetime_format("medium", locale=locale)).format(time, date)


def write_ago(elapsed: timedelta, language: str) -> str:
    """`3 hours ago`: in whole minutes below an hour, one at least, and in whole hours from there on."""
    seconds = max(int(elapsed.total_seconds()), 60)
    unit: Literal["minute", "hour"] = "minute" if seconds < 3600 else "hour"
    size = 60 if unit == "minute" else 3600
    past = timedelta(seconds=-(seconds // size * size))
    return format_timedelta(
        past,
        granularity=unit,
        threshold=float("inf"),  # no larger unit
        add_direction=True,
        locale=locale_of(language),
    )
