"""Connects every Django process to the broker, so that whoever sends a task sends it there."""

from django.apps import AppConfig


class StackConfig(AppConfig):
    name = "newsroom.stack"

    def ready(self) -> None:
        from newsroom.celery import app

        app.set_default()  # of all threads; a Celery application is otherwise known to its own
