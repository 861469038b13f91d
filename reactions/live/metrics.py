"""The metrics of live processes: in the text format of Prometheus, and from what each writes to Redis."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reactions.cache import redis, redis_keys

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
METRICS = {
    "listeners": ("newsroom_live_listeners", "gauge", "Open streams."),
    "sent": ("newsroom_live_events_sent", "counter", "Events of counts that were sent."),
    "dropped": (
        "newsroom_live_dropped",
        "counter",
        "Streams that were cut because they were too slow.",
    ),
    "refused": ("newsroom_live_refused", "counter", "Streams that were refused for want of room."),
}


def exposition(records: Iterable[Record]) -> str:
    """The sums of these records in the text format."""
    return "".join(_lines(list(records)))


def _lines(records: list[Record]) -> Iterator[str]:
    for field, (name, kind, says) in METRICS.items():
        full = f"{name}_total" if kind == "counter" else name
        yield f"# HELP {full} {says}\n# TYPE {full} {kind}\n"
        yield f"{full} {sum(each[field] for each in records)}\n"
