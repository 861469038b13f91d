"""`manage.py rotate_key PREFIX [--overlap HOURS]`: a new secret for an API key."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.api.api_keys import LONGEST_OVERLAP, OVERLAP, rotate_key
from articles.models import ApiKey

_HOUR = timedelta(hours=1)


class Command(BaseCommand):
    help = (
        "Prints the key with a new secret, once; nothing else goes to standard output. The old secret stays valid for "
        "the overlap, so that the program can be given the new one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", metavar="PREFIX", help="as `manage.py list_keys` prints it")
        parser.add_argument(
            "--overlap",
            type=int,
            default=OVERLAP // _HOUR,
            metavar="HOURS",
            help=f"0 to {LONGEST_OVERLAP // _HOUR}; by default %(default)s",
        )

    def handle(self, *args: Any, prefix: str, overlap: int, **options: Any) -> None:
        key = ApiKey.objects.filter(prefix=prefix).first()
        if key is None:
            raise CommandError(f"There is no key with the prefix {prefix!r}.")
        if not 0 <= overlap <= LONGEST_OVERLAP // _HOUR:
            raise CommandError(
                f"Both secrets are valid for {LONGEST_OVERLAP // _HOUR} hours at most."
            )
        try:
            secret, key = rotate_key(key, overlap=timedelta(hours=overlap))
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(
            f"A new secret for {key.name}. It is shown only here; the old one is valid until "
            f"{key.old_key_valid_until:%d %B %Y, %H:%M} UTC."
        )
        self.stdout.write(secret)
