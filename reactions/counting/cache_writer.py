"""The cache writer: counts to Redis, after the commit that changed them.

Three lanes. An aggregation writes what it counted, and then what others left, because a process died or Redis was
unreachable: `write_stale_counts`. A refresh writes what it refreshed itself: `write_counts`. Where Redis came back old,
from a file or as a replica that was promoted, `rewrite_counts` writes again what changed within a day.
"""

import logging
import time
from collections.abc import Collection, Sequence
from itertools import islice
from uuid import UUID

from reactions.cache import redis_keys
from reactions.counts import Counts, put_counts, read_counts
from reactions.sql import row, rows

logger = logging.getLogger(__name__)

# Articles written in one round trip, and by one aggregation.
_BATCH = 500
# Half of the time between two calls: one process of the worker is always free to aggregate.
_REWRITE_SECONDS = 0.5


def write_counts(article_ids: Collection[UUID]) -> int:
    """Write the counts of these articles; returns of how many Redis has a newer version than before.

    Safe to repeat, to run concurrently and to be killed at any point: counts are absolute and carry a version, and
    what was not confirmed is written again. Must run outside the transaction that changed the counts. Where Redis
    is unreachable nothing is confirmed, and the rest is left to `write_stale_counts`.
    """
    left = iter(article_ids)
    confirmed = 0
    while batch := list(islice(left, _BATCH)):
        written = _write(batch)
        if written is None:
            break
        confirmed += written
    return confirmed


def write_stale_counts(first: Collection[UUID] = ()) -> int:
    """Write the counts of articles for which Redis has older ones or none: `first` these, then what changed last.

    Returns how many articles. What does not fit in one round trip waits for the next call. As safe as `write_counts`.
    """
    stale = [] if len(first) >= _BATCH else rows("list_stale_counts", {"most": _BATCH})
    articles = dict.fromkeys([*first, *(article_id for (article_id,) in stale)])
    return write_counts(list(articles)[:_BATCH])


def rewrite_counts(*, seconds: float = _REWRITE_SECONDS) -> int:
    """Where Redis came back old, write again what changed within a day, those that changed last first.

    Works for so long at most; the next call continues. Returns how many articles. As safe as `write_counts`.
    """
    if not notice_old_redis():
        return 0
    written, ends_at = 0, time.monotonic() + seconds
    next_ones = {"most": _BATCH, "lifetime": redis_keys.COUNTS_TTL_SECONDS}
    while found := row("list_rewrites", next_ones):
        before, article_ids, next_before = found
        if _write(article_ids) is None:
            break
        rows("advance_rewrite", {"before": before, "next_before": next_before})
        written += len(article_ids)
        if time.monotonic() >= ends_at:
            break
    return written


def notice_old_redis() -> bool:
    """Have all that Redis lost written again, where it came back old; returns whether Redis is reachable.

    Runs once a second, so that it is noticed on a site where nothing is counted.
    """
    _, confirmed = row("begin_cache_write") or (0, 0)
    return _put([], number=confirmed, confirmed=confirmed)


def _write(article_ids: Sequence[UUID]) -> int | None:
    """Write one batch; returns of how many Redis has a newer version than before, None where it is unreachable."""
    number, confirmed = row("begin_cache_write") or (0, 0)
    counts = read_counts(article_ids)
    if not _put(counts, number=number, confirmed=confirmed):
        return None
    written = {
        "number": number,
        "articles": [each.article_id for each in counts],
        "versions": [each.version for each in counts],
    }
    return len(rows("confirm_cached", written))


def _put(counts: Sequence[Counts], *, number: int, confirmed: int) -> bool:
    """Write these counts; returns whether Redis was reachable. Where it came back old, have all it lost written again.

    Redis gets the number of this write only after that request is committed: a process killed in between hides nothing.
    """
    stored = put_counts(counts, number=number, confirmed=confirmed)
    if stored is None or not 0 <= stored < confirmed:
        return stored is not None
    logger.error(
        "Redis came back old: its last write is %d, and it had confirmed %d. Counts are written again.",
        stored,
        confirmed,
    )
    rows("request_rewrite")
    return put_counts([], number=number) is not None
