"""The Celery application of the workers. The schedule is in settings.py."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
if not settings.configured:  # else another kind of process imports this
    os.environ.setdefault("NEWSROOM_PROCESS", "worker")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
