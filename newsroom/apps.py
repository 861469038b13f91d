"""What every process does once Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"

    def ready(self) -> None:
        # Makes ours the current Celery application; to any other a task would be sent in vain.
        import_module("newsroom.celery")
