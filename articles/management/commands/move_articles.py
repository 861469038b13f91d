"""`manage.py move_articles FILE.csv`: follows the pages of sites to their new addresses."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.sites.move_files import FileRefused, move_articles


class Command(BaseCommand):
    help = (
        "Follows the pages of sites to their new addresses: a CSV file with the columns old and new. Prints the lines that no "
        "article matches, and how many did what. May be repeated. Where anything is wrong, it prints a line for each "
        "mistake, moves nothing and exits 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="print the same and change nothing"
        )

    def handle(self, *, file: str, dry_run: bool, **options: Any) -> None:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CommandError(f"{file} cannot be read: {reason}.") from None
        try:
            result = move_articles(content=content, dry_run=dry_run, editor="manage.py")
        except FileRefused as refused:
            raise CommandError("\n".join(map(str, refused.mistakes))) from None
        for line in result.lines():
            self.stdout.write(line)
