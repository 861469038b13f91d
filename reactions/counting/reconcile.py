"""Measures drift and repairs it, while readers react and workers aggregate.

Drift is the counts, or the buckets summed over time, minus the sum of `counted` over the rows. Its expected value is
0. Reconcile shows that it is 0, and repairs what something outside the product has changed: a table restored alone, a
manual UPDATE, a bug.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import Error, transaction

from reactions.counting.cache_writer import write_stale_counts
from reactions.sql import row, rows
from reactions.sql.errors import OF_ALL, failure_of

logger = logging.getLogger(__name__)

# Articles repaired by one statement: an aggregation that meets one of them waits some milliseconds.
_BATCH = 200
# An aggregation holds a count version for most of a second at most, after a crowd.
_LOCK_MILLISECONDS = 1_000
# As long as the task may take.
_STATEMENT_MILLISECONDS = 3_600_000


@dataclass(frozen=True)
class ReconcileResult:
    """What a reconcile found.

    `drift` and `bucket_drift` are summed over articles and kinds, without sign, `site_bucket_drift` over kinds and
    quarters of an hour. `wrong_days` are days whose sums are not those of the buckets. `missed_rows` are rows whose
    `counted` was stale without an outbox entry. `repaired` counts pairs of article and kind.
    """

    articles: int
    rows: int
    seconds: float
    drifted_articles: int
    drift: int
    bucket_drift: int
    missed_rows: int
    repaired: int
    site_bucket_drift: int
    wrong_days: int

    @property
    def is_clean(self) -> bool:
        return not (self.drift or self.bucket_drift or self.missed_rows or self.site_bucket_drift)


def reconcile(*, dry_run: bool = False) -> ReconcileResult:
    """Measure drift, and unless `dry_run` repair it. Safe to repeat, and to be killed at any point.

    No reader sees a half-repaired count: one statement repairs a batch. Missed rows get an outbox entry, and the next
    aggregation counts them. Where another reconcile is repairing, this one leaves the repair to it. The result is
    stored for the metrics.
    """
    started = time.perf_counter()
    measured = _run_long("measure_drift")
    ((scanned, to_move),) = (each[:2] for each in measured if each[2] is None)
    drifted = [each[2:] for each in measured if each[2] is not None]
    ((missed_rows,),) = _run_long(
        "enqueue_missed_rows", {"articles": to_move, "only_count": dry_run}
    )
    ((articles,),) = rows("count_articles")
    seconds = time.perf_counter() - started
    article_ids = sorted({article_id for article_id, _, _, _ in drifted})
    result = ReconcileResult(
        articles=articles,
        rows=scanned,
        seconds=seconds,
        drifted_articles=len(article_ids),
        drift=sum(abs(of_counts) for _, _, of_counts, _ in drifted),
        bucket_drift=sum(abs(of_buckets) for _, _, _, of_buckets in drifted),
        missed_rows=missed_rows,
        repaired=0 if dry_run else sum(map(_repair_batch, _batches(article_ids))),
        site_bucket_drift=_compare("repair_site_buckets", dry_run=dry_run),
        wrong_days=_compare("find_wrong_days", dry_run=dry_run),
    )
    rows("save_reconciliation", asdict(result))
    if not result.is_clean:
        logger.error("Reconcile found drift: %s", result)
    write_stale_counts()
    return result


def last_reconciliation() -> tuple[float, ReconcileResult] | None:
    """When the last reconcile ran, in seconds since 1970, and its result; None where none ran yet."""
    found = row("last_reconciliation")
    if found is None:
        return None
    ran_at, seconds, scanned, articles, *figures = found
    return ran_at, ReconcileResult(articles, scanned, seconds, *figures)


def repair_articles(article_ids: Sequence[UUID]) -> int:
    """Take the drift of these articles out of their counts and buckets; returns the pairs of article and kind repaired.

    0 where another repair runs. Raises OperationalError where another transaction holds a count version for long.
    """
    with transaction.atomic():
        ((is_alone,),) = rows("try_lock")
        if not is_alone:
            return 0
        rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
        rows("create_versions", {"articles": list(article_ids)})
        rows("lock_versions", {"articles": list(article_ids)})
        return len(rows("repair_drift", {"articles": list(article_ids)}))


def _run_long(name: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
    """A statement that reads the whole ledger: the limit of a worker's statements is not for it."""
    with transaction.atomic():
        rows("limit_statement", {"milliseconds": _STATEMENT_MILLISECONDS})
        return rows(name, parameters)


def _compare(name: str, *, dry_run: bool) -> int:
    """What a statement finds wrong in sums, which it repairs unless `dry_run`. After the repair of the articles."""
    ((found,),) = _run_long(name, {"only_count": dry_run})
    return int(found)


def _repair_batch(article_ids: Sequence[UUID]) -> int:
    """Repair a batch; where it fails, each of its articles alone, so that one does not stop the others."""
    try:
        return repair_articles(article_ids)
    except Error as error:
        if failure_of(error) in OF_ALL:
            raise
        logger.error("Articles cannot be repaired: %s: %s", article_ids[:3], error)
        middle = len(article_ids) // 2
        halves = (article_ids[:middle], article_ids[middle:]) if middle else ()
        return sum(map(_repair_batch, halves))


def _batches(article_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(article_ids), _BATCH):
        yield article_ids[start : start + _BATCH]
