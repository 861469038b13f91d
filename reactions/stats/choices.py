"""What the filters of the desk offer, at most a minute old in this process."""

import threading
import time
from collections.abc import Mapping, Sequence

from reactions.sql import rows

# The filters, by their names in addresses.
FILTERS = ("section", "author", "tag", "source", "language")
_MOST = 300
_FRESH_SECONDS = 60.0

Choices = Mapping[str, Sequence[tuple[str, str]]]

_reading = threading.Lock()
_last: tuple[float, Choices] = (float("-inf"), {})


def filter_choices() -> Choices:
    """By filter, pairs of a value and its name, by name. Raises Django's database errors."""
    global _last
    with _reading:
        if time.monotonic() - _last[0] >= _FRESH_SECONDS:
            choices: dict[str, list[tuple[str, str]]] = {name: [] for name in FILTERS}
            for name, value, label in rows("filter_choices", {"most": _MOST}, repeatable=True):
                choices[name].append((value, label))
            _last = (time.monotonic(), choices)
        return _last[1]


def clear_choices() -> None:
    """Forget what was read, for tests."""
    global _last
    _last = (float("-inf"), {})
