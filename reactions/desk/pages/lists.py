"""What the lists of figures share: the range, the filters, the order and the page that an address asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from reactions.stats.choices import FILTERS, filter_choices
from reactions.stats.query import Figures
from reactions.stats.windows import QueryRefused, Window, read_window

DEFAULT_RANGE = "7d"
RANGES = {
    "today": "Today",
    "24h": "24 hours",
    "7d": "7 days",
    "28d": "28 days",
    "90d": "90 days",
    "400d": "400 days",
}
# The parameters of every list.
NAMES = {"range", "from", "to", "sort", "page", "tz", *FILTERS}
_MOST_DIGITS = 5  # of the number of a page


@dataclass(frozen=True)
class Asked:
    """What an address asks for, by the names of its parameters; what is missing is empty."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest, names: Iterable[str]) -> Self:
        return cls({name: request.GET.get(name, "").strip() for name in names})

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def kept(self, *names: str) -> dict[str, str]:
        """The parameters of these names that are there."""
        return {name: self.values[name] for name in names if self.values.get(name)}

    @property
    def range(self) -> str:
        """The name of the range; empty where dates are given."""
        return "" if self["from"] or self["to"] else self["range"] or DEFAULT_RANGE

    def window(self, zone: ZoneInfo, now: datetime) -> Window:
        """The range, or the dates; without a last one until today. Raises QueryRefused."""
        if self.range:
            return read_window(self.range, zone, now, field="range")
        if not self["from"]:
            raise QueryRefused("from", "required", "Choose the first date, too.")
        last = self["to"] or now.astimezone(zone).date().isoformat()
        return read_window([self["from"], last], zone, now, field="range")

    @property
    def filters(self) -> list[list[Any]]:
        return [["is", name, [value]] for name, value in self.kept(*FILTERS).items()]

    @property
    def page(self) -> int:
        """The number of the page, from 1."""
        text = self["page"]
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        return max(int(text), 1) if is_number else 1

    def order(self, sorts: Mapping[str, str]) -> tuple[str, bool]:
        """The name of what sorts, and whether it descends: the first of `sorts` by default. Raises QueryRefused."""
        name = self["sort"].removeprefix("-") or next(iter(sorts))
        if name not in sorts:
            raise QueryRefused("sort", "unknown", f"One of {', '.join(sorts)}.")
        return name, not self["sort"].startswith("-")

    def headers(self, sorts: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """By name of a sort: the value that its header leads to, and `aria-sort`."""
        sort, descends = self.order(sorts)
        return {
            name: {
                "value": f"-{name}" if name == sort and descends else name,
                "aria": ("descending" if descends else "ascending") if name == sort else "",
            }
            for name in sorts
        }

    def choices(self, *, without: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
        """What each filter offers, what is chosen among it: (value, name)."""
        found = []
        for name, known in filter_choices().items():
            chosen = self[name]
            is_known = not chosen or chosen in {value for value, _ in known}
            if name != without:
                found.append((name, [*([] if is_known else [(chosen, chosen)]), *known]))
        return found


def list_context(asked: Asked, figures: Figures, *, per_page: int) -> dict[str, Any]:
    """What the templates of every list need."""
    window = figures.query.window
    chosen = asked.range
    return {
        "asked": asked.values,
        "range": chosen,
        "ranges": RANGES if chosen in RANGES or not chosen else {**RANGES, chosen: chosen},
        "zone": window.timezone,
        "begin": window.start.astimezone(window.timezone),
        "end": window.end.astimezone(window.timezone),
        "page": asked.page,
        "has_next": figures.query.offset + per_page < figures.every_row,
    }


def csv_address(name: str, figures: Figures, kept: Mapping[str, str]) -> str:
    """The address of the same rows as a file, of the API: all of them."""
    window = figures.query.window
    times = {"from": window.start.isoformat()}
    if not window.running:
        times["to"] = window.end.isoformat()
    fixed = {"tz": window.timezone.key, "format": "csv", "bom": "1"}
    return f"{reverse(name)}?{urlencode({**times, **kept, **fixed})}"
