"""The Celery application of the workers. The schedule is in settings.py."""

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import (
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
)
from django.conf import settings

from newsroom import broker, log_format

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
if not settings.configured:  # else another kind of process imports this
    os.environ.setdefault("NEWSROOM_PROCESS", "worker")

# Of tasks that wait for others' servers; webhooks are sent beside them.
SLOW_QUEUE = "slow"

app = Celery("newsroom", fixups=["newsroom.fixup:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
broker.install()


@before_task_publish.connect
def name_request(headers: dict[str, Any], **_: Any) -> None:
    """A task that a request sends carries its name along, and those that it sends in turn."""
    if name := log_format.request_id.get():
        headers["request_id"] = name


@task_prerun.connect
def note_task(task_id: str, task: Any, **_: Any) -> None:
    log_format.task.set((task.name, task_id))
    log_format.request_id.set(getattr(task.request, "request_id", None) or "")


@task_postrun.connect
def forget_task(**_: Any) -> None:
    log_format.task.set(("", ""))
    log_format.request_id.set("")


@worker_init.connect
def refuse_dangers(**_: Any) -> None:
    from newsroom import production  # needs Django's apps

    production.refuse_dangers()


@worker_process_init.connect
@worker_ready.connect
def start_counting(**_: Any) -> None:
    """In each process of the pool, and in the only one of a solo pool."""
    _start_counting_once(os.getpid())


@worker_process_shutdown.connect
def hand_over_counts(**_: Any) -> None:
    from newsroom.counter_store import flush  # needs Django's apps

    flush()


@worker_ready.connect
def start_watch(**_: Any) -> None:
    """Celery sends this after every reconnection."""
    aggregates = app.conf.task_default_queue in app.amqp.queues.consume_from
    if aggregates and settings.WORKER_STALLED_SECONDS:
        _start_watch_once()
    if SLOW_QUEUE in app.amqp.queues.consume_from:
        _start_sender_once()


@cache
def _start_counting_once(process_id: int) -> None:
    from newsroom.counter_store import start_flushing  # needs Django's apps

    start_flushing()


@cache
def _start_watch_once() -> None:
    from newsroom.watch import Watch  # needs Django's apps

    Watch(app).start()


@cache
def _start_sender_once() -> None:
    from reactions.webhooks.sender import Sender  # needs Django's apps

    Sender().start()
