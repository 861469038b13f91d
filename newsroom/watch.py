"""A worker watches itself: one that no longer aggregates while reactions wait ends, and its supervisor restarts it.

A worker may be alive, answer `inspect ping` and receive no message any more. What shows that it works is an
aggregation that ran to its end.
"""

import logging
import os
import signal
import threading
import time
from pathlib import Path

import billiard
import psycopg
from celery import Celery
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError as BrokerError

from reactions.counting.progress import Progress, aggregated_at
from reactions.sql import statement

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
# For one question to PostgreSQL, which takes a millisecond.
_ANSWER_SECONDS = 3
# What libpq itself understands of Django's options.
_LIBPQ = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}


class Watch(threading.Thread):
    """Checks this worker as long as it runs. Its pool's processes are its children and share `aggregated_at`.

    After half of WORKER_STALLED_SECONDS without an aggregation here, the watch sends the task itself: beat may be
    down. After all of it the worker ends, if the broker has accepted the task and PostgreSQL says that entries wait,
    that no worker aggregates, and that it accepts writes. Otherwise a restart would not help.
    """

    def __init__(self, app: Celery) -> None:
        super().__init__(name="watch", daemon=True)
        self._app = app
        self._idle_since = time.monotonic()
        self._is_asked = False

    def run(self) -> None:
        """Check once a second. As long as all is well, the alive file says so to the supervisor."""
        while True:
            if self.is_stalled():
                end_worker()
            if settings.WORKER_ALIVE_FILE:
                Path(settings.WORKER_ALIVE_FILE).touch()
            time.sleep(CHECK_SECONDS)

    def is_stalled(self) -> bool:
        """Whether this worker should end."""
        idle_seconds = time.monotonic() - max(aggregated_at(), self._idle_since)
        if idle_seconds < settings.WORKER_STALLED_SECONDS / 2:
            self._is_asked = False
            return False
        try:
            if not self._is_asked:
                self._send_task()
                self._is_asked = True
            if idle_seconds < settings.WORKER_STALLED_SECONDS or not ask_postgresql().is_stalled:
                return False
            self._send_task()
        except (BrokerError, OSError, psycopg.Error) as error:
            logger.warning(
                "This worker does not aggregate, and a restart would not help: %s", error
            )
            self._idle_since = time.monotonic()
            return False
        return True

    def _send_task(self) -> None:
        with self._app.connection_for_write(connect_timeout=_ANSWER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            self._app.send_task("reactions.aggregate", connection=broker, retry=False, expires=600)


def ask_postgresql() -> Progress:
    """The progress of aggregation, over a connection of its own.

    Django's would open its pool in this process, and each process forked later would use that pool's sockets.
    Raises psycopg.Error.
    """
    options = connection.get_connection_params() | {"connect_timeout": _ANSWER_SECONDS}
    own = {name: value for name, value in options.items() if name in _LIBPQ}
    with psycopg.connect(**own, prepare_threshold=None) as asked, asked.transaction():
        asked.execute(f"SET LOCAL statement_timeout = '{_ANSWER_SECONDS}s'")
        found = asked.execute(statement("aggregation_progress").encode()).fetchone()
    assert found  # noqa: S101  # the statement has one row
    return Progress(*found)


def end_worker() -> None:
    """End this worker at once, with its pool's processes: every task may be killed at any point."""
    logger.critical(
        "Reactions wait, and this worker has not aggregated for %d seconds: it ends, to be restarted.",
        settings.WORKER_STALLED_SECONDS,
    )
    try:
        for child in billiard.active_children():
            if child.pid:
                os.kill(child.pid, signal.SIGKILL)
    finally:
        os._exit(1)
