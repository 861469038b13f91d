"""The app that knows what readers feel."""

from django.apps import AppConfig


class ReactionsConfig(AppConfig):
    name = "reactions"
    verbose_name = "Reactions"

    def ready(self) -> None:
        from articles.doors import open_door
        from reactions import checks  # noqa: F401  # registers them
        from reactions.bar import Feelings

        open_door(Feelings())
