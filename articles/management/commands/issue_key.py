"""`manage.py issue_key NAME --scopes … [--expires DAYS]`: issues an API key for a program."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from articles.api.api_keys import LONGEST_LIFE, SCOPES, issue_key


class Command(BaseCommand):
    help = (
        "Prints an API key, once: the database keeps only its hash. Nothing else goes to standard output, "
        "so that KEY=$(manage.py issue_key …) works."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the program the key is for")
        parser.add_argument(
            "--scopes", nargs="*", default=[], metavar="SCOPE", help=f"any of {', '.join(SCOPES)}"
        )
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="after so many days it is refused"
        )

    def handle(
        self, *args: Any, name: str, scopes: list[str], expires: int | None, **options: Any
    ) -> None:
        if expires is not None and not 0 < expires <= LONGEST_LIFE.days:
            raise CommandError(f"A key expires after 1 to {LONGEST_LIFE.days} days.")
        expires_at = None if expires is None else timezone.now() + timedelta(days=expires)
        try:
            key = issue_key(name=name, scopes=scopes, expires_at=expires_at)
        except ValueError as error:
            raise CommandError(str(error)) from None
        until = "" if expires_at is None else f" It expires on {expires_at:%d %B %Y}."
        self.stderr.write(
            f"A key for {name}.{until} It is shown only here; send it as a Bearer token."
        )
        self.stdout.write(key)
