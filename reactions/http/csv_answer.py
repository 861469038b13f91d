"""Figures as CSV: streamed, safe to open in a spreadsheet, and with a last line by which a file that was cut is noticed.

A text cell that a spreadsheet would read as a formula begins with an apostrophe, and so does one that has such
apostrophes already, so that a program can take exactly one away. Numbers are numbers, negative ones too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from reactions.kinds import KINDS
from reactions.stats.article import ArticleStatistics
from reactions.stats.query import TIMES, Export, Figures, Query

# The first cell of the last line; the second is the number of rows before it.
END = "#end"
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001  # full-width signs begin formulas too
_QUOTED = re.compile('[",\r\n]')
# Text of one piece of the body: a piece for each row would cost more than the rows.
_PIECE_ROWS = 2_000

_NAMED = {"article": "headline", **{each: f"{each}_name" for each in ("section", "author", "tag")}}
_NAMED["section_at_event"] = "section_at_event_name"


def csv_response(
    lines: Iterable[str], name: str, *, with_bom: bool = False
) -> StreamingHttpResponse:
    """The lines as a file to download. The byte order mark is what some spreadsheets know UTF-8 by."""
    response = StreamingHttpResponse(
        _encoded(lines, with_bom=with_bom), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _encoded(lines: Iterable[str], *, with_bom: bool) -> Iterator[bytes]:
    """In pieces, and with the end line, which an error in between leaves out."""
    if with_bom:
        yield "\ufeff".encode()
    count, piece = -1, list[str]()  # the first line is the header
    for line in lines:
        count += 1
        piece.append(line)
        if len(piece) == _PIECE_ROWS:
            yield "".join(piece).encode()
            piece.clear()
    yield f"{''.join(piece)}{END},{count}\r\n".encode()


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


def lines_of_export(export: Export) -> Iterator[str]:
    """The header and the rows of an export, as they are read."""
    intervals = {
        number: _time_cells(each.start, each.complete, export.query.timezone)
        for number, each in enumerate(export.intervals, start=1)
    }
    return _lines(export.query, export.rows, intervals, {kind.bit: kind.key for kind in KINDS})


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
) -> Iterator[str]:
    yield ",".join(header(query)) + "\r\n"
    writers = [_writer(dimension, intervals, kinds) for dimension in query.dimensions]
    end = 2 * len(writers)
    for row in rows:
        cells = [write(row[2 * n], row[2 * n + 1]) for n, write in enumerate(writers)]
        if None in cells:  # a kind that is gone, an interval of a longer comparison
            continue
        cells += ["" if each is None else str(each) for each in row[end:]]
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
    if dimension in _NAMED:
        return lambda value, name: f"{text_cell(value)},{text_cell(name)}"
    return lambda value, name: text_cell(value)


def _time_cells(start: datetime, complete: bool | None, zone: ZoneInfo) -> str:
    return f"{_local_cells(start, zone)},{'true' if complete else 'false'}"


def _local_cells(start: datetime, zone: ZoneInfo) -> str:
    """A time with its offset, and as a spreadsheet reads it."""
    local = start.astimezone(zone)
    return f"{local.isoformat()},{local:%Y-%m-%d %H:%M}"


@lru_cache(maxsize=20_000)
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
