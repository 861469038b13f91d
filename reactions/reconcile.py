"""Measures drift and heals it, while readers react and folds run.

Drift is what the totals hold, or the buckets over time, less the sum of `counted` over the rows. It should always be nothing; this
is how the product finds out that it is, and what it does where something outside has made it otherwise:
a table restored alone, a hand in the database, a bug.
"""

import logging
from dataclasses import dataclass

from django.db import transaction

from reactions.kinds import KINDS
from reactions.publish import publish_waiting
from reactions.sql import rows

logger = logging.getLogger(__name__)

# Articles healed by one statement: few enough that a fold which meets one of them waits some milliseconds.
_BATCH = 200
_BITS = [kind.bit for kind in KINDS]


@dataclass(frozen=True)
class Reconciled:
    """What was found: articles looked at; the drift of their totals, and of their buckets over time, each
    summed over articles and kinds; rows that nobody had marked; and (article, kind) pairs healed."""

    articles: int
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
    moment, this one leaves the healing to it.
    """
    drifted = rows("measure_drift", {"bits": _BITS})
    ((forgotten,),) = rows("mark_forgotten", {"only_count": dry_run})
    ((articles,),) = rows("count_articles")
    article_ids = sorted({article_id for article_id, _, _, _ in drifted})
    found = Reconciled(
        articles=articles,
        drift=sum(abs(of_total) for _, _, of_total, _ in drifted),
        drift_of_buckets=sum(abs(of_buckets) for _, _, _, of_buckets in drifted),
        forgotten=forgotten,
        healed=0 if dry_run else sum(map(_heal, _in_batches(article_ids))),
    )
    if not found.is_clean:
        logger.error("The counts were not the rows: %s", found)
    publish_waiting()
    return found


def _heal(article_ids: list[object]) -> int:
    with transaction.atomic():
        ((alone,),) = rows("only_me")
        if not alone:
            return 0
        return len(rows("heal_drift", {"articles": article_ids, "bits": _BITS}))


def _in_batches(article_ids: list[object]) -> list[list[object]]:
    return [article_ids[start : start + _BATCH] for start in range(0, len(article_ids), _BATCH)]
