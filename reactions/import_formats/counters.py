"""What every format yields: the counters of an article as the file has them, or a mistake in a line."""

from collections.abc import Mapping
from dataclasses import dataclass

# No article has more readers than this; a longer number is a mistake, and would not fit a sum of its kind.
MOST = 10**12

# What databases write for "nothing" when they export a column of numbers.
_NOTHING = {"", "null", "\\n"}

_LONGEST_SHOWN = 40  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class Counters:
    """One article's counters, by the names that the file has for them. `place` is a line or an item."""

    place: str
    address: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Mistake:
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class Unreadable(Exception):
    """The file is not in this format, or stops being in it here: nothing after it can be trusted."""

    def __init__(self, place: str, text: str) -> None:
        super().__init__(text)
        self.mistake = Mistake(place, text)


class Invalid(Exception):
    """A value that is refused; its text follows the name of the column."""


def count_of(value: object) -> int:
    """A counter from a cell or a JSON value; nothing is zero. Raises Invalid."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return 0
    if isinstance(value, str):
        value = _whole(value.strip())
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{shown(value)} is not a whole number.")
    if value < 0:
        raise Invalid(f"{value} is negative.")
    if value > MOST:
        raise Invalid(f"{shown(value)} is more than any article has.")
    return value


def _whole(text: str) -> int | str:
    """The number, or the text as it was. `int` alone would take `1_000` and the digits of every script."""
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_SHOWN
    return int(text) if is_number else text


def address_of(value: object) -> str:
    """What names the article: text, or a number that only its own system knows. Raises Invalid."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise Invalid("names no article.")
    if not value.strip().isprintable():
        raise Invalid(f"{shown(value)} has characters that no address has.")
    return value.strip()


def shown(value: object) -> str:
    """A value as a message shows it, on one line and shortened."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
