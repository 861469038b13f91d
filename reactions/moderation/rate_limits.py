"""How many requests of a kind one network or one API key may send.

Redis counts, in one step for all processes. Where it is unreachable calls with a key and reads are not refused: they
come first, and what readers send is moderated all the same. New readers and wrong keys keep a ceiling in each process.
"""

import threading
from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from articles.api.rate_limits import KEY_READS, KEY_WRITES, MinuteLimit, Standing, limit_of
from articles.models import ApiKey
from reactions.cache import redis, redis_keys
from reactions.cache.local_limits import LocalLimits
from reactions.moderation.client_network import hash_client_network
from reactions.readers import HasReader

_HOUR_MICROSECONDS = 3_600_000_000
_REFUSED, _UNLIMITED = "refused", "unlimited"
# In the environment of a request: what it left of the limit that it took from.
_STANDING = "reactions.rate_limit"


class Limit(Protocol):
    """`at_once` is 0 where there is no limit. One with a ceiling is a limit in each process while Redis is unreachable."""

    @property
    def name(self) -> str: ...
    @property
    def at_once(self) -> int: ...
    @property
    def interval_microseconds(self) -> int: ...
    @property
    def has_ceiling(self) -> bool: ...


@dataclass(frozen=True)
class HourLimit:
    """The names of its two settings, `…_HOUR` and `…_AT_ONCE`, begin with `setting`; 0 in either: no limit."""

    name: str
    setting: str
    has_ceiling: bool = False

    @property
    def at_once(self) -> int:
        return int(getattr(settings, f"{self.setting}_AT_ONCE")) if self._per_hour else 0

    @property
    def interval_microseconds(self) -> int:
        return max(1, _HOUR_MICROSECONDS // self._per_hour)

    @property
    def _per_hour(self) -> int:
        return int(getattr(settings, f"{self.setting}_HOUR"))


NEW_READERS = HourLimit("new_readers", "NEW_READERS_PER_NETWORK", has_ceiling=True)
WRONG_KEYS = HourLimit("wrong_keys", "WRONG_KEYS_PER_NETWORK", has_ceiling=True)
SIGHTINGS = HourLimit("sightings", "SIGHTINGS_PER_NETWORK")
SIGN_INS = HourLimit("sign-ins", "SIGN_INS_PER_ACCOUNT", has_ceiling=True)
NETWORK_SIGN_INS = HourLimit("network-sign-ins", "SIGN_INS_PER_NETWORK", has_ceiling=True)
VIEWS = HourLimit("views", "VIEWS_PER_NETWORK")
NETWORK_CALLS = MinuteLimit("network-calls", "CALLS_PER_NETWORK_MINUTE")
RATE_LIMITS: tuple[Limit, ...] = (
    *(NEW_READERS, WRONG_KEYS, SIGHTINGS, VIEWS),
    *(SIGN_INS, NETWORK_SIGN_INS),
    *(NETWORK_CALLS, KEY_READS, KEY_WRITES),
)

# Outcomes of this process while Redis was unreachable, until it can be given their number.
_not_limited: Counter[str] = Counter()
_lock = threading.Lock()
local_limits = LocalLimits()


def take(limit: Limit, request: HasReader) -> float:
    """0 where the request is within the limit of its network, else after how many seconds one is.

    Clients whose network is not known share one limit.
    """
    return _take(limit, request, _network(request)) if limit.at_once else 0


def take_of_subject(limit: Limit, request: HasReader, subject: str) -> float:
    """The same for the limit of something else than a network, by its name among those of this limit."""
    return _take(limit, request, subject) if limit.at_once else 0


def give_back(limit: Limit, request: HasReader) -> None:
    """Undo one `take` of the request's network: what it was taken for turned out not to count."""
    if limit.at_once:
        _give_back_earned(limit, _network(request), limit.interval_microseconds)


def give_back_all(limit: Limit, subject: str) -> None:
    """Give the subject the whole limit again."""
    if limit.at_once:
        _give_back_earned(limit, subject, limit.interval_microseconds * limit.at_once)


def _network(request: HasReader) -> str:
    network = hash_client_network(request)
    return "unknown" if network is None else str(network)


def _give_back_earned(limit: Limit, subject: str, microseconds: int) -> None:
    key = redis_keys.rate_limit(limit.name, subject)
    redis.run_scripts([("give_back", key, [microseconds])])
    local_limits.give_back(key, microseconds)


def take_of_key(key: ApiKey, request: HasReader) -> float:
    """The same for the limit of an API key that a call with it takes from."""
    limit = limit_of(key, request.META.get("REQUEST_METHOD", ""))
    return _take(limit, request, str(key.pk)) if limit.at_once else 0


def standing_of(request: HasReader) -> Standing | None:
    """What the request left of the limit that it took from last; None for one that took from none."""
    return request.META.get(_STANDING)


def _take(limit: Limit, request: HasReader, subject: str) -> float:
    interval, at_once = limit.interval_microseconds, limit.at_once
    key = redis_keys.rate_limit(limit.name, subject)
    answers: list[Any] | None = redis.run_scripts([("take", key, [interval, at_once])])
    if answers is not None:
        taken = answers[0]
    elif limit.has_ceiling:
        taken = local_limits.take(key, interval, at_once)
    else:
        taken = None
    if taken is not None:
        _note(request.META, limit, taken)
    wait: int = taken[0] if taken else 0
    _count(f"{limit.name}:{_REFUSED if wait else _UNLIMITED}", wait > 0, answers is not None)
    return wait / 1_000_000


def _note(environ: Mapping[str, Any], limit: Limit, taken: list[int]) -> None:
    wait, remaining, reset = (int(each) for each in taken)
    window = limit.interval_microseconds * limit.at_once
    if isinstance(environ, MutableMapping):
        environ[_STANDING] = Standing(
            limit.name,
            limit.at_once,
            window=window / 1_000_000,
            remaining=remaining,
            reset=reset / 1_000_000,
            wait=wait / 1_000_000,
        )


def _count(outcome: str, is_refused: bool, is_reachable: bool) -> None:
    """Hand Redis what this process counted while it was unreachable, and this request where it was refused."""
    if not is_reachable:
        _give_back({outcome: 1})
        return
    counts = _take_not_limited()
    if is_refused:
        counts[outcome] += 1
    if counts and not redis.add_to_fields(redis_keys.RATE_LIMIT_COUNTS, counts):
        _give_back(counts)


def read_rate_limit_counts() -> Mapping[tuple[str, str], int] | None:
    """By limit, how many requests were refused, and how many Redis did not limit; None where it is unreachable.

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
        taken = Counter(_not_limited)
        _not_limited.clear()
    return taken


def _give_back(counts: Mapping[str, int]) -> None:
    with _lock:
        _not_limited.update(counts)
