"""Varient and Infinite: the table `reactions` as CSV, one row a post, seven columns.

The table identifies a post by its number alone. So does the file, unless it was exported with the slug or address of
the post; a number finds its article through `--map`. Varient lets counters fall below zero: such a line is refused.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from reactions.import_formats.counters import Counters, Mistake
from reactions.import_formats.tables import open_table

KINDS = {f"re_{key}": key for key in ("like", "dislike", "love", "funny", "angry", "sad", "wow")}
_ADDRESSES = ("url", "slug", "title_slug", "post_id")


def read(file: BinaryIO, kinds: Mapping[str, str]) -> Iterator[Counters | Mistake]:
    table = open_table(file)
    table.require(KINDS)
    yield from table.counters(address=table.first_of(_ADDRESSES), counters=list(KINDS))
