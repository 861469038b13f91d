"""`manage.py list_keys`: the API keys, without their secrets."""

from typing import Any

from django.core.management.base import BaseCommand

from articles.models import ApiKey


class Command(BaseCommand):
    help = "Prints a line for each API key: prefix, name, scopes, state and last use, between tabs."

    def handle(self, *args: Any, **options: Any) -> None:
        for key in ApiKey.objects.order_by("created_at", "pk"):
            used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never"
            scopes = " ".join(key.scopes)
            self.stdout.write("\t".join((key.prefix, key.name, scopes, key.state, f"used {used}")))
