"""Every Redis key of the product, in one table.

| key | type | holds | lifetime | who deletes it |
|---|---|---|---|---|
| `counts:{article id}` | hash | `version`, `state`, `body`: the bytes that the API answers; `closes_at`, `made_for`: the time and the settings that the body is right for | COUNTS_TTL_SECONDS, renewed by every change; READ_TTL_SECONDS where a read stored it | it expires, or is evicted |
| `counts-writes` | string | the number of the last write of counts, by which a Redis that came back old is noticed | none, so that it is never evicted | nothing |
| `counts-epoch` | string | when versions last went back, as after a restore of PostgreSQL, in seconds since 1970 | none | nothing |
| `live-processes` | hash | by the name of a live process, when it last said what about itself, as JSON | none | each process when it ends, and those that have not written for a minute |
| `rate_limit:{name:network}`, `rate_limit:{name:API key id}`, `rate_limit:{name:account}` | string | when all that a network, an API key or an account of the desk has taken from a limit is earned again, and until when waits are promised, in microseconds since 1970 | until then | it expires, or is evicted |
| `ranking:{kind}` | string | a public ranking as JSON, counted by one process for all | RANKING_TTL_SECONDS | it expires, or is evicted |
| `ranking-turn:{kind}` | string | that a process counts the ranking | RANKING_TURN_SECONDS | it expires |
| `rate_limit_counts` | hash | `limit:refused`, `limit:unlimited`: how many requests | none; it has two fields for each limit | nothing |
| `change_feed_counts` | hash | `expired`: how many cursors of the change feed had expired | none | nothing |
| `counters` | hash | by name and labels of a counter, what all processes have counted | none; it has some thousand fields | nothing |
| `unknown-proxy` | string | that a request came through a proxy and TRUSTED_PROXY_HOPS names none | UNKNOWN_PROXY_TTL_SECONDS | it expires |
| `views:{views}:{article id}:{start}` | HyperLogLog | the clients that opened the article in the half hour from `start`, in seconds since 1970 | VIEWS_TTL_SECONDS from the last view | it expires, or is evicted |
| `views-changed:{views}` | sorted set | `{article id}:{start}` of what has views that were not copied, by the last one's time in microseconds | as long | the task that copies them |
| `views-requests:{views}` | hash | by outcome, how many views were sent | none; it has a field for each outcome | nothing |

`counts-changes:{database}` is a channel: what put_counts.lua and note_write.lua publish to the live processes.

The braces are part of the key: in a cluster all keys of one article share a slot, and so do those of views,
which one script changes together.
"""

from uuid import UUID

# A day. Counts that did not change for so long are read once more from PostgreSQL, which also ends what a lost
# message may have left behind.
COUNTS_TTL_SECONDS = 86_400
# An hour. What only a read stored can be read again. A full Redis (`volatile-ttl`) evicts what expires first, so a
# crawler that reads the archive does not evict the articles that readers react to.
READ_TTL_SECONDS = 3_600

# An hour: where PostgreSQL cannot be asked, an older ranking is better than none.
RANKING_TTL_SECONDS = 3_600
# Longer than a statement may run. A process that fails leaves the next try to the request after that.
RANKING_TURN_SECONDS = 30
# Six hours: that long the task that copies views may be away, and none is lost.
VIEWS_TTL_SECONDS = 21_600
# A day: `check --deploy` says so to who asks until then.
UNKNOWN_PROXY_TTL_SECONDS = 86_400

WRITES = "counts-writes"
EPOCH = "counts-epoch"
LIVE_PROCESSES = "live-processes"
RATE_LIMIT_COUNTS = "rate_limit_counts"
CHANGE_FEED_COUNTS = "change_feed_counts"
COUNTERS = "counters"
UNKNOWN_PROXY = "unknown-proxy"
VIEWS_CHANGED = "views-changed:{views}"
VIEWS_REQUESTS = "views-requests:{views}"


def counts(article_id: UUID) -> str:
    return f"counts:{{{article_id}}}"


def views(member: str) -> str:
    """The clients of one member of VIEWS_CHANGED."""
    return f"views:{{views}}:{member}"


def article_of(key: str) -> UUID:
    """The article of a key that `counts` made."""
    return UUID(key[8:-1])


def ranking(kind: str) -> str:
    return f"ranking:{{{kind}}}"


def ranking_turn(kind: str) -> str:
    return f"ranking-turn:{{{kind}}}"


def counts_channel(database: int) -> str:
    """Where workers publish the counts that they store."""
    return f"counts-changes:{database}"


def rate_limit(name: str, subject: str) -> str:
    """`subject` is the hash of a network, the id of an API key, the hash of an account's name, or "unknown" for all networks that are not known."""
    return f"rate_limit:{{{name}:{subject}}}"
