"""Counts to Redis, after the commit that changed them."""

from reactions.counts import put_counts, read_counts
from reactions.sql import rows

# Articles announced by one round. A round with more leaves the rest to the next.
_BATCH = 500


def publish_waiting() -> int:
    """Tell Redis every count that it has not been told; returns how many articles.

    Safe to repeat, to overtake and to be killed in: what is told is absolute and has a version, and
    what was not confirmed is told again. Must run outside the transaction that changed the counts.
    Where Redis is away nothing is confirmed, and the next round tries again.
    """
    waiting = [article_id for (article_id,) in rows("list_unpublished", {"most": _BATCH})]
    counts = read_counts(waiting) if waiting else []
    if not counts or not put_counts(counts):
        return 0
    confirmed = {
        "articles": [each.article_id for each in counts],
        "versions": [each.version for each in counts],
    }
    return len(rows("confirm_published", confirmed))
