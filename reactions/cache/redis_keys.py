"""Every Redis key of the product, in one table.

| key | type | holds | lifetime | who deletes it |
|---|---|---|---|---|
| `counts:{article id}` | hash | `version`, `state`, `body`: the bytes that the API answers; `closes_at`, `made_for`: the time and the settings that the body is right for | COUNTS_TTL_SECONDS, renewed by every change | it expires |
| `rate_limit:{name:network}` | string | when all that a network has taken from a limit is earned again, in microseconds since 1970 | until then | it expires |
| `rate_limit_counts` | hash | `limit:refused`, `limit:unlimited`: how many requests | none; it has two fields for each limit | nothing |

The braces are part of the key: in a cluster all keys of one article share a slot.
"""

from uuid import UUID

# A day. Counts that did not change for so long are read once more from PostgreSQL, which also ends what a lost
# message may have left behind.
COUNTS_TTL_SECONDS = 86_400


RATE_LIMIT_COUNTS = "rate_limit_counts"


def counts(article_id: UUID) -> str:
    return f"counts:{{{article_id}}}"


def rate_limit(name: str, network: int | None) -> str:
    """All networks that are not known have one."""
    return f"rate_limit:{{{name}:{'unknown' if network is None else network}}}"
