"""The app of the project: sets up Celery once Django is ready."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"

    def ready(self) -> None:
        from newsroom import checks  # noqa: F401  # registers them
        from newsroom.celery import app  # which needs the settings

        # For all threads: a task that a web thread sends would otherwise go to a default broker that does not exist.
        app.set_default()
