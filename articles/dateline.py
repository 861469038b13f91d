"""Renders datelines: where and when an article was filed, in the style of a publication.

The rules are data, with their sources: data/datelines.toml holds styles, months, the cities that are printed
without region and the short names of regions. Recognising a dateline in a text is `articles.formats.datelines`.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from articles.languages import locale_of, territory_in, write_date, write_short_date
from articles.places import DATA, Place, country_names, find_place, key_of


@dataclass(frozen=True, slots=True)
class Style:
    """The dateline style of one publication; an empty pattern leaves the part out."""

    upper: Literal["nothing", "city", "location"]
    date: str
    source: str
    dash: str
    months: str
    standalone: str = ""
    regions: str = ""


def _read() -> dict[str, Any]:
    with (DATA / "datelines.toml").open("rb") as file:
        return tomllib.load(file)


RULES = _read()
STYLES = {name: Style(**rule) for name, rule in RULES["styles"].items()}
# What editors read for them.
STYLE_LABELS: Mapping[str, str] = {
    name: {"ap_print": "AP in print", "reuters": "Reuters", "plain": "Plain"}.get(
        name, name.upper()
    )
    for name in STYLES
}
MONTHS: Mapping[str, list[str]] = RULES["months"]
STANDALONE: Mapping[str, Mapping[str, list[str]]] = RULES["standalone"]
REGIONS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = RULES["regions"]
FORMS: Mapping[str, Mapping[str, str]] = RULES["forms"]
DOTTED = ("tr", "az")  # languages whose capital of i is İ


def render(
    *,
    place: str,
    region: str = "",
    country: str = "",
    date: dt.date | None = None,
    source: str = "",
    style: str,
    language: str = "en",
) -> str:
    """The dateline at the head of an article: `DAMASCUS, Dec 8 (AFP) —`.

    The date is the one at the place. Unknown parts are left out, and parts that the style does not print.
    A given region is printed. Without one, a style with `standalone` cities adds the region of every other
    city that is known. Date, order and punctuation are those of the language. Raises KeyError for a style that is not
    in STYLES.
    """
    rules = STYLES[style]
    if not _is_english(language):
        return _render_in(language, place, region, country, date, source, rules)
    text = _location(place, _region(place, region, country, rules), rules.upper, language)
    if date:
        month = MONTHS[rules.months][date.month - 1]
        text += rules.date.format(day=date.day, month=month, year=date.year)
    if source:
        text += rules.source.format(source=source)
    return f"{text} {rules.dash}"


def _is_english(language: str) -> bool:
    return language.lower().partition("-")[0] in {"en", ""}


def _render_in(
    language: str,
    place: str,
    region: str,
    country: str,
    date: dt.date | None,
    source: str,
    rules: Style,
) -> str:
    form = FORMS.get(locale_of(language).language, FORMS["others"])
    region = region or _country_to_print(place, country, rules, language)
    parts = {"date": "", "source": "", "dash": rules.dash}
    if date and rules.date:
        write = write_date if "{year}" in rules.date else write_short_date
        parts["date"] = form["date"].format(date=write(date, language))
    if source and rules.source:
        parts["source"] = form["source"].format(source=source)
    location = _location(place, region, rules.upper, language, form["comma"])
    return form["line"].format(place=location, **parts)


def _country_to_print(place: str, country: str, rules: Style, language: str) -> str:
    """The country of a city that a style does not print alone, by its name in the language."""
    if not rules.standalone:
        return ""
    known = place_of(place, country=country)
    country = known.country if known else country
    return "" if _is_standalone(place, country, rules) else territory_in(country, language)


def place_of(place: str, *, region: str = "", country: str = "") -> Place | None:
    """The place of a dateline; None where its words are ambiguous."""
    told_country, code = _codes(region)
    return find_place(place, country=country or told_country, region=code)


def country_of(place: str, region: str = "") -> str:
    """The country of a dateline's place by its code; empty where its words leave doubt."""
    known = place_of(place, region=region)
    return known.country if known else _codes(region)[0]


def _location(place: str, region: str, upper: str, language: str, comma: str = ", ") -> str:
    city = place if upper == "nothing" else _upper(place, language)
    if not region:
        return city
    return f"{city}{comma}{_upper(region, language) if upper == 'location' else region}"


def _upper(text: str, language: str) -> str:
    dotted = language.lower().partition("-")[0] in DOTTED
    return (text.replace("i", "İ") if dotted else text).upper()


def _region(place: str, region: str, country: str, rules: Style) -> str:
    """The region to print, short where the style has a short name for it."""
    if region or not rules.standalone:
        return _short(region, country, rules)
    known = place_of(place, country=country)
    country = known.country if known else country
    if _is_standalone(place, country, rules):
        return ""
    if known and known.region:
        return _short(known.region, country, rules)
    return country_names().get(country, "")


def _is_standalone(place: str, country: str, rules: Style) -> bool:
    cities = STANDALONE[rules.standalone].get(country, ())
    return key_of(place) in {key_of(city) for city in cities}


def _short(region: str, country: str, rules: Style) -> str:
    """`Calif.` for California or CA. Without a country a name that several have stays as it is."""
    for code, names in REGIONS.get(rules.regions, {}).get(country, {}).items():
        if region in {code, names[0]}:
            return names[1]
    return region


@lru_cache(maxsize=1000)
def _codes(region: str) -> tuple[str, str]:
    """The country, and the region's code, that the words after a place denote."""
    for countries in REGIONS.values():
        for country, regions in countries.items():
            for code, names in regions.items():
                # Not by the code, since CA is Canada too; and Georgia is a country as well.
                if region in names and region not in country_names().values():
                    return country, code
    by_name = {name: code for code, name in country_names().items()}
    return by_name.get(region, ""), ""
