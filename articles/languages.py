"""Languages by their tags: direction, plurals, and dates and numbers as each writes them (Unicode's CLDR, by Babel)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_datetime_format,
)
from babel.numbers import format_compact_decimal, format_decimal

# ISO 15924 codes of the scripts that are written from right to left.
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
# The plural categories of CLDR, in its order.
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
# The region whose dates and numbers a language without region has, where CLDR would choose another one.
_REGIONS = {"en": "en_GB"}
_COMPACT_FROM = 10_000
# Where a newspaper writes otherwise than CLDR: no word for "year", and a comma before the time.
_LONG_DATES = {"ru": "d MMMM y", "uk": "d MMMM y"}
_FULL_DATES = {"fa": "{} {}", "ru": "{}, {}", "uk": "{}, {}"}
_JOINS = {"pt": "{1}, {0}"}
# Languages whose wires write the months of a dateline in full.
_MONTHS_IN_FULL = frozenset({"ar", "fa", "he", "hi", "tr", "uk"})
# Languages that group the digits of a number only from 10,000 on, which Babel does not know of CLDR.
_GROUPED_LATE = frozenset({"es", "it", "pl"})
# The zero of each system of digits that a language may have by default.
_ZEROS = {"arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "mymr": 0x1040}
# Solar Hijri, the calendar of newspapers in Persian: its months, and its leap years by their place in 33 years.
_SOLAR_HIJRI = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_SOLAR_HIJRI_LEAPS = (1, 5, 9, 13, 17, 22, 26, 30)
_SOLAR_HIJRI_BEGINS = date(622, 3, 21).toordinal()


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
    """The plural categories that whole numbers have in a language, in CLDR's order, each with a number that is in it."""
    rule = locale_of(language).plural_form
    found = {rule(number): number for number in (1_000_000, *range(200, -1, -1))}
    return {category: found[category] for category in CATEGORIES if category in found}


def write_number(number: int, language: str) -> str:
    """`12,345` in English, `12.345` in German."""
    locale = locale_of(language)
    if locale.language in _GROUPED_LATE and abs(number) < 10_000:
        return str(number)
    grouped = format_decimal(number, locale=locale, numbering_system="default")
    return _in_own_digits(grouped, locale)


def write_date(day: date, language: str) -> str:
    """`8 December 2024`."""
    locale = locale_of(language)
    if locale.language == "fa":
        year, month, day_of_month = solar_hijri(day)
        text = f"{day_of_month} {_SOLAR_HIJRI[month - 1]} {year}"
    else:
        text = format_date(day, _LONG_DATES.get(locale.language, "long"), locale=locale)
    return _in_own_digits(text, locale)


def write_short_date(day: date, language: str) -> str:
    """Day and month in the short form of a dateline: `8 déc.` in French, `8. Dez.` in German, `12月8日` in Chinese."""
    locale = locale_of(language)
    if locale.language == "fa":
        _, month, day_of_month = solar_hijri(day)
        text = f"{day_of_month} {_SOLAR_HIJRI[month - 1]}"
    else:
        in_full = locale.language in _MONTHS_IN_FULL
        text = format_skeleton("MMMMd" if in_full else "MMMd", day, locale=locale)
    return _in_own_digits(text, locale)


def territory_in(code: str, language: str) -> str:
    """The name of a country in a language, by its ISO 3166-1 code; empty where it is not known."""
    return str(locale_of(language).territories.get(code, ""))


def month_names(language: str) -> Iterator[tuple[str, int]]:
    """The names of the months as dates have them, in full and short, without stop, each with its number."""
    months = locale_of(language).months["format"]
    for width in ("wide", "abbreviated"):
        for number, name in months[width].items():
            yield name.rstrip("."), number


def write_compact(number: int, language: str) -> str:
    """As `write_number` below 10,000, from there on as short as a button needs it: `12.3K`."""
    if number < _COMPACT_FROM:
        return write_number(number, language)
    locale = locale_of(language)
    short = format_compact_decimal(
        number, fraction_digits=1, locale=locale, numbering_system="default"
    )
    # Some languages have no short form of thousands.
    return write_number(number, language) if short.isdecimal() else _in_own_digits(short, locale)


def write_moment(when: datetime, language: str) -> str:
    """Date and time in the zone of `when`: `8 December 2024, 09:23`."""
    locale = locale_of(language)
    time = format_time(when, "short", tzinfo=when.tzinfo, locale=locale)
    join = _JOINS.get(locale.language) or str(get_datetime_format("medium", locale=locale))
    return join.format(_in_own_digits(time, locale), write_date(when, language))


def write_time(when: datetime, language: str) -> str:
    """The time in the zone of `when`: `09:23`."""
    locale = locale_of(language)
    return _in_own_digits(format_time(when, "short", tzinfo=when.tzinfo, locale=locale), locale)


def write_edition(day: date, language: str) -> str:
    """`Sunday, 8 December 2024`, as the head of a newspaper has it."""
    locale = locale_of(language)
    if locale.language in _FULL_DATES:
        weekday = format_date(day, "EEEE", locale=locale)
        return _FULL_DATES[locale.language].format(weekday, write_date(day, language))
    return _in_own_digits(format_date(day, "full", locale=locale), locale)


def write_ago(elapsed: timedelta, language: str) -> str:
    """`3 hours ago`: in whole minutes below an hour, one at least, and in whole hours from there on."""
    locale = locale_of(language)
    seconds = max(int(elapsed.total_seconds()), 60)
    unit: Literal["minute", "hour"] = "minute" if seconds < 3600 else "hour"
    size = 60 if unit == "minute" else 3600
    text = format_timedelta(
        timedelta(seconds=-(seconds // size * size)),
        granularity=unit,
        threshold=float("inf"),  # no larger unit
        add_direction=True,
        locale=locale,
    )
    return _in_own_digits(text, locale)


def solar_hijri(day: date) -> tuple[int, int, int]:
    """Year, month and day in the calendar of Iran and Afghanistan, for the years 1865 to 2122."""
    year = day.year - 621
    if day.toordinal() < _first_day(year):
        year -= 1
    days = day.toordinal() - _first_day(year)
    month, day_of_month = divmod(days, 31) if days < 186 else divmod(days - 186, 30)
    return year, month + (1 if days < 186 else 7), day_of_month + 1


def _first_day(year: int) -> int:
    """The ordinal of the first day of a year of Solar Hijri."""
    cycles, place = divmod(year - 1, 33)
    leaps = 8 * cycles + sum(leap <= place for leap in _SOLAR_HIJRI_LEAPS)
    return _SOLAR_HIJRI_BEGINS + 365 * (year - 1) + leaps


def _in_own_digits(text: str, locale: Locale) -> str:
    zero = _ZEROS.get(locale.default_numbering_system)
    return text.translate(_digits(zero)) if zero else text


@lru_cache
def _digits(zero: int) -> Mapping[int, int]:
    return {ord("0") + value: zero + value for value in range(10)}
