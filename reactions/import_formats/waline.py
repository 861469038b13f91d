"""Waline: its export as JSON, or the table `wl_Counter` as CSV; reaction0 to reaction8 of each path.

The meaning of a position is up to each site. Only the first two of Waline's own six pictures (agreeing, looking down,
sunglasses, picking the nose, awkward, asleep) match a kind here; the others are left out unless they are mapped.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from reactions.import_formats.counters import Counters, Invalid, Mistake, address_of, count_of
from reactions.import_formats.items import looks_like_json, read_items
from reactions.import_formats.tables import open_table

KINDS = {"reaction0": "like", "reaction1": "dislike"}
_COUNTER = re.compile(r"reaction[0-9]{1,2}")

# The file of the export, the answer of its API, and the table of a store that keeps each as a list.
_PATHS = ("data.Counter", "data.data.Counter", "")


def read(file: BinaryIO, kinds: Mapping[str, str]) -> Iterator[Counters | Mistake]:
    if looks_like_json(file):
        for item in read_items(file, paths=_PATHS):
            yield item if isinstance(item, Mistake) else _counters(*item)
        return
    table = open_table(file)
    columns = [name for name in table.columns if _COUNTER.fullmatch(name)]
    table.first_of(columns or ["reaction0"])
    yield from table.counters(address=table.first_of(["url"]), counters=columns)


def _counters(place: str, item: dict[str, Any]) -> Counters | Mistake:
    counts: dict[str, int] = {}
    name = "url"
    try:
        address = address_of(item.get("url"))
        for name in filter(_COUNTER.fullmatch, item):
            counts[name] = count_of(item[name])
    except Invalid as invalid:
        return Mistake(place, f"{name}: {invalid}")
    return Counters(place, address, counts)
