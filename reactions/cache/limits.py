"""The way of public reads to PostgreSQL: few at a time, and none for a moment after it failed.

Readers may come by the thousand where Redis is empty or gone. What they may cost PostgreSQL is bounded
here, so that those who write still find a connection.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

# Statements at once, of a process. Its pool has DATABASE_POOL connections; writers have the others.
_AT_ONCE = 2
# As long as the pool itself lets somebody wait for a connection.
_PATIENCE_SECONDS = 3.0
# After a failure PostgreSQL is left alone for so long: every try may take as long as the patience.
_PAUSE_SECONDS = 1.0

_turns = threading.BoundedSemaphore(_AT_ONCE)
_closed_until = 0.0


@contextmanager
def public_read() -> Iterator[None]:
    """Wait for a turn. Raises OperationalError where there is none, and what it raises within."""
    if time.monotonic() < _closed_until or not _turns.acquire(timeout=_PATIENCE_SECONDS):
        raise OperationalError("PostgreSQL is not asked now: it failed, or is busy with readers.")
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        close()
        raise OperationalError(*error.args) from error
    finally:
        _turns.release()


def close() -> None:
    """Leave PostgreSQL alone for a moment."""
    global _closed_until
    _closed_until = time.monotonic() + _PAUSE_SECONDS


def reopen() -> None:
    """Forget that PostgreSQL failed."""
    global _closed_until
    _closed_until = 0.0
