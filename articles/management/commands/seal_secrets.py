"""`manage.py seal_secrets`: after SECRET_KEY was replaced, before the old one is given up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.sealed import seal_stored, unreadable


class Command(BaseCommand):
    help = "Seals the stored secrets of webhooks, sites and second factors with today's SECRET_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{seal_stored()} secrets sealed.")
        if columns := unreadable():
            raise CommandError(
                f"Not readable in {', '.join(columns)}: put the key that sealed them into SECRET_KEY_FALLBACKS."
            )
