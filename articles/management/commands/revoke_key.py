"""`manage.py revoke_key PREFIX…`: ends API keys at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.api.api_keys import revoke_keys
from articles.models import ApiKey


class Command(BaseCommand):
    help = "Ends API keys at once. Where one of the prefixes is not known, none is ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "prefixes", nargs="+", metavar="PREFIX", help="as `manage.py list_keys` prints it"
        )

    def handle(self, *args: Any, prefixes: list[str], **options: Any) -> None:
        keys = ApiKey.objects.filter(prefix__in=prefixes)
        if unknown := sorted({*prefixes} - {key.prefix for key in keys}):
            raise CommandError(f"There is no key with the prefix {unknown[0]!r}.")
        ended = revoke_keys(keys)
        self.stdout.write(f"Ended {ended}; {len(keys) - ended} had been ended before.")
