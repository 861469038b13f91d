"""Gives what changed its place in the change feed.

A transaction that changes an article, and the cache writer where Redis has new counts, leave a note. Numbering takes the
notes that are committed, one process at a time, so that a position is never handed out below which another one is still to
come: a transaction that commits late is numbered late. Killed anywhere, it leaves the notes for the next call.
"""

import time

from django.db import transaction

from reactions.sql import row

# Notes of one transaction: a fifth of a second.
_BATCH = 5_000
# How long one call goes on: the worker's next one, a second later, continues.
_SECONDS = 0.5
# So long the feed says that an article is gone. A program that reads less often starts again.
RETENTION_DAYS = 30


def number_changes(*, seconds: float = _SECONDS) -> int:
    """Number the notes that wait; returns how many. 0 where another process does. Any number at once."""
    numbered, ends_at = 0, time.monotonic() + seconds
    while taken := _number_batch():
        numbered += taken
        if taken < _BATCH or time.monotonic() >= ends_at:
            break
    return numbered


@transaction.atomic
def _number_batch() -> int:
    locked = row("lock_changes") or row("lock_changes")  # the first call ever creates the state
    if locked is None:
        return 0
    taken, _ = row("number_changes", {"base": locked[0], "most": _BATCH}) or (0, 0)
    (placed,) = row("place_events") or (0,)
    return int(taken) + int(placed)


@transaction.atomic
def forget_tombstones(*, days: int = RETENTION_DAYS) -> int:
    """Delete what says that articles are gone, after so many days; returns how many. 0 where numbering is under way."""
    if row("lock_changes") is None:
        return 0
    (deleted,) = row("forget_tombstones", {"days": days}) or (0,)
    return int(deleted)
