"""All calls to Redis. It may be unreachable: a caller gets None, soon, and goes on without it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis import RedisError as RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from reactions.cache import redis_keys
from reactions.cache.limits import redis_breaker
from reactions.lua import script

logger = logging.getLogger(__name__)

# A read of counts takes a third of a millisecond; what takes this long does not answer in time for a page.
_TIMEOUT_SECONDS = 0.25


def client() -> "redis.Redis":
    """The client of this process."""
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> "redis.Redis":
    """One retry, at once, for a connection that was closed while it was idle."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def counts_channel() -> str:
    """The channel of this database: a server has its channels for all of them."""
    return redis_keys.counts_channel(client().connection_pool.connection_kwargs.get("db") or 0)


def memory_policy() -> tuple[str, int] | None:
    """What the server does when it is full, and its limit in bytes, 0 for none. None where it does not say."""
    try:
        info = client().info("memory")
        return str(info["maxmemory_policy"]), int(info["maxmemory"])
    except (RedisError, KeyError, ValueError):
        return None


def read_fields(keys: Sequence[str], *fields: str) -> list[list[str | None]] | None:
    """Some fields of many hashes, in order; None where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        for key in keys:
            pipeline.hmget(key, fields)

    return _in_one_trip(queue)


def run_scripts(calls: Sequence[tuple[str, str, Sequence[str | int]]]) -> list[int] | None:
    """The results of scripts, each called as (name, key, arguments), in order; None where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        scripts = {name: pipeline.register_script(script(name)) for name, _, _ in calls}
        for name, key, arguments in calls:
            scripts[name](keys=[key], args=list(arguments), client=pipeline)

    return _in_one_trip(queue)


def read_text(key: str) -> str | None:
    """A string; None where there is none, and where Redis is unreachable."""
    answers = _in_one_trip(lambda pipeline: pipeline.get(key))
    return answers[0] if answers else None


def write_text(key: str, text: str, *, ttl_seconds: int) -> None:
    _in_one_trip(lambda pipeline: pipeline.set(key, text, ex=ttl_seconds))


def take_turn(key: str, *, ttl_seconds: int) -> bool | None:
    """Whether the caller is the first that asks in so many seconds; None where Redis is unreachable."""
    answers = _in_one_trip(lambda pipeline: pipeline.set(key, "", nx=True, ex=ttl_seconds))
    return None if answers is None else bool(answers[0])


def run_script(name: str, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> bool:
    """Run a script of several keys; False where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        known = pipeline.register_script(script(name))
        known(keys=list(keys), args=list(arguments), client=pipeline)

    return _in_one_trip(queue) is not None


def first_of_sorted_set(key: str, most: int) -> list[tuple[str, int]] | None:
    """The members with the lowest scores, whole numbers; None where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        pipeline.zrange(key, 0, most - 1, withscores=True)

    answers = _in_one_trip(queue)
    return None if answers is None else [(member, int(score)) for member, score in answers[0]]


def estimate_sizes(keys: Sequence[str]) -> list[int] | None:
    """How many each HyperLogLog has seen; None where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        for key in keys:
            pipeline.pfcount(key)

    return _in_one_trip(queue)


def add_to_fields(key: str, amounts: Mapping[str, int]) -> bool:
    """Add to the numbers of a hash; False where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        for field, amount in amounts.items():
            pipeline.hincrby(key, field, amount)

    return _in_one_trip(queue) is not None


def add_amounts_to_fields(key: str, amounts: Mapping[str, float]) -> bool:
    """As `add_to_fields`, for what may have a fraction."""

    def queue(pipeline: Pipeline) -> None:
        for field, amount in amounts.items():
            pipeline.hincrbyfloat(key, field, amount)

    return _in_one_trip(queue) is not None


def read_hash(key: str) -> Mapping[str, str] | None:
    """All fields of a hash; None where Redis is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        pipeline.hgetall(key)

    answers = _in_one_trip(queue)
    return None if answers is None else answers[0]


def read_hash_and_time(key: str) -> tuple[Mapping[str, str], int] | None:
    """All fields of a hash, and the clock of the server in seconds since 1970; None where it is unreachable."""

    def queue(pipeline: Pipeline) -> None:
        pipeline.hgetall(key)
        pipeline.time()

    answers = _in_one_trip(queue)
    return None if answers is None else (answers[0], answers[1][0])


def _in_one_trip(queue: Callable[[Pipeline], object]) -> list[Any] | None:
    if redis_breaker.is_open:
        return None
    try:
        with client().pipeline(transaction=False) as pipeline:
            queue(pipeline)
            return list(pipeline.execute())
    except RedisError as error:
        redis_breaker.trip()
        logger.warning("Redis is unreachable: %s", error)
        return None
