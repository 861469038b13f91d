"""Brings the counts up to date with what readers did: claims outbox entries, moderates them, counts.

Every worker may aggregate at any time, and any two at once: an entry only says that its row changed, and the row
says what is true. Moderation and counting are two statements of one transaction, so that nothing is counted
unmoderated, and a crash between them leaves both undone.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from reactions.counting.cache_writer import write_stale_counts
from reactions.counting.progress import note_aggregation
from reactions.moderation.decisions import apply_decisions
from reactions.moderation.moderate import claim_entries
from reactions.sql import rows

# Outbox entries aggregated in one transaction. So many wait only after a crowd that no worker saw; then a reader who
# changes their mind while their own entry is counted waits for most of a second. In larger batches more entries are
# for the same counts, so the crowd is counted sooner.
BATCH = 20_000
# How often the cache is written while one batch follows another: writing 500 articles takes as long as counting
# 1,000 entries. What was just counted is written first; what an earlier round could not write comes after it.
_CACHE_SECONDS = 0.5


def aggregate() -> int:
    """Count what readers did and write the new counts to Redis; returns the entries counted.

    Entries that another aggregation has claimed are left to it. A crash anywhere loses nothing and repeats nothing:
    what was not counted is still in the outbox, and what Redis does not have yet is written in the next round.
    """
    apply_decisions()
    counted, written_at = 0, time.monotonic()
    changed: set[UUID] = set()
    while batch := aggregate_batch():
        counted += batch.entries
        changed.update(batch.articles)
        if batch.entries < BATCH:
            break
        note_aggregation()
        if time.monotonic() - written_at >= _CACHE_SECONDS:
            write_stale_counts(changed)
            changed.clear()
            written_at = time.monotonic()
    note_aggregation()
    write_stale_counts(changed)
    return counted


@dataclass(frozen=True)
class Batch:
    """How many outbox entries a transaction claimed, and the articles whose counts it changed."""

    entries: int
    articles: Sequence[UUID] = ()

    def __bool__(self) -> bool:
        return self.entries > 0


def aggregate_batch(*, most: int = BATCH) -> Batch:
    """Moderate and count up to `most` outbox entries in one transaction."""
    articles: Sequence[UUID] = ()
    with transaction.atomic():
        claim = claim_entries(most=most)
        if claim.entries:
            ((articles,),) = rows("aggregate", {"entries": claim.entries}, unprepared=True)
        if claim.erased:
            rows("remove_erased")
    return Batch(len(claim.entries), articles)


@dataclass(frozen=True)
class Backlog:
    """Outbox entries with the age of the oldest in seconds, and articles whose newest counts Redis does not have."""

    outbox_entries: int
    lag_seconds: float
    stale_counts: int


def measure_backlog() -> Backlog:
    """What aggregation and the cache writer have yet to do. One cheap statement while they keep up."""
    ((outbox_entries, lag_seconds, stale_counts),) = rows("backlog")
    return Backlog(outbox_entries, lag_seconds, stale_counts)


def oldest_entry_at() -> datetime | None:
    """When the oldest outbox entry was made; None where the outbox is empty."""
    ((created_at,),) = rows("oldest_entry_at")
    return created_at  # type: ignore[no-any-return]  # a timestamptz column
