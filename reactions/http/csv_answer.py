"""Figures as CSV: streamed, safe to open in a spreadsheet, and with a last line by which a file that was cut is noticed.

Cells and the last line are those of `data_files`.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from rest_framework import exceptions

from reactions.data_files import END, text_cell
from reactions.kinds import KINDS
from reactions.stats.article import ArticleStatistics
from reactions.stats.query import TIMES, Export, Figures, Query

# Text of one piece of the body: a piece for each row would cost more than the rows.
_PIECE_ROWS = 2_000
# Of the eight connections of a web process.
MOST_EXPORTS = 2
_exports = threading.BoundedSemaphore(MOST_EXPORTS)

_NAMED = {"article": "headline", **{each: f"{each}_name" for each in ("section", "author", "tag")}}
_NAMED["section_at_event"] = "section_at_event_name"


class TooManyExports(exceptions.APIException):
    status_code = 503
    default_detail = "Other exports are being read. Try again soon."
    default_code = "too_many_exports"
    wait = 10


class ExportLines:
    """The lines of an export, of which MOST_EXPORTS are read at a time in a process: each holds a connection.

    The first row is read at once, so that an error of the database is an answer and no file that ends. Raises
    TooManyExports, and Django's database errors.
    """

    def __init__(self, lines: Generator[str]) -> None:
        self._lines = lines
        self._is_open = _exports.acquire(blocking=False)
        if not self._is_open:
            raise TooManyExports
        try:
            self._first = [*islice(lines, 2)]
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from self._lines

    def close(self) -> None:
        """Whether all was read or the client has gone."""
        self._lines.close()
        if self._is_open:
            self._is_open = False
            _exports.release()


def csv_response(
    lines: Iterable[str], name: str, *, with_bom: bool = False
) -> StreamingHttpResponse:
    """The lines as a file to download. The byte order mark is what some spreadsheets know UTF-8 by."""
    response = StreamingHttpResponse(
        _Body(lines, with_bom=with_bom), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class _Body:
    """The lines in pieces, and the end line, which an error in between leaves out."""

    def __init__(self, lines: Iterable[str], *, with_bom: bool) -> None:
        self._lines = lines
        self._with_bom = with_bom

    def __iter__(self) -> Iterator[bytes]:
        if self._with_bom:
            yield "\ufeff".encode()
        count, piece = -1, list[str]()  # the first line is the header
        for line in self._lines:
            count += 1
            piece.append(line)
            if len(piece) == _PIECE_ROWS:
                yield "".join(piece).encode()
                piece.clear()
        yield f"{''.join(piece)}{END},{count}\r\n".encode()

    def close(self) -> None:
        """Django calls it when the answer was sent, or its client has gone."""
        if isinstance(self._lines, ExportLines):
            self._lines.close()


def lines_of_figures(figures: Figures) -> Iterator[str]:
    """The header and the rows of an answer."""
    query = figures.query
    intervals = {
        each.dimensions[place]: _time_cells(each.dimensions[place], each.complete, query.timezone)
        for each in figures.results
        for place, name in enumerate(query.dimensions)
        if name in TIMES
    }
    kinds = {kind.key: kind.key for kind in KINDS}
    rows = (
        (
            *(value for pair in zip(each.dimensions, each.names, strict=True) for value in pair),
            *each.metrics,
            *(each.comparison or [None] * len(each.metrics) if query.compare is not None else ()),
        )
        for each in figures.results
    )
    return _lines(query, rows, intervals, kinds)


def lines_of_export(export: Export) -> ExportLines:
    """The header and the rows of an export, as they are read. Raises TooManyExports."""
    intervals = {
        number: _time_cells(each.start, each.complete, export.query.timezone)
        for number, each in enumerate(export.intervals, start=1)
    }
    kinds = {kind.bit: kind.key for kind in KINDS}
    return ExportLines(_lines(export.query, export.rows, intervals, kinds))


def lines_of_series(statistics: ArticleStatistics) -> Iterator[str]:
    """The header, and a row for each interval and kind with a change."""
    yield "start,local_time,kind,added,removed\r\n"
    for period in statistics.series:
        times = _local_cells(period.start, statistics.timezone)
        for key, added in period.added.items():
            if added or period.removed[key]:
                yield f"{times},{key},{added},{period.removed[key]}\r\n"


def _lines(
    query: Query,
    rows: Iterable[Sequence[Any]],
    intervals: Mapping[Any, str],
    kinds: Mapping[Any, str],
) -> Generator[str]:
    yield ",".join(header(query)) + "\r\n"
    writers = [_writer(dimension, intervals, kinds) for dimension in query.dimensions]
    placed = [(2 * number, write) for number, write in enumerate(writers)]
    end = 2 * len(writers)
    for row in rows:
        cells = [write(row[place], row[place + 1]) for place, write in placed]
        if None in cells:  # a kind that is gone, an interval of a longer comparison
            continue
        figures = row[end:]
        cells += (
            ["" if each is None else str(each) for each in figures]
            if None in figures
            else map(str, figures)
        )
        yield ",".join(cells) + "\r\n"  # type: ignore[arg-type]  # none is None


def header(query: Query) -> list[str]:
    found = []
    for dimension in query.dimensions:
        if dimension in TIMES:
            found += ["start", "local_time", "complete"]
        else:
            found += [dimension, *([_NAMED[dimension]] if dimension in _NAMED else [])]
    compared = [f"{each}_compared" for each in query.metrics] if query.compare is not None else []
    return [*found, *query.metrics, *compared]


def _writer(
    dimension: str, intervals: Mapping[Any, str], kinds: Mapping[Any, str]
) -> Callable[[Any, Any], str | None]:
    if dimension in TIMES:
        return lambda value, name: intervals.get(value)
    if dimension == "kind":
        return lambda value, name: kinds.get(value)
    known: dict[Any, str] = {}  # a value has many rows

    def write(value: Any, name: Any) -> str:
        cells = known.get(value)
        if cells is None:
            cells = (
                f"{text_cell(value)},{text_cell(name)}" if dimension in _NAMED else text_cell(value)
            )
            known[value] = cells
        return cells

    return write


def _time_cells(start: datetime, complete: bool | None, zone: ZoneInfo) -> str:
    return f"{_local_cells(start, zone)},{'true' if complete else 'false'}"


def _local_cells(start: datetime, zone: ZoneInfo) -> str:
    """A time with its offset, and as a spreadsheet reads it."""
    local = start.astimezone(zone)
    return f"{local.isoformat()},{local:%Y-%m-%d %H:%M}"
