"""The Celery application of the workers. The schedule is in settings.py."""

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_ready
from django.conf import settings

from newsroom import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
if not settings.configured:  # else another kind of process imports this
    os.environ.setdefault("NEWSROOM_PROCESS", "worker")

# Of tasks that wait for others' servers; webhooks are sent beside them.
SLOW_QUEUE = "slow"

app = Celery("newsroom", fixups=["newsroom.fixup:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
broker.install()


@worker_init.connect
def refuse_dangers(**_: Any) -> None:
    from newsroom import production  # needs Django's apps

    production.refuse_dangers()


@worker_ready.connect
def start_watch(**_: Any) -> None:
    """Celery sends this after every reconnection."""
    aggregates = app.conf.task_default_queue in app.amqp.queues.consume_from
    if aggregates and settings.WORKER_STALLED_SECONDS:
        _start_watch_once()
    if SLOW_QUEUE in app.amqp.queues.consume_from:
        _start_sender_once()


@cache
def _start_watch_once() -> None:
    from newsroom.watch import Watch  # needs Django's apps

    Watch(app).start()


@cache
def _start_sender_once() -> None:
    from reactions.webhooks.sender import Sender  # needs Django's apps

    Sender().start()
