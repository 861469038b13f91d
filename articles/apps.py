"""The Django app of articles; it creates the desk's roles after each migrate."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = "Stories"

    def ready(self) -> None:
        from articles.roles import make_roles

        post_migrate.connect(make_roles, sender=self)
