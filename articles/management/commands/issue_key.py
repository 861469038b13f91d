"""`manage.py issue_key NAME --scopes …`: issues an API key for a program."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.api.api_keys import SCOPES, issue_key


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

    def handle(self, *args: Any, name: str, scopes: list[str], **options: Any) -> None:
        try:
            key = issue_key(name=name, scopes=scopes)
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"A key for {name}. It is shown only here; send it as a Bearer token.")
        self.stdout.write(key)
