"""CSV as other systems write it: comma, semicolon or tab; UTF-8 with or without a byte order mark; a header."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from reactions.data_files import END
from reactions.import_formats.counters import (
    Counters,
    Invalid,
    Mistake,
    Unreadable,
    address_of,
    count_of,
    shown,
)

if TYPE_CHECKING:
    from _csv import Reader

# Bytes. A line of counters has some hundred; what is longer is no table, and is refused before it fills memory.
_LONGEST_LINE = 1_000_000
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    columns: Sequence[str]
    rows: Iterator[Row | Mistake]

    def first_of(self, names: Iterable[str]) -> str:
        """The first of these columns that the table has. Raises Unreadable."""
        names = list(names)
        for name in names:
            if name in self.columns:
                return name
        raise Unreadable("line 1", f"there is no column {' or '.join(names)}.")

    def require(self, names: Iterable[str]) -> None:
        """Raises Unreadable where any of these columns is missing."""
        if missing := [name for name in names if name not in self.columns]:
            raise Unreadable("line 1", f"there is no column {', '.join(missing)}.")

    def counters(self, *, address: str, counters: Sequence[str]) -> Iterator[Counters | Mistake]:
        """Each row as the counters of these columns."""
        for row in self.rows:
            yield row if isinstance(row, Mistake) else _counters(row, address, counters)


def open_table(file: BinaryIO) -> Table:
    """A table whose rows are read on iteration, which may raise Unreadable as this does."""
    lines = _lines(file)
    header = next(lines, "")
    # Strict: an unclosed quote is reported, and does not swallow the rest of the file.
    reader = csv.reader(
        chain([header], lines), delimiter=max(_DELIMITERS, key=header.count), strict=True
    )
    columns = [name.strip() for name in _next(reader) or []]
    if not any(columns):
        raise Unreadable("line 1", "there is no header with the names of the columns.")
    if repeated := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise Unreadable("line 1", f"the column {shown(repeated[0])} is there twice.")
    return Table(columns, _rows(reader, columns))


def _lines(file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise Unreadable(f"line {number}", "is too long to be a line of counters.")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise Unreadable(f"line {number}", "is not UTF-8.") from None


def _rows(reader: "Reader", columns: Sequence[str]) -> Iterator[Row | Mistake]:
    """The rows. The last line of an export of ours says how many there are; other systems write none."""
    line = reader.line_num + 1
    count = 0
    while (cells := _next(reader)) is not None:
        if cells[:1] == [END]:
            if cells != [END, str(count)]:
                raise Unreadable(f"line {line}", "says that there are other rows: the file is cut.")
            return
        count += 1
        if len(cells) == len(columns):
            yield Row(line, dict(zip(columns, cells, strict=True)))
        elif cells:
            text = f"has {len(cells)} cells, and the header {len(columns)}."
            yield Mistake(f"line {line}", text)
        line = reader.line_num + 1


def _next(reader: "Reader") -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}", f"is not CSV: {error}.") from None


def _counters(row: Row, address: str, counters: Sequence[str]) -> Counters | Mistake:
    counts: dict[str, int] = {}
    column = address
    try:
        named = address_of(row.cells[address])
        for column in counters:
            counts[column] = count_of(row.cells[column])
    except Invalid as invalid:
        return Mistake(f"line {row.line}", f"{column}: {invalid}")
    return Counters(f"line {row.line}", named, counts)


def read_map(file: BinaryIO) -> dict[str, str]:
    """The second column of a table by its first. Raises Unreadable."""
    table = open_table(file)
    if len(table.columns) < 2:
        raise Unreadable(
            "line 1", "two columns are needed: the name of an article in the file, and here."
        )
    names: dict[str, str] = {}
    for row in table.rows:
        if isinstance(row, Mistake):
            raise Unreadable(row.place, row.text)
        theirs, ours = _pair(row, table.columns)
        if names.setdefault(theirs, ours) != ours:
            raise Unreadable(
                f"line {row.line}", f"{theirs} is repeated; it is {names[theirs]} already."
            )
    return names


def _pair(row: Row, columns: Sequence[str]) -> tuple[str, str]:
    column = columns[0]
    try:
        theirs = address_of(row.cells[column])
        column = columns[1]
        return theirs, address_of(row.cells[column])
    except Invalid as invalid:
        raise Unreadable(f"line {row.line}", f"{column}: {invalid}") from None
