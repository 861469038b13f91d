"""The Celery application for beat, which only sends names of tasks: the timetable and the broker.

Nothing of Django's apps, which it would hold in memory for nothing.
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
def log_as_the_others_do(**_: Any) -> None:
    dictConfig(settings.LOGGING)
