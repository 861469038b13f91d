"""Limits of which nothing is taken, in Redis and in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from reactions.cache import redis
from reactions.moderation import rate_limits


@contextmanager
def nothing_taken() -> Iterator[None]:
    """At the beginning and, for the tests that follow, in the end."""
    rate_limits._not_limited.clear()
    rate_limits.local_limits.clear()
    _forget()
    yield
    _forget()


def _forget() -> None:
    client = redis.client()
    for key in client.scan_iter("rate_limit*"):
        client.delete(key)
