"""The bounds on what public reads may cost: concurrent database reads, and a circuit breaker for each server.

Readers may come by the thousand where Redis is empty or unreachable. What they may cost PostgreSQL is bounded here, so
that a writer always finds a connection.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

# Concurrent public reads of a process. Its pool has DATABASE_POOL connections; writers have the others.
_CONCURRENT_READS = 2
# As long as the pool itself waits for a connection.
_WAIT_SECONDS = 3.0


class CircuitBreaker:
    """Keeps callers away from a server for a pause after a call failed, so that they do not each wait for it."""

    def __init__(self, *, pause_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the pause is running, and the server must not be called."""
        return time.monotonic() < self._open_until

    def trip(self) -> None:
        """Begin the pause: a call has failed."""
        self._open_until = time.monotonic() + self._pause_seconds

    def reset(self) -> None:
        """End the pause at once."""
        self._open_until = 0.0


# A second each: a call to an unreachable server may take as long as its time-out, a quarter of a second for Redis and
# three for PostgreSQL.
redis_breaker = CircuitBreaker(pause_seconds=1.0)
database_breaker = CircuitBreaker(pause_seconds=1.0)

_reads = threading.BoundedSemaphore(_CONCURRENT_READS)


@contextmanager
def public_read() -> Iterator[None]:
    """One of the few public reads of PostgreSQL; waits for a turn.

    Raises OperationalError where there is none in time, where the breaker is open, and where the read fails, which
    trips the breaker.
    """
    if database_breaker.is_open or not _reads.acquire(timeout=_WAIT_SECONDS):
        raise OperationalError(
            "PostgreSQL is not asked: it failed a moment ago, or serves other readers."
        )
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        database_breaker.trip()
        raise OperationalError(*error.args) from error
    finally:
        _reads.release()
