"""Every Redis key of the product, in one table.

| key | type | holds | lifetime | who deletes it |
|---|---|---|---|---|
| `counts:{article id}` | hash | `version`, `state`, `body`: the bytes that the API answers; `closes_at`, `made_for`: the time and the settings that the body is right for | COUNTS_TTL_SECONDS, renewed by every change | it expires |

The braces are part of the key: in a cluster all keys of one article share a slot.
"""

from uuid import UUID

# A day. Counts that did not change for so long are read once more from PostgreSQL, which also ends what a lost
# message may have left behind.
COUNTS_TTL_SECONDS = 86_400


def counts(article_id: UUID) -> str:
    return f"counts:{{{article_id}}}"
