"""MODX Reactions: what its `export` command writes, one item a reaction.

An item has an object's class and number: a page is named by its number alone, anything else by `class:number`; both
find their article through `--map`. The name of a type decides its kind. Who reacted stays in the file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from reactions.import_formats.counters import Counters, Invalid, Mistake, address_of, shown
from reactions.import_formats.items import read_items

KINDS = {
    **{key: key for key in ("like", "dislike", "love", "funny", "angry", "sad", "wow")},
    "up": "like",
    "down": "dislike",
}
_PAGES = {"", "modResource", "modDocument"}


def read(file: BinaryIO, kinds: Mapping[str, str]) -> Iterator[Counters | Mistake]:
    """An article’s counters are complete only when the whole file is read, so they come at the end."""
    counts: dict[str, Counter[str]] = {}
    first: dict[str, str] = {}
    seen: dict[int, str] = {}
    for item in read_items(file, paths=["items"]):
        reaction = item if isinstance(item, Mistake) else _reaction(*item, seen)
        if isinstance(reaction, Mistake):
            yield reaction
            continue
        place, address, name = reaction
        first.setdefault(address, place)
        counts.setdefault(address, Counter())[name] += 1
    for address, of_types in counts.items():
        yield Counters(first[address], address, of_types)


def _reaction(place: str, item: dict[str, Any], seen: dict[int, str]) -> Any:
    """The place, the address and the type of one reaction, or what is wrong with it."""
    name = "id"
    try:
        number = _number(item.get("id"))
        if seen.setdefault(number, place) != place:
            raise Invalid(f"{number} is repeated; it is {seen[number]} already.")
        name = "object_id"
        address = _address(item)
        name = "type"
        return place, address, _type(item)
    except Invalid as invalid:
        return Mistake(place, f"{name}: {invalid}")


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{shown(value)} is not a whole number.")
    return value


def _address(item: dict[str, Any]) -> str:
    of_class = item.get("class_key", item.get("object_class")) or ""
    name = str(of_class).rpartition("\\")[2]
    number = address_of(item.get("object_id"))
    return number if name in _PAGES else address_of(f"{name}:{number}")


def _type(item: dict[str, Any]) -> str:
    """The name of the type; a type that was deleted in MODX has only its number."""
    of_type = item.get("type")
    name = of_type.get("name") if isinstance(of_type, dict) else of_type
    if name is None:
        return f"type {_number(item.get('type_id'))}"
    return address_of(name)
