"""Every Redis key of the product, in one table.

| key | type | holds | lifetime | who deletes it |
|---|---|---|---|---|
| `counts:{article id}` | hash | `version`, `state`, `body`: the bytes that the API answers; `closes_at`, `made_for`: the time and the settings that the body is right for | COUNTS_TTL_SECONDS, renewed by every change; READ_TTL_SECONDS where a read stored it | it expires, or is evicted |
| `counts-writes` | string | the number of the last write of counts, by which a Redis that came back old is noticed | none, so that it is never evicted | nothing |

The braces are part of the key: in a cluster all keys of one article share a slot.
"""

from uuid import UUID

# A day. Counts that did not change for so long are read once more from PostgreSQL, which also ends what a lost
# message may have left behind.
COUNTS_TTL_SECONDS = 86_400
# An hour. What only a read stored can be read again. A full Redis (`volatile-ttl`) evicts what expires first, so a
# crawler that reads the archive does not evict the articles that readers react to.
READ_TTL_SECONDS = 3_600

WRITES = "counts-writes"


def counts(article_id: UUID) -> str:
    return f"counts:{{{article_id}}}"
