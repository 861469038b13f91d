"""How many requests of a kind one network may send: new readers, wrong API keys, first sights of pages,
views.

Redis counts, in one step for all processes. Where it is unreachable nothing is refused: readers come first, and what
they send is moderated all the same.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from reactions.cache import redis, redis_keys
from reactions.moderation.client_network import hash_client_network
from reactions.readers import HasReader

_HOUR_MICROSECONDS = 3_600_000_000
_REFUSED, _UNLIMITED = "refused", "unlimited"


@dataclass(frozen=True)
class RateLimit:
    """The names of its two settings, `…_HOUR` and `…_AT_ONCE`, begin with `setting`; 0 in either: no limit."""

    name: str
    setting: str

    @property
    def per_hour(self) -> int:
        return int(getattr(settings, f"{self.setting}_HOUR"))

    @property
    def at_once(self) -> int:
        return int(getattr(settings, f"{self.setting}_AT_ONCE"))


NEW_READERS = RateLimit("new_readers", "NEW_READERS_PER_NETWORK")
WRONG_KEYS = RateLimit("wrong_keys", "WRONG_KEYS_PER_NETWORK")
SIGHTINGS = RateLimit("sightings", "SIGHTINGS_PER_NETWORK")
VIEWS = RateLimit("views", "VIEWS_PER_NETWORK")
RATE_LIMITS = (NEW_READERS, WRONG_KEYS, SIGHTINGS, VIEWS)

# Requests of this process that were not limited, until Redis can be given their number.
_not_limited: Counter[str] = Counter()
_lock = threading.Lock()


def take(limit: RateLimit, request: HasReader) -> float:
    """0 where the request is within the limit of its network, else after how many seconds one is.

    Clients whose network is not known share one limit.
    """
    if not limit.per_hour or not limit.at_once:
        return 0
    key = redis_keys.rate_limit(limit.name, hash_client_network(request))
    arguments = [max(1, _HOUR_MICROSECONDS // limit.per_hour), limit.at_once]
    answers = redis.run_scripts([("take", key, arguments)])
    if answers is None:
        with _lock:
            _not_limited[limit.name] += 1
        return 0
    (wait,) = answers
    counts = _take_not_limited()
    if wait:
        counts[f"{limit.name}:{_REFUSED}"] += 1
    if counts and not redis.add_to_fields(redis_keys.RATE_LIMIT_COUNTS, counts):
        _give_back(counts)
    return wait / 1_000_000


def read_rate_limit_counts() -> Mapping[tuple[str, str], int] | None:
    """By limit, how many requests were refused, and how many were not limited; None where Redis is unreachable.

    Both begin at 0 when Redis has lost them. What a process did not limit is known once it reaches Redis again.
    """
    found = redis.read_hash(redis_keys.RATE_LIMIT_COUNTS)
    if found is None:
        return None
    return {
        (limit.name, outcome): int(found.get(f"{limit.name}:{outcome}", 0))
        for limit in RATE_LIMITS
        for outcome in (_REFUSED, _UNLIMITED)
    }


def _take_not_limited() -> Counter[str]:
    if not _not_limited:
        return Counter()
    with _lock:
        taken = Counter({f"{name}:{_UNLIMITED}": count for name, count in _not_limited.items()})
        _not_limited.clear()
    return taken


def _give_back(counts: Mapping[str, int]) -> None:
    with _lock:
        for field, count in counts.items():
            name, _, outcome = field.partition(":")
            if outcome == _UNLIMITED:
                _not_limited[name] += count
