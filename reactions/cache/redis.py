"""The one door to Redis. Redis may vanish: whoever calls gets None or False, soon, and carries on."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis import RedisError as RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from reactions.lua import script

logger = logging.getLogger(__name__)

# A read of counts takes a third of a millisecond; what takes this long is not coming back in time.
_TIMEOUT_SECONDS = 0.25
# After a failure Redis is left alone for so long, so that requests do not each wait for it.
_PAUSE_SECONDS = 1.0

_closed_until = 0.0


def client() -> "redis.Redis":
    """This process's client."""
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> "redis.Redis":
    """One retry, at once, for a connection that went stale while it waited."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def read_fields(keys: Sequence[str], *fields: str) -> list[list[str | None]] | None:
    """Some fields of many hashes, in order; None where Redis cannot say."""

    def ask(pipeline: Pipeline) -> None:
        for key in keys:
            pipeline.hmget(key, fields)

    return _in_one_trip(ask)


def run_each(name: str, calls: Sequence[tuple[str, Sequence[str | int]]]) -> list[int] | None:
    """Runs one script for many (key, arguments); None where Redis could not be reached."""

    def ask(pipeline: Pipeline) -> None:
        run = pipeline.register_script(script(name))
        for key, arguments in calls:
            run(keys=[key], args=list(arguments), client=pipeline)

    return _in_one_trip(ask)


def _in_one_trip(ask: Callable[[Pipeline], None]) -> list[Any] | None:
    if time.monotonic() < _closed_until:
        return None
    try:
        with client().pipeline(transaction=False) as pipeline:
            ask(pipeline)
            return list(pipeline.execute())
    except RedisError as error:
        _pause(error)
        return None


def reopen() -> None:
    """Forget that Redis failed."""
    global _closed_until
    _closed_until = 0.0


def _pause(error: RedisError) -> None:
    global _closed_until
    _closed_until = time.monotonic() + _PAUSE_SECONDS
    logger.warning("Redis is away: %s", error)
