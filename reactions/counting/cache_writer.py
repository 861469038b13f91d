"""The cache writer: counts to Redis, after the commit that changed them.

Two lanes. Whoever changes the counts or the policy of articles writes these, with `write_counts`: aggregation what it
counted, a refresh what it refreshed. What that left, because a process died or Redis was unreachable, is found by its
version and written by later aggregations, with `write_stale_counts`.
"""

from collections.abc import Collection
from itertools import islice
from uuid import UUID

from reactions.counts import put_counts, read_counts
from reactions.sql import rows

# Articles written in one round trip. Of what is left over as many are written by each aggregation.
_BATCH = 500


def write_counts(article_ids: Collection[UUID]) -> int:
    """Write the counts of these articles; returns of how many Redis has a newer version than before.

    Safe to repeat, to run concurrently and to be killed at any point: counts are absolute and carry a version, and
    what was not confirmed is written again. Must run outside the transaction that changed the counts. Where Redis
    is unreachable nothing is confirmed, and the rest is left to `write_stale_counts`.
    """
    left = iter(article_ids)
    confirmed = 0
    while batch := list(islice(left, _BATCH)):
        counts = read_counts(batch)
        if not put_counts(counts):
            break
        written = {
            "articles": [each.article_id for each in counts],
            "versions": [each.version for each in counts],
        }
        confirmed += len(rows("confirm_cached", written))
    return confirmed


def write_stale_counts() -> int:
    """Write the counts of articles for which Redis has older ones or none, those that changed last first.

    Returns how many articles. What does not fit in one round waits for the next one. As safe as `write_counts`.
    """
    return write_counts(
        [article_id for (article_id,) in rows("list_stale_counts", {"most": _BATCH})]
    )
