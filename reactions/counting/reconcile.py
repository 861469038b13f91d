"""Measures drift and heals it, while readers react and folds run.

Drift is what the totals hold, or the buckets over time, less the sum of `counted` over the rows. It should always be nothing; this
is how the product finds out that it is, and what it does where something outside has made it otherwise:
a table restored alone, a hand in the database, a bug.
"""

import logging
import time
from dataclasses import asdict, dataclass

from django.db import transaction

from reactions.counting.cache_writer import publish_waiting
from reactions.kinds import KINDS
from reactions.sql import row, rows

logger = logging.getLogger(__name__)

# Articles healed by one statement: few enough that a fold which meets one of them waits some milliseconds.
_BATCH = 200
_BITS = [kind.bit for kind in KINDS]


@dataclass(frozen=True)
class Reconciled:
    """What was found: articles looked at, and rows of the ledger; the seconds that the looking took; articles
    that had drifted; the drift of their totals, and of their buckets over time, each summed over articles and
    kinds; rows that nobody had marked; and (article, kind) pairs healed."""

    articles: int
    rows: int
    seconds: float
    drifted_articles: int
    drift: int
    drift_of_buckets: int
    forgotten: int
    healed: int

    @property
    def is_clean(self) -> bool:
        return not (self.drift or self.drift_of_buckets or self.forgotten)


def reconcile(*, dry_run: bool = False) -> Reconciled:
    """Measure drift, and unless `dry_run` heal it. Safe to repeat and to be killed in.

    Nobody ever sees a count on its way: what is wrong is taken off in one statement a batch. Rows that
    were forgotten are marked, and the next fold counts them. Where another reconcile heals at this
    moment, this one leaves the healing to it. What was found is kept for the metrics.
    """
    started = time.perf_counter()
    measured = rows("measure_drift", {"bits": _BITS})
    ((scanned, to_move),) = (each[:2] for each in measured if each[2] is None)
    drifted = [each[2:] for each in measured if each[2] is not None]
    ((forgotten,),) = rows("mark_forgotten", {"articles": to_move, "only_count": dry_run})
    ((articles,),) = rows("count_articles")
    seconds = time.perf_counter() - started
    article_ids = sorted({article_id for article_id, _, _, _ in drifted})
    found = Reconciled(
        articles=articles,
        rows=scanned,
        seconds=seconds,
        drifted_articles=len(article_ids),
        drift=sum(abs(of_total) for _, _, of_total, _ in drifted),
        drift_of_buckets=sum(abs(of_buckets) for _, _, _, of_buckets in drifted),
        forgotten=forgotten,
        healed=0 if dry_run else sum(map(_heal, _in_batches(article_ids))),
    )
    rows("keep_reconciliation", asdict(found))
    if not found.is_clean:
        logger.error("The counts were not the rows: %s", found)
    publish_waiting()
    return found


def last_reconciliation() -> tuple[float, Reconciled] | None:
    """When the last reconcile ran, in seconds since 1970, and what it found; None where none ran yet."""
    found = row("last_reconciliation")
    if found is None:
        return None
    ran_at, seconds, scanned, articles, *counts = found
    return ran_at, Reconciled(articles, scanned, seconds, *counts)


def _heal(article_ids: list[object]) -> int:
    with transaction.atomic():
        ((alone,),) = rows("only_me")
        if not alone:
            return 0
        return len(rows("heal_drift", {"articles": article_ids, "bits": _BITS}))


def _in_batches(article_ids: list[object]) -> list[list[object]]:
    return [article_ids[start : start + _BATCH] for start in range(0, len(article_ids), _BATCH)]
