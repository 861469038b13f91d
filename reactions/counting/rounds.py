"""One run of the aggregation task: rounds every AGGREGATION_INTERVAL, for the second until the next message is due.

A round in which nothing waits costs one statement, less than a message (docs/decisions/0029-one-message-a-second.md).
"""

import time
from mmap import mmap
from struct import Struct

from django.conf import settings

from reactions.counting.aggregate import aggregate
from reactions.counting.progress import note_aggregation
from reactions.counting.watermark import watermark
from reactions.sql import row

# Until the next message.
RUN_SECONDS = 1.0
# Of a run that messages prolong, far below CELERY_TASK_TIME_LIMIT.
_MOST_SECONDS = 10.0
# How often an aggregation runs although nothing waits: it raises the watermark (watermark.py).
_IDLE_SECONDS = 10.0
# A message that comes so soon after the last one was done has waited in the queue, and others may wait behind it. One
# may have been late; after two in succession each gets one round, until they are worked off.
_AT_ONCE_SECONDS = 0.05
_MOST_AT_ONCE = 2
_DOUBLE = Struct("d")
_ROUND_AT, _UNTIL = 0, _DOUBLE.size

# When the run of this worker had its last round, 0 where none is under way, and until when it has rounds; on the
# monotonic clock. Memory that the processes of one worker share, as in progress.py.
_shared = mmap(-1, 2 * _DOUBLE.size)
# Of this process: when it was done with its last message, how many had waited in succession, its last aggregation.
_done_at = 0.0
_at_once = 0
_full_at = 0.0


def aggregate_at_once() -> int:
    """One round, before what else is due and may take longer, unless another process has rounds; the entries counted."""
    return 0 if _is_under_way(time.monotonic()) else _round()


def aggregate_in_rounds() -> int:
    """Aggregate at once, then every AGGREGATION_INTERVAL where something waits; returns the entries counted.

    One process of a worker has rounds; another that receives a message meanwhile prolongs them and is free again. Where
    a run is longer without a round, because it has much to count or is frozen, the other begins one of its own. So
    messages that waited for a worker are worked off at once.
    """
    global _done_at, _at_once
    now = time.monotonic()
    interval = settings.AGGREGATION_INTERVAL.total_seconds()
    if _is_under_way(now):
        _write(_UNTIL, now + RUN_SECONDS)
        return 0
    _at_once = _at_once + 1 if now - _done_at < _AT_ONCE_SECONDS else 0
    try:
        return _round() if _at_once >= _MOST_AT_ONCE else _run(now, interval)
    finally:
        _done_at = time.monotonic()


def _is_under_way(now: float) -> bool:
    return now - _read(_ROUND_AT) < 2 * settings.AGGREGATION_INTERVAL.total_seconds()


def _run(begun: float, interval: float) -> int:
    _write(_ROUND_AT, begun)
    _write(_UNTIL, begun + RUN_SECONDS)
    try:
        return _round() + _later_rounds(begun, interval)
    finally:
        _write(_ROUND_AT, 0)


def _later_rounds(begun: float, interval: float) -> int:
    counted, next_at = 0, begun
    while True:
        # A round that took longer leaves out those that it is late for.
        next_at = max(next_at + interval, time.monotonic())
        if next_at > min(_read(_UNTIL), begun + _MOST_SECONDS) - interval / 2:
            return counted
        time.sleep(max(next_at - time.monotonic(), 0))
        _write(_ROUND_AT, time.monotonic())
        counted += _round()


def _round() -> int:
    """Aggregate where something waits; returns the entries counted."""
    global _full_at
    now = time.monotonic()
    if now - _full_at > _IDLE_SECONDS or has_work():
        _full_at = now
        return aggregate()
    note_aggregation()
    return 0


def _read(place: int) -> float:
    return float(_DOUBLE.unpack_from(_shared, place)[0])


def _write(place: int, value: float) -> None:
    _DOUBLE.pack_into(_shared, place, value)


def has_work() -> bool:
    """Whether an aggregation would find anything to do."""
    found = row("has_work", {"after": watermark.id})
    return bool(found and found[0])
