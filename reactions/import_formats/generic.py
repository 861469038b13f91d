"""CSV from anywhere: a column that names the article, and a column for each kind, by its key or as `--kind` says."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from reactions.import_formats.counters import Counters, Mistake
from reactions.import_formats.tables import open_table
from reactions.kinds import BY_KEY

KINDS = {key: key for key in BY_KEY}
_ADDRESSES = ("article", "url", "address", "path", "slug", "guid", "id")


def read(file: BinaryIO, kinds: Mapping[str, str]) -> Iterator[Counters | Mistake]:
    table = open_table(file)
    columns = [name for name in table.columns if name in kinds]
    table.first_of(columns or kinds)
    yield from table.counters(address=table.first_of(_ADDRESSES), counters=columns)
