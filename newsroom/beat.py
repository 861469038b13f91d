"""The Celery application of beat, which only sends the names of tasks on schedule.

It loads none of Django's apps, which beat does not need in memory.
"""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom", fixups=[], set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    dictConfig(settings.LOGGING)
