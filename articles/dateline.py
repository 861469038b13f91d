"""The line that says where and when an article was filed, as each house prints it.

The rules are data, with their sources: data/datelines.toml holds styles, months, the cities that stand
alone and the short names of regions. Recognising a dateline in a text is `articles.formats.datelines`.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from articles.places import DATA, Place, country_names, find_place, key_of


@dataclass(frozen=True, slots=True)
class Style:
    """How one house prints a dateline; an empty pattern means that it leaves the part out."""

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
MONTHS: Mapping[str, list[str]] = RULES["months"]
STANDALONE: Mapping[str, Mapping[str, list[str]]] = RULES["standalone"]
REGIONS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = RULES["regions"]
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
    """The dateline as the house prints it at the head of an article: `DAMASCUS, Dec 8 (AFP) —`.

    The date is the one at the place. A part that is not known is left out, and so is one that the
    house does not print. A region that is given is printed; one that is not is printed by houses
    where the city does not stand alone, as far as the place is known. Raises KeyError for a style
    that is not in STYLES.
    """
    house = STYLES[style]
    text = _location(place, _region(place, region, country, house), house.upper, language)
    if date:
        month = MONTHS[house.months][date.month - 1]
        text += house.date.format(day=date.day, month=month, year=date.year)
    if source:
        text += house.source.format(source=source)
    return f"{text} {house.dash}"


def place_of(place: str, *, region: str = "", country: str = "") -> Place | None:
    """Where a dateline's place is, as far as its words tell without doubt."""
    told_country, code = _codes(region)
    return find_place(place, country=country or told_country, region=code)


def country_of(place: str, region: str = "") -> str:
    """The country of a dateline's place by its code; empty where its words leave doubt."""
    known = place_of(place, region=region)
    return known.country if known else _codes(region)[0]


def _location(place: str, region: str, upper: str, language: str) -> str:
    city = place if upper == "nothing" else _upper(place, language)
    if not region:
        return city
    return f"{city}, {_upper(region, language) if upper == 'location' else region}"


def _upper(text: str, language: str) -> str:
    dotted = language.lower().partition("-")[0] in DOTTED
    return (text.replace("i", "İ") if dotted else text).upper()


def _region(place: str, region: str, country: str, house: Style) -> str:
    """The region to print, short where the house has a short name for it."""
    if region or not house.standalone:
        return _short(region, country, house)
    known = place_of(place, country=country)
    country = known.country if known else country
    if _stands_alone(place, country, house):
        return ""
    if known and known.region:
        return _short(known.region, country, house)
    return country_names().get(country, "")


def _stands_alone(place: str, country: str, house: Style) -> bool:
    cities = STANDALONE[house.standalone].get(country, ())
    return key_of(place) in {key_of(city) for city in cities}


def _short(region: str, country: str, house: Style) -> str:
    """`Calif.` for California or CA. Without a country a name that several have stays as it is."""
    for code, names in REGIONS.get(house.regions, {}).get(country, {}).items():
        if region in {code, names[0]}:
            return names[1]
    return region


@lru_cache(maxsize=1000)
def _codes(region: str) -> tuple[str, str]:
    """The country, and the region's code, that the words behind a place stand for."""
    for countries in REGIONS.values():
        for country, regions in countries.items():
            for code, names in regions.items():
                # Not by the code, since CA is Canada too; and Georgia is a country as well.
                if region in names and region not in country_names().values():
                    return country, code
    by_name = {name: code for code, name in country_names().items()}
    return by_name.get(region, ""), ""
