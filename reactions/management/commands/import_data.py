"""`manage.py import_data FOLDER`: the articles, counts and figures of another installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reactions.transfer import TransferRefused, import_folder


class Command(BaseCommand):
    help = (
        "Imports what `export_reactions --folder` wrote into an empty installation: the same articles, counts and "
        "figures. The same files again change nothing; a file that was cut, or another installation's articles here, "
        "are refused, and nothing is imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            result = import_folder(folder)
        except TransferRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(
            f"articles created: {result.articles}\n"
            f"reactions imported: {result.rows}\n"
            f"articles with counts: {result.counted_articles}"
        )
