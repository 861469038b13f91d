"""What was measured, as lines of a table: figures with their spread, ratios of pairs, and whether the target is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """One figure, measured once a round."""

    values: Sequence[float]
    unit: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        text = short(self.median)
        if len(self.values) > 1:
            text += f" [{short(min(self.values))}–{short(max(self.values))}]"
        return f"{text} {self.unit}".strip()

    def over(self, other: "Samples") -> "Samples":
        """The ratio in each round: other load of the machine affected both."""
        return Samples([a / b for a, b in zip(self.values, other.values, strict=True)])

    def inverse(self, unit: str = "", scale: float = 1) -> "Samples":
        return Samples([scale / value for value in self.values], unit)


@dataclass(frozen=True)
class Target:
    """The value that a figure must reach: at least `limit`, or at most where `is_ceiling`."""

    limit: float
    is_ceiling: bool = False
    unit: str = ""

    def is_met_by(self, value: float) -> bool:
        return value <= self.limit if self.is_ceiling else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.is_ceiling else '≥'} {short(self.limit)} {self.unit}".strip()


def at_least(limit: float, unit: str = "") -> Target:
    return Target(limit, unit=unit)


def at_most(limit: float, unit: str = "") -> Target:
    return Target(limit, is_ceiling=True, unit=unit)


@dataclass(frozen=True)
class Row:
    """One line. `checked` is compared with the target: the ratio, or our figure where there is no other."""

    figure: str
    ours: Samples | None
    beside: Samples | None = None
    target: Target | None = None
    ratio: Samples | None = None
    note: str = ""

    @property
    def checked(self) -> Samples | None:
        return self.ratio or self.ours

    @property
    def verdict(self) -> str:
        if self.ours is None:
            return "not measured"
        if self.target is None or self.checked is None:
            return ""
        return "met" if self.target.is_met_by(self.checked.median) else "missed"

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.figure,
            str(self.ours or "–"),
            str(self.beside or "–"),
            str(self.ratio or "–"),
            str(self.target or "–"),
            ": ".join(filter(None, [self.verdict, self.note])),
        )


def compared(
    figure: str, ours: Samples, beside: Samples, target: Target | None = None, note: str = ""
) -> Row:
    """Ours, divided by the figure beside it."""
    return Row(figure, ours, beside, target, ours.over(beside), note)


def not_measured(figure: str, target: Target | None, why: str) -> Row:
    return Row(figure, None, None, target, None, why)


HEADINGS = ("figure", "ours", "beside", "ratio", "target", "")


def as_text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS) - 1)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]
        )
        for line in lines
    )


def as_markdown(rows: Sequence[Row], headings: Sequence[str] = HEADINGS) -> str:
    lines = [headings, ["---"] * len(headings), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def short(value: float) -> str:
    """Three significant figures, or whole thousands."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
