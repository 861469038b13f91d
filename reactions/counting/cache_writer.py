"""The cache writer: counts to Redis, after the commit that changed them."""

from reactions.counts import put_counts, read_counts
from reactions.sql import rows

# Articles written in one round. What is left waits for the next round.
_BATCH = 500


def write_stale_counts() -> int:
    """Write the newest counts of articles for which Redis has older ones or none; returns how many articles.

    Safe to repeat, to run concurrently and to be killed at any point: counts are absolute and carry a version, and
    what was not confirmed is written again. Must run outside the transaction that changed the counts. Where Redis
    is unreachable nothing is confirmed, and the next round tries again.
    """
    stale = [article_id for (article_id,) in rows("list_stale_counts", {"most": _BATCH})]
    counts = read_counts(stale) if stale else []
    if not counts or not put_counts(counts):
        return 0
    written = {
        "articles": [each.article_id for each in counts],
        "versions": [each.version for each in counts],
    }
    return len(rows("confirm_cached", written))
