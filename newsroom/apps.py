"""What every process does once Django is ready."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"

    def ready(self) -> None:
        from newsroom.celery import app  # which needs the settings

        # Of all threads: a task that a web thread sends would go to a broker that nobody has, in vain.
        app.set_default()
