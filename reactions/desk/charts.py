"""Charts as numbers: a template draws them as SVG. Each stands beside a table or a sentence with the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reactions.kinds import KINDS, Kind

# The units of the viewBoxes.
WIDTH, HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 22, 28
_SPARK_WIDTH, _SPARK_HEIGHT = 96, 24
_MOST_LABELS = 8
_LEAST_LABEL = 80  # how wide the label of a moment is
_WIDEST_COLUMN = 48
# Steps between two lines of an axis that people count in.
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Part:
    """A kind's part of a mix: its count, its share in per cent, and where it stands in a line of 100 units."""

    kind: Kind
    count: int
    percent: float
    x: float


@dataclass(frozen=True)
class Spark:
    """A small line without axes, and what it says in words."""

    points: str
    words: str
    width: int = _SPARK_WIDTH
    height: int = _SPARK_HEIGHT


@dataclass(frozen=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True)
class Moment:
    """A moment on a chart of time, such as a correction: a line with a number, which the list below it explains."""

    at: datetime
    text: str
    name: str
    number: int
    x: float = 0


@dataclass(frozen=True)
class Block:
    """One kind's part of a column."""

    kind: Kind
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """What came in one interval, stacked by kind."""

    x: float
    width: float
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Columns:
    """A chart of stacked columns over time."""

    columns: Sequence[Column]
    levels: Sequence[Tick]
    times: Sequence[Tick]
    moments: Sequence[Moment]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


@dataclass(frozen=True)
class Lines:
    """A chart of a story's line over the band of comparable ones."""

    line: str
    levels: Sequence[Tick]
    times: Sequence[Tick]
    band: str = ""
    median: str = ""
    high: str = ""
    moments: Sequence[Moment] = field(default_factory=tuple)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def mix(counts: Mapping[str, int]) -> list[Part]:
    """The parts of a mix in the order of the kinds. Counts below zero, which a window may have, take no room."""
    total = sum(max(count, 0) for count in counts.values())
    parts, before = [], 0.0
    for kind in KINDS:
        count = max(counts.get(kind.key, 0), 0)
        percent = 100 * count / total if total else 0.0
        parts.append(Part(kind, counts.get(kind.key, 0), round(percent, 1), round(before, 2)))
        before += percent
    return parts


def spark(values: Sequence[int], words: str) -> Spark | None:
    """A line through these values, the last at the right; None where all are zero."""
    highest = max(values, default=0)
    if highest <= 0:
        return None
    step = _SPARK_WIDTH / max(len(values) - 1, 1)
    room = _SPARK_HEIGHT - 2
    points = [
        f"{number * step:.1f},{1 + room * (1 - max(value, 0) / highest):.1f}"
        for number, value in enumerate(values)
    ]
    return Spark(" ".join(points), words)


def columns(
    starts: Sequence[datetime],
    counts: Sequence[Mapping[str, int]],
    *,
    end: datetime,
    titles: Sequence[str],
    labels: Sequence[str],
    moments: Sequence[Moment] = (),
) -> Columns:
    """Intervals that follow each other until `end`, each with its counts by kind, its title and its label."""
    highest, levels = _axis(max((_came(each) for each in counts), default=0))
    ends = [*starts[1:], end]
    begin = starts[0]
    span = max(end - begin, timedelta(minutes=1))

    def x(moment: datetime) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * ((moment - begin) / span), 2)

    drawn = []
    for start, until, each, title in zip(starts, ends, counts, titles, strict=True):
        room = x(until) - x(start)
        width = round(max(min(room * 0.8, _WIDEST_COLUMN), min(room, 1)), 2)
        if blocks := _blocks(each, highest):
            drawn.append(Column(x(start), width, title, blocks))
    every = -(-len(starts) // _MOST_LABELS)
    times = [
        Tick(x(start), label)
        for start, label in list(zip(starts, labels, strict=True))[::every]
        if x(start) < WIDTH - _LEAST_LABEL
    ]
    inside = [replace(each, x=x(each.at)) for each in moments if begin <= each.at <= end]
    return Columns(drawn, levels, times, inside)


def lines(
    line: Sequence[tuple[float, float]],
    *,
    until: float,
    band: Sequence[tuple[float, float, float, float, float]] = (),
    labels: Sequence[tuple[float, str]] = (),
) -> Lines:
    """A line of points (moment, value) from 0 to `until`, over a band of (moment, low, middle, top, high)."""
    values = [value for _, value in line] + [value for _, *each in band for value in each]
    highest, levels = _axis(max(values, default=0))

    def point(moment: float, value: float) -> str:
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * min(moment / until, 1)
        return f"{x:.1f},{_y(min(value, highest), highest):.1f}"

    low = [point(moment, each) for moment, each, *_ in band]
    top = [point(each[0], each[3]) for each in band]
    return Lines(
        line=" ".join(point(*each) for each in line),
        levels=levels,
        times=[
            Tick(round(_LEFT + (WIDTH - _LEFT - _RIGHT) * moment / until, 1), label)
            for moment, label in labels
        ],
        band=" ".join([*low, *reversed(top)]),
        median=" ".join(point(each[0], each[2]) for each in band),
        high=" ".join(point(each[0], each[4]) for each in band),
    )


def _came(counts: Mapping[str, int]) -> int:
    return sum(max(count, 0) for count in counts.values())


def _blocks(counts: Mapping[str, int], highest: float) -> list[Block]:
    blocks, below = [], 0
    for kind in KINDS:
        count = max(counts.get(kind.key, 0), 0)
        if count:
            top = _y(below + count, highest)
            blocks.append(Block(kind, round(top, 2), round(_y(below, highest) - top, 2)))
        below += count
    return blocks


def _axis(most: float) -> tuple[float, list[Tick]]:
    """The top of an axis from 0, not below `most`, and its lines: four or five round numbers."""
    step, power = 1, 1
    while step * 5 < most:
        step = next((each * power for each in _STEPS if each * power > step), 10 * power)
        if step >= 10 * power:
            power *= 10
    top = step * max(-(-int(-(-most // 1)) // step), 1)
    count = top // step
    return float(top), [Tick(_y(step * n, top), f"{step * n:,}") for n in range(count + 1)]


def _y(value: float, highest: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / highest), 2)
