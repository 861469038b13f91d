"""Counts the tasks of a worker, by their name and how they ended, and the seconds that they took."""

import time
from typing import Any

from celery.signals import task_postrun, task_prerun
from prometheus_client import Counter, Summary

from articles.counters import COUNTERS

_tasks = Counter(
    "newsroom_tasks",
    "Runs of Celery tasks, by how they ended: success, failure, retry and the like.",
    ["task", "state"],
    registry=COUNTERS,
)
_seconds = Summary("newsroom_task_seconds", "Seconds that they took.", ["task"], registry=COUNTERS)
# By id, of the tasks that run in this process: one, but in tests.
_began: dict[str, float] = {}


@task_prerun.connect
def note_begin(task_id: str, **_: Any) -> None:
    _began[task_id] = time.perf_counter()


@task_postrun.connect
def count_task(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    _tasks.labels(task.name, (state or "failure").lower()).inc()
    began = _began.pop(task_id, None)
    if began is not None:
        _seconds.labels(task.name).observe(time.perf_counter() - began)
