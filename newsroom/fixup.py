"""Celery's fixup for Django with one fault mended: it closes the pool of connections before and after every task.

Each task then opens a pool with its threads and a session of PostgreSQL: 6 sessions a second on a site without readers,
7.4 % of a core (https://github.com/celery/celery/issues/10554).
"""

from contextlib import suppress
from functools import cached_property
from typing import Any

from celery import Celery
from celery.fixups import django
from django.db import Error, connections


class WorkerFixup(django.DjangoWorkerFixup):  # type: ignore[misc,name-defined]  # the stubs lack it
    """Gives the connection of a task back to the pool, which stays open. After a fork the pool is still closed."""

    def on_task_prerun(self, sender: Any, **_: Any) -> None:
        if not sender.request.is_eager:
            _give_back_connections()

    def on_task_postrun(self, sender: Any, **_: Any) -> None:
        if not sender.request.is_eager:
            _give_back_connections()
            self.close_cache()


class Fixup(django.DjangoFixup):
    """Celery's own, but for what it does in a worker."""

    @cached_property
    def worker_fixup(self) -> WorkerFixup:
        return WorkerFixup(self.app)


def fixup(app: Celery) -> Any:
    """What `Celery(fixups=...)` names."""
    return Fixup(app).install()


def _give_back_connections() -> None:
    for each in connections.all(initialized_only=True):
        with suppress(Error):  # it was lost, and the pool drops it
            each.close()
