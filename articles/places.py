"""Where a place is: its country, its region, its time zone.

The towns of the world with more than 15,000 people, from GeoNames (CC BY 4.0), are in data/places.tsv:
sorted, so that a name is found by halving the file, and no process holds 34,000 places in its memory.
`python -m articles.data` generates the file.
"""

import csv
import mmap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent / "data"

# Of places with the same name the largest is meant where it is this many times larger, as with London.
FAR_LARGER = 10


@dataclass(frozen=True, slots=True)
class Place:
    """`country` is ISO 3166-1 alpha-2; `region` the post office's two letters, in the US alone."""

    name: str
    country: str
    region: str
    zone: str
    population: int


@lru_cache(maxsize=1000)
def find_place(name: str, *, country: str = "", region: str = "") -> Place | None:
    """The place of that name, where it is the only one or by far the largest; accents and case apart.

    `country` and `region` are codes that narrow the search. None is no mistake: a village, a ship.
    """
    found = [
        place
        for place in _of_any_language(key_of(name))
        if country in {"", place.country} and region in {"", place.region}
    ]
    largest = max(found, key=lambda place: place.population, default=None)
    meant = [
        each for each in found if largest and each.population * FAR_LARGER > largest.population
    ]
    return largest if len({(each.country, each.region, each.zone) for each in meant}) == 1 else None


@lru_cache(maxsize=1000)
def largest_of(name: str) -> int:
    """How many people live in the largest place of that name, in English or another language; 0: none is known."""
    key = key_of(name)
    known = max((place.population for place in _of_any_language(key)), default=0)
    return known or int(key in _exonyms())


def _of_any_language(key: str) -> Iterator[Place]:
    yield from _named(key)
    if key in _exonyms():
        english, country = _exonyms()[key]
        yield from (place for place in _named(key_of(english)) if place.country == country)


@cache
def _exonyms() -> dict[str, tuple[str, str]]:
    """What other languages call a place, by its key: its name in English, and its country."""
    with (DATA / "exonyms.tsv").open(encoding="utf-8") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {key: (english, country) for key, english, country in rows}


def day_at(place: Place | None, moment: datetime) -> date:
    """The day it is at the place: half past ten at night in UTC is the next day in Damascus."""
    return (moment.astimezone(ZoneInfo(place.zone)) if place else moment).date()


@cache
def country_names() -> dict[str, str]:
    """English names of countries by their codes."""
    with (DATA / "countries.tsv").open(encoding="utf-8") as file:
        return dict(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def key_of(name: str) -> str:
    """The name without case and accents, by which the file is sorted."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))


def _named(key: str) -> Iterator[Place]:
    content = _content()
    start = _first_line(content, key)
    while start < len(content):
        end = content.find(b"\n", start)
        place = _place(content[start:end])
        if key_of(place.name) != key:
            return
        yield place
        start = end + 1


def _first_line(content: mmap.mmap, key: str) -> int:
    """Where the first line begins whose name does not come before the key."""
    low, high = 0, len(content)
    while low < high:
        middle = (low + high) // 2
        start = content.rfind(b"\n", 0, middle) + 1
        end = content.find(b"\n", start)
        if key_of(content[start : content.find(b"\t", start)].decode()) < key:
            low = end + 1
        else:
            high = start
    return low


def _place(line: bytes) -> Place:
    name, country, region, zone, population = line.decode().split("\t")
    return Place(name, country, region, zone, int(population))


@cache
def _content() -> mmap.mmap:
    with (DATA / "places.tsv").open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
