"""The Celery application of the workers. The schedule is in settings.py."""

import os

from celery import Celery

from newsroom import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
broker.install()
