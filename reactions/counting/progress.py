"""Whether aggregation goes on: noted by every aggregation that ran to its end, read by the watch of each worker
and by `/readyz`.

The age of the oldest outbox entry alone is no sign: an entry whose row is locked elsewhere stays in the outbox while
all others are counted.
"""

import time
from dataclasses import dataclass
from mmap import mmap
from struct import Struct

from django.conf import settings

from reactions.counting.watermark import watermark
from reactions.sql import rows

_NOTE_SECONDS = 1.0
_DOUBLE = Struct("d")

# When this worker last aggregated, on the monotonic clock. Memory that its processes share: the pool's processes are
# forked from the one that watches them, and the clock is the machine's.
_shared = mmap(-1, _DOUBLE.size)
_noted_at = 0.0


@dataclass(frozen=True)
class Progress:
    """What PostgreSQL says of aggregation.

    `lag_seconds` is the age of the oldest outbox entry, 0 where the outbox is empty. `idle_seconds` is how long ago an
    aggregation last ran to its end in any worker; None where none ever did.
    """

    lag_seconds: float
    idle_seconds: float | None
    is_read_only: bool

    @property
    def is_stalled(self) -> bool:
        """Entries wait and no aggregation has ended for WORKER_STALLED_SECONDS, although PostgreSQL accepts writes."""
        seconds = settings.WORKER_STALLED_SECONDS
        is_idle = self.idle_seconds is None or self.idle_seconds > seconds
        return is_idle and self.lag_seconds > seconds and not self.is_read_only


def note_aggregation() -> None:
    """Note that an aggregation ran to its end. Costs a statement once a second at most."""
    global _noted_at
    now = time.monotonic()
    _DOUBLE.pack_into(_shared, 0, now)
    if now - _noted_at >= _NOTE_SECONDS:
        rows("note_aggregation", {"watermark": watermark.id})
        _noted_at = now


def read_progress() -> Progress:
    """Ask PostgreSQL; one cheap statement."""
    (found,) = rows("aggregation_progress")
    return Progress(*found)


def aggregated_at() -> float:
    """When a process of this worker last ended an aggregation, on the monotonic clock; 0 where none did."""
    return float(_DOUBLE.unpack_from(_shared, 0)[0])
