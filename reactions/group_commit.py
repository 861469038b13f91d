"""Group commit: the reactions that wait in this process at one moment are set by one statement and one commit.

Most of what a reaction costs PostgreSQL is starting a statement and ending a transaction, not the row. So one thread,
the committer, takes whatever waits, sets it together, and wakes those who wait; meanwhile the next gather. Where nothing
waits, a reaction is set by its own thread, so that a quiet site pays nothing for this.
docs/decisions/0028-group-commit.md has the reasons and the measurements.
"""

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock, Thread
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import Error, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from reactions.record import Change, Outcome, Write, set_alone, set_together
from reactions.sql.errors import OF_ALL, failure_of
from reactions.sql.sessions import session

logger = logging.getLogger(__name__)

# PostgreSQL plans the statement once, and not with each call for these arrays: half of its cost. What the statement may
# wait for is a reaction that is added elsewhere at this moment, or a migration.
_SESSION = {"plan_cache_mode": "force_generic_plan", "lock_timeout": "500ms"}

# Seconds. The committer waits this long for a reaction that is being set alone: two statements at once are slower.
_GATHER_SECONDS = 0.002
# After a batch the next ones come one after the other: the committer waits so long until as many are there, and looks
# again after so long. Until so long after a batch, none is set alone.
_ARRIVAL_SECONDS = 0.002
_LOOK_SECONDS = 0.0005
_CROWD_SECONDS = 0.02
# A small batch does not mean that the crowd has gone: a committer that believed it would go on with small ones.
_CROWD_DECAY = 0.9
# A reaction that waits for longer is refused, unless it is being set.
_WAIT_SECONDS = 10.0
# While a commit's worth of reactions waits, pages need the other threads: a further one waits so long, and where nothing
# could be set for as long, is refused at once.
_STUCK_SECONDS = 1.0
# As many reactions whose row is locked elsewhere have a connection of the pool at one time, and the next wait so long.
_MOST_ALONE = 4
_WAIT_ALONE_SECONDS = 2.0
# The committer's connection is given back after so long without a reaction.
_IDLE_SECONDS = 60.0


class _Waiting:
    """A write whose thread waits. `taken` decides who deals with it: the committer, or its own thread, which gives up."""

    __slots__ = ("done", "error", "outcome", "taken", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.taken = Lock()
        self.done = Lock()
        self.done.acquire()
        self.outcome: Outcome | None = None
        self.error: Error | None = None


class GroupCommit:
    """Sets reactions of this process, together where they wait at the same moment."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin again in a process that was forked: its parent's threads are not in it."""
        self._starting = Lock()
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._committer: Thread | None = None
        self._busy = Lock()  # while a statement runs
        self._alone = BoundedSemaphore(_MOST_ALONE)
        self._counting = Lock()
        self._waiting = 0
        self._failing_since: float | None = None  # the first batch since anything was set
        self._crowd = 0.0  # the size of the last batches, as a maximum that decays
        self._ended_at = 0.0  # when the last one was set

    def set(self, write: Write) -> Change:
        """As `set_alone`. Raises ReactionRefused and Django's errors, and nothing was recorded then."""
        if settings.REACTIONS_PER_COMMIT < 2 or connection.in_atomic_block:
            return set_alone(write)
        if not self._is_crowded() and self._busy.acquire(blocking=False):
            try:
                if self._queue.empty():
                    return self._set_alone(write)
            finally:
                self._busy.release()
        return self._wait_for(_Waiting(write))

    def _wait_for(self, waiting: _Waiting) -> Change:
        with self._counting:
            self._waiting += 1
            is_over = self._waiting > settings.REACTIONS_PER_COMMIT
        try:
            if is_over and self._is_failing(_STUCK_SECONDS):
                raise _busy("Many reactions wait already.")
            self._wait_for_committer(waiting, _STUCK_SECONDS if is_over else _WAIT_SECONDS)
            if waiting.error is not None:
                raise type(waiting.error)(*waiting.error.args) from waiting.error.__cause__
            if waiting.outcome is not None:
                return waiting.outcome.as_change(waiting.write)
            if is_over and self._is_failing(0):
                raise _busy("Many reactions wait already.")
            return self._set_left_out(waiting.write)
        finally:
            with self._counting:
                self._waiting -= 1

    def _wait_for_committer(self, waiting: _Waiting, seconds: float) -> None:
        self._queue.put(waiting)
        if not self._is_running():
            self._start()
        if not waiting.done.acquire(timeout=seconds):
            if waiting.taken.acquire(blocking=False):
                raise _busy("The reactions before this one took too long.")
            waiting.done.acquire()  # bounded by the limits of the committer's connection

    def _set_left_out(self, write: Write) -> Change:
        """A write that could not be set with others: its row may be locked, and then it waits."""
        if not self._alone.acquire(timeout=_WAIT_ALONE_SECONDS):
            raise _busy("Many reactions of readers are locked.")
        try:
            return self._set_alone(write)
        finally:
            self._alone.release()

    def _set_alone(self, write: Write) -> Change:
        change = set_alone(write)
        self._failing_since = None
        return change

    def _is_crowded(self) -> bool:
        """Whether reactions have met a moment ago: then the next ones will."""
        return self._crowd > 1 and time.monotonic() - self._ended_at < _CROWD_SECONDS

    def _is_failing(self, seconds: float) -> bool:
        """Whether nothing could be set for so long, though something was tried."""
        since = self._failing_since
        return since is not None and time.monotonic() - since > seconds

    def _is_running(self) -> bool:
        return self._committer is not None and self._committer.is_alive()

    def _start(self) -> None:
        with self._starting:
            if not self._is_running():
                self._committer = Thread(target=self._commit_forever, name="committer", daemon=True)
                self._committer.start()

    def stop(self) -> None:
        """End the committer when what waits is set, and close its connection. The next write starts another."""
        with self._starting:
            committer, self._committer = self._committer, None
        if committer is not None:
            self._queue.put(_LAST)
            committer.join(_WAIT_SECONDS)

    def _commit_forever(self) -> None:
        # PgBouncer would give the settings to another client: there each batch is planned, and the role's limits hold.
        keeps_session = settings.DATABASE_POOLER != "transaction"
        with session(_SESSION if keeps_session else {}) as on:
            found: deque[_Waiting] = deque()
            is_last = False
            while found or not is_last:
                found = found or deque([self._next(on)])
                # Not for longer: what is set alone may wait for a lock.
                was_free = self._busy.acquire(timeout=_GATHER_SECONDS)
                if self._is_crowded():
                    self._await_crowd(len(found))
                self._failing_since = self._failing_since or time.monotonic()
                try:
                    batch, found, ends = self._gather(found)
                    is_last |= ends
                    if not batch or _commit(batch, on):
                        self._failing_since = None
                finally:
                    self._crowd = max(len(batch), _CROWD_DECAY * self._crowd)
                    self._ended_at = time.monotonic()
                    if was_free:
                        self._busy.release()

    def _await_crowd(self, found: int) -> None:
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while found + self._queue.qsize() < self._crowd and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _next(self, on: BaseDatabaseWrapper) -> _Waiting:
        try:
            return self._queue.get(timeout=_IDLE_SECONDS)
        except Empty:
            on.close()
            return self._queue.get()

    def _gather(self, found: deque[_Waiting]) -> tuple[list[_Waiting], deque[_Waiting], bool]:
        """A batch of those that were found and of those that wait; who has to wait for the next one; whether to end.

        One reader's writes to one article are set one after the other.
        """
        batch: dict[tuple[UUID, UUID], _Waiting] = {}
        left: deque[_Waiting] = deque()
        ends = False
        while len(batch) < settings.REACTIONS_PER_COMMIT:
            try:
                waiting = found.popleft() if found else self._queue.get_nowait()
            except Empty:
                break
            key = waiting.write.article_id, waiting.write.reader_id
            if waiting is _LAST:
                ends = True
            elif key in batch:
                left.append(waiting)
            elif waiting.taken.acquire(blocking=False):
                batch[key] = waiting
        return list(batch.values()), left + found, ends


_LAST = _Waiting(Write(UUID(int=0), UUID(int=0), 0))  # ends the committer


def _commit(batch: Sequence[_Waiting], on: BaseDatabaseWrapper) -> bool:
    """Set a batch, and wake those who wait; whether any was set. Where it fails for one of them, each is set alone."""
    outcomes: Sequence[Outcome | None] = [None] * len(batch)
    failure: Error | None = None
    try:
        outcomes = set_together([waiting.write for waiting in batch], on=on)
    except Error as error:
        # The rest of the database fails in the same way, so that there is no use in asking it once for each.
        failure = error if failure_of(error) in OF_ALL else None
    except Exception:
        logger.exception("A batch of %d reactions failed; they are set one by one.", len(batch))
    finally:  # whatever ends this thread: those who wait have no limit of time by now
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.outcome, waiting.error = outcome, failure
            waiting.done.release()
    return any(outcomes)


def _busy(reason: str) -> OperationalError:
    """A refusal with the SQLSTATE of a lock that was not available: nothing was recorded, and later it may be."""
    error = OperationalError(reason)
    error.__cause__ = psycopg.errors.LockNotAvailable(reason)
    return error


group_commit = GroupCommit()
atexit.register(group_commit.stop)
os.register_at_fork(after_in_child=group_commit.forget)
