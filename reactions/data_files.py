"""Files of records, as JSON Lines or CSV: written as a stream, with a last line by which a file that was cut is noticed.

A text cell that a spreadsheet would read as a formula begins with an apostrophe, and so does one that has such
apostrophes already, so that a program can remove exactly one. Numbers are numbers, negative ones too.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TextIO

# The first cell of the last line, and its key in JSON; beside it is the number of rows before it.
END: Final = "#end"
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001  # full-width signs begin formulas too
_QUOTED = re.compile('[",\r\n]')

FORMATS: Final = ("jsonl", "csv")

# The types of the cells of a table. JSON has them anyway.
#   text     a text, never null          number   a whole number
#   value    a text; null where empty    boolean  true or false
#   list     keys, separated by spaces   json     anything else, as JSON
Columns = Mapping[str, str]
Record = dict[str, Any]


class Damaged(Exception):
    """A file is not what an export writes: it was cut, or changed. The message says where."""


def text_cell(value: Any) -> str:
    """A text that is no formula, quoted where it must be; None is an empty cell."""
    if value is None:
        return ""
    text = str(value)
    if _FORMULA.match(text):
        text = f"'{text}"
    if _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def lines_of(records: Iterable[Record], columns: Columns, format_: str) -> Iterator[str]:
    """The lines of a file, each with its end. The last one is missing where reading the records fails."""
    if format_ == "csv":
        return _csv_lines(records, columns)
    return _json_lines(records)


def read_records(file: TextIO, columns: Columns, format_: str) -> Iterator[Record]:
    """The records of a file that was opened with newline="". Raises Damaged, at its end where only that is missing."""
    return _read_csv(file, columns) if format_ == "csv" else _read_json(file, columns)


def _json_lines(records: Iterable[Record]) -> Iterator[str]:
    count = 0
    for record in records:
        count += 1
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
    yield json.dumps({END: count}, separators=(",", ":")) + "\n"


def _csv_lines(records: Iterable[Record], columns: Columns) -> Iterator[str]:
    yield ",".join(columns) + "\r\n"
    count = 0
    for record in records:
        count += 1
        yield ",".join([_cell(record[name], type_) for name, type_ in columns.items()]) + "\r\n"
    yield f"{END},{count}\r\n"


def _cell(value: Any, type_: str) -> str:
    if value is None:
        return ""
    if type_ == "number":
        return str(value)
    if type_ == "boolean":
        return "true" if value else "false"
    if type_ == "list":
        return text_cell(" ".join(value))
    if type_ == "json":
        return text_cell(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return text_cell(value)


def _read_json(file: TextIO, columns: Columns) -> Iterator[Record]:
    number = 0
    for number, line in enumerate(file, start=1):
        try:
            record = json.loads(line)
        except ValueError:
            raise Damaged(f"line {number} is not JSON; the file may have been cut.") from None
        if isinstance(record, dict) and END in record:
            _check_end(record[END], number - 1, next(file, None))
            return
        if not isinstance(record, dict) or record.keys() != columns.keys():
            raise Damaged(f"line {number} has not the fields {', '.join(columns)}.")
        yield record
    raise Damaged(f"the file was cut after line {number}: its last line, {END}, is missing.")


def _read_csv(file: TextIO, columns: Columns) -> Iterator[Record]:
    csv.field_size_limit(sys.maxsize)  # an article's text is one cell
    reader = csv.reader(file, strict=True)
    try:
        if next(reader, None) != [*columns]:
            raise Damaged(f"the first line is not {','.join(columns)}.")
        count = 0
        for cells in reader:
            if cells[:1] == [END]:
                _check_end(cells[1] if len(cells) == 2 else "", count, next(reader, None))
                return
            count += 1
            yield _of_cells(cells, columns, reader.line_num)
    except csv.Error as error:
        raise Damaged(
            f"line {reader.line_num} is not CSV ({error}); it may have been cut."
        ) from None
    raise Damaged(f"the file was cut after {count} rows: its last line, {END}, is missing.")


def _check_end(counted: Any, count: int, following: object) -> None:
    if str(counted) != str(count) or following is not None:
        raise Damaged(f"its last line says {counted} rows; there are others.")


def _of_cells(cells: list[str], columns: Columns, line: int) -> Record:
    if len(cells) != len(columns):
        raise Damaged(f"line {line} has {len(cells)} cells, and the header {len(columns)}.")
    try:
        return {
            name: _value(cell, type_)
            for cell, (name, type_) in zip(cells, columns.items(), strict=True)
        }
    except ValueError:
        raise Damaged(f"line {line} has a cell that is not of its column's type.") from None


def _value(cell: str, type_: str) -> Any:
    if cell.startswith("'") and _FORMULA.match(cell):
        cell = cell[1:]
    if type_ == "text":
        return cell
    if type_ == "list":
        return cell.split()
    if cell == "":
        return None
    if type_ == "number":
        return int(cell)
    if type_ == "boolean":
        return {"true": True, "false": False}.get(cell)
    return json.loads(cell) if type_ == "json" else cell
