"""A rival that acts on another connection, and a way to wait until it is blocked by the test."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

from django.db import connection, transaction

Answer = TypeVar("Answer")


def on_a_connection_of_its_own(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    finally:
        connection.close()


def wait_for_a_blocked_backend() -> None:
    """Until some backend waits for a lock: the rival has reached the point where it must wait.

    Inside a transaction PostgreSQL shows the activity of others as it was at the first query, unless
    that snapshot is thrown away.
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("the rival never had to wait")


class Rival:
    """Acts on another connection while the test holds its own transaction open."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)

    def start(self, act: Callable[[], Answer]) -> "Future[Answer]":
        return self._pool.submit(on_a_connection_of_its_own, act)


@contextmanager
def held_open(act: Callable[[], object], *, commits: bool = False) -> Iterator[None]:
    """Another connection has done this, and does not commit until the block ends; then it rolls back, or commits."""
    has_acted, may_end = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            act()
            has_acted.set()
            assert may_end.wait(30)
            transaction.set_rollback(not commits)

    rival = Rival().start(hold)
    assert has_acted.wait(10)
    try:
        yield
    finally:
        may_end.set()
        rival.result()


def at_once(acts: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """The result of each act; all begin together, each on a connection of its own."""
    together = Barrier(len(acts))

    def begin(act: Callable[[], Answer]) -> Answer:
        together.wait(timeout=10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        begun = [pool.submit(on_a_connection_of_its_own, partial(begin, act)) for act in acts]
        return [each.result() for each in begun]
