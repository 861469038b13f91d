"""Every Redis key of the product, in one table.

| key | type | holds | lifetime | who deletes it |
|---|---|---|---|---|
| `counts:{article id}` | hash | `version`, `state`, `body`: the answer of the API, its very bytes; `closes_at`, `made_for`: when and under which settings it is right | COUNTS_TTL_SECONDS, renewed by every change | nobody; it expires |

The braces are part of the key: in a cluster all keys of one article share a slot.
"""

from uuid import UUID

# A day. A count that nobody changed for so long is read once more from PostgreSQL, which also ends
# whatever a lost message may have left behind.
COUNTS_TTL_SECONDS = 86_400


def counts(article_id: UUID) -> str:
    return f"counts:{{{article_id}}}"
