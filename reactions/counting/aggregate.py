"""Brings the counts up to date with what readers did: claims outbox entries, moderates them, counts.

Every worker may aggregate at any time, and any two at once: an entry only says that its row changed, and the row
says what is true. Moderation and counting are statements of one transaction, so that nothing is counted unmoderated,
and a crash between them leaves both undone. One article never stops another: what is locked elsewhere stays in the
outbox, and set_aside.py takes care of an article whose aggregation fails.
"""

import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import Error, transaction

from reactions.counters import BATCH_ENTRIES, BATCH_SECONDS, HELD
from reactions.counting.cache_writer import write_stale_counts
from reactions.counting.claim import Claim, claim_entries
from reactions.counting.progress import note_aggregation
from reactions.counting.set_aside import AggregationFailed, narrow, retry
from reactions.known_kinds import remember_kinds
from reactions.moderation.decisions import apply_decisions
from reactions.moderation.moderate import lock_shared, moderate
from reactions.sql import rows
from reactions.sql.errors import OF_ALL, failure_of

# Outbox entries aggregated in one transaction. So many wait only after a crowd that no worker saw; then a reader who
# changes their mind while their own entry is counted waits for most of a second. In larger batches more entries are
# for the same counts, so the crowd is counted sooner.
BATCH = 20_000
# How often the cache is written while one batch follows another: writing 500 articles takes as long as counting
# 1,000 entries. What was just counted is written first; what an earlier round could not write comes after it.
_CACHE_SECONDS = 0.5
# An aggregation waits for a lock as long as an interval between two of them. What it may have to wait for is held by
# transactions of some milliseconds, unless one hangs.
_LOCK_MILLISECONDS = 250
# Once a batch has failed, one that hangs is being looked for: a dozen batches must not wait so long each.
_NARROW_LOCK_MILLISECONDS = 25
# What one run spends at most on count versions that other transactions are creating.
_CREATE_SECONDS = 0.3


@dataclass(frozen=True)
class Batch:
    """What one batch did."""

    entries: int  # counted, and deleted from the outbox
    articles: Sequence[UUID]  # that have new counts
    is_full: bool  # there may be more to claim
    skipped: frozenset[UUID]  # articles of which another transaction holds something


def aggregate() -> int:
    """Count what readers did and write the new counts to Redis; returns the entries counted.

    Entries that another aggregation has claimed are left to it. A crash anywhere loses nothing and repeats nothing:
    what was not counted is still in the outbox, and what Redis does not have yet is written in the next round.
    """
    remember_kinds()
    apply_decisions()
    counted, written_at = 0, time.monotonic()
    changed: set[UUID] = set()
    skipped: frozenset[UUID] = frozenset()
    is_full = True
    while is_full:
        try:
            batch = aggregate_batch(most=BATCH, without=skipped)
        except AggregationFailed as failed:
            counted += narrow(failed, aggregate_articles)
            skipped |= set(failed.articles)
            continue
        counted += batch.entries
        changed.update(batch.articles)
        skipped |= batch.skipped
        is_full = batch.is_full
        if is_full:
            note_aggregation()
        if is_full and time.monotonic() - written_at >= _CACHE_SECONDS:
            write_stale_counts(changed)
            changed.clear()
            written_at = time.monotonic()
    counted += retry(aggregate_articles)
    note_aggregation()
    write_stale_counts(changed)
    return counted


def aggregate_batch(
    *,
    most: int = BATCH,
    without: Collection[UUID] = (),
    only: Collection[UUID] | None = None,
    lock_milliseconds: int = _LOCK_MILLISECONDS,
) -> Batch:
    """Moderate and count up to `most` outbox entries in one transaction, none of the articles `without`.

    With `only`, of these articles alone, set aside or not. Raises AggregationFailed, and Django's database errors where
    it is the whole database that fails.
    """
    entries, articles, began = 0, list[UUID](), time.perf_counter()
    while True:
        limit = most - entries
        claim, changed = _aggregate_claimed(limit, without, only, lock_milliseconds)
        entries += claim.count
        articles += changed
        created = _create_versions(claim.unversioned)
        if not created or entries == most:
            skipped = frozenset({*claim.skipped, *claim.unversioned} - created)
            BATCH_ENTRIES.observe(entries)
            BATCH_SECONDS.observe(time.perf_counter() - began)
            return Batch(entries, articles, claim.read == limit, skipped)


def _aggregate_claimed(
    most: int,
    without: Collection[UUID],
    only: Collection[UUID] | None,
    lock_milliseconds: int,
) -> tuple[Claim, list[UUID]]:
    """One transaction: what it claimed, and the articles that have new counts."""
    claim = None
    try:
        with transaction.atomic():
            rows("limit_lock_waits", {"milliseconds": lock_milliseconds})
            claim = claim_entries(most=most, without=without, only=only)
            changed, held = _count(claim)
    except Error as error:
        if claim is None or failure_of(error) in OF_ALL:
            raise
        raise AggregationFailed(claim.articles) from error
    HELD.inc(held)
    return claim, changed


def aggregate_articles(article_ids: Collection[UUID]) -> int:
    """Count what waits for these articles, set aside or not; returns the entries counted. Raises AggregationFailed."""
    counted = 0
    while True:
        batch = aggregate_batch(only=article_ids, lock_milliseconds=_NARROW_LOCK_MILLISECONDS)
        counted += batch.entries
        if not (batch.is_full and batch.entries):
            return counted


def _count(claim: Claim) -> tuple[list[UUID], int]:
    """Moderate and count what was claimed; returns the articles that have new counts, and how many reactions are held."""
    lock_shared(stripes=claim.stripes, minutes=len(claim.first), articles=claim.articles)
    held = sum(moderate(entries) for entries in claim.first)
    changed = []
    if claim.count:
        found = rows("aggregate", {"entries": claim.entries}, unprepared=True)
        changed = [article_id for (article_id,) in found]
    if claim.left:
        rows("remove_orphans", {"entries": claim.left})
    if claim.has_erased:
        rows("remove_erased")
    return changed, held


def _create_versions(article_ids: Sequence[UUID]) -> set[UUID]:
    """Create the count versions of articles that have none, which aggregation locks; returns those that have one now.

    A version that another transaction is creating, and has not committed, is left to it.
    """
    if not article_ids:
        return set()
    try:
        return _create(article_ids, _LOCK_MILLISECONDS)
    except Error as error:
        if failure_of(error) in OF_ALL:
            raise
    created: set[UUID] = set()
    deadline = time.monotonic() + _CREATE_SECONDS
    # In another order each time, so that the same ones do not use up the time again.
    for article_id in random.sample(article_ids, len(article_ids)):
        if time.monotonic() > deadline:
            break
        try:
            created |= _create([article_id], _NARROW_LOCK_MILLISECONDS)
        except Error as error:
            if failure_of(error) in OF_ALL:
                raise
    return created


def _create(article_ids: Sequence[UUID], lock_milliseconds: int) -> set[UUID]:
    with transaction.atomic():
        rows("limit_lock_waits", {"milliseconds": lock_milliseconds})
        rows("create_versions", {"articles": list(article_ids)})
    return set(article_ids)


@dataclass(frozen=True)
class Backlog:
    """What aggregation and the cache writer have yet to do.

    Outbox entries with the age of the oldest in seconds, articles whose newest counts Redis does not have, and
    articles that are set aside.
    """

    outbox_entries: int
    lag_seconds: float
    stale_counts: int
    set_aside: int


def measure_backlog() -> Backlog:
    """What aggregation and the cache writer have yet to do. One cheap statement while they keep up."""
    ((outbox_entries, lag_seconds, stale_counts, aside),) = rows("backlog")
    return Backlog(outbox_entries, lag_seconds, stale_counts, aside)
