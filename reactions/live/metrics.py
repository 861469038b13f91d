"""The metrics of one live process, in the text format of Prometheus, and what each writes to Redis about itself.

Those of all processes are in /metrics of web: reactions/live/counters.py.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reactions.cache import redis, redis_keys
from reactions.live.counters import COUNTERS_OF_RECORDS

# A process writes its record every second; one that has not for so long is down.
_FRESH_SECONDS = 5

Record = Mapping[str, Any]


def read_records() -> list[Record] | None:
    """What the live processes last said about themselves, those that still do; None where Redis is unreachable."""
    found = redis.read_hash_and_time(redis_keys.LIVE_PROCESSES)
    if found is None:
        return None
    texts, now = found
    parted = (text.partition(" ") for text in texts.values())
    return [json.loads(text) for at, _, text in parted if int(at) >= now - _FRESH_SECONDS]


# By the name in a record: the metric, its type and what it says.
METRICS = {"listeners": ("newsroom_live_listeners", "gauge", "Open streams.")} | {
    field: (family.name, "counter", family.documentation)
    for field, counter in COUNTERS_OF_RECORDS.items()
    for family in counter.describe()
}


def exposition(records: Iterable[Record]) -> str:
    """The sums of these records in the text format."""
    return "".join(_lines(list(records)))


def _lines(records: list[Record]) -> Iterator[str]:
    for field, (name, kind, says) in METRICS.items():
        full = f"{name}_total" if kind == "counter" else name
        yield f"# HELP {full} {says}\n# TYPE {full} {kind}\n"
        yield f"{full} {sum(each[field] for each in records)}\n"
