"""Takes the outbox and counts, in one transaction.

Every worker may fold at any time, and any two at once: a mark only says "look", and the row says what
is true. Judging comes before the counting, in the same statement: a row that is `held` counts for
nothing, whatever its reader chose.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reactions.counting.cache_writer import publish_waiting
from reactions.kinds import KINDS
from reactions.moderation.decisions import apply_decisions, thresholds
from reactions.sql import rows

# Marks taken by one statement. So many wait only after a crowd that no worker saw; then a reader who changes
# their mind while their own mark is counted waits for most of a second. In larger batches more of the
# marks are for the same totals, so that the crowd is through sooner.
BATCH = 20_000
# While one batch follows another, Redis is told so often: telling it of 500 stories takes as long as
# counting 1,000 marks.
_TELL_SECONDS = 0.5
_BITS = [kind.bit for kind in KINDS]


def fold() -> int:
    """Count what readers did and tell Redis; returns the marks taken.

    Marks that another fold holds are its own. A crash anywhere loses nothing and repeats nothing:
    what was not counted is still marked, what was not published is still waiting.
    """
    apply_decisions()
    taken, told_at = 0, time.monotonic()
    while (batch := count_marked()) == BATCH:
        taken += batch
        if time.monotonic() - told_at >= _TELL_SECONDS:
            publish_waiting()
            told_at = time.monotonic()
    publish_waiting()
    return taken + batch


def count_marked(*, most: int = BATCH) -> int:
    """Bring the totals to what up to `most` marked rows say, in one transaction; returns marks taken."""
    with transaction.atomic():
        # Planned at each run, in some milliseconds: a plan made while the ledger was empty would read
        # all of it for each mark of the first crowd.
        wanted = {"most": most, "bits": _BITS, **thresholds()}
        ((taken, erased),) = rows("fold", wanted, planned_anew=True)
        if erased:
            rows("remove_erased")
    return int(taken)


@dataclass(frozen=True)
class Backlog:
    """What waits: marks for fold, with the age of the oldest in seconds, and articles for Redis."""

    marks: int
    lag_seconds: float
    unpublished: int


def measure_backlog() -> Backlog:
    """What fold and publishing have yet to do. One cheap statement while they keep up."""
    ((marks, lag_seconds, unpublished),) = rows("backlog")
    return Backlog(marks, lag_seconds, unpublished)


def waiting_since() -> datetime | None:
    """When the oldest mark that nobody has folded was made; None where none waits."""
    ((since,),) = rows("waiting_since")
    return since  # type: ignore[no-any-return]  # a timestamptz column
