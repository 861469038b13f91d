"""`manage.py backup FOLDER`: the database and the pictures, without what identifies visitors of today."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from newsroom.backup import BackupError, back_up


class Command(BaseCommand):
    help = "Writes a backup into a new folder. Keep SECRET_KEY and READER_KEY elsewhere: they are not in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            contents = back_up(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        for name in ("articles", "reactions", "counted", "api_keys"):
            self.stdout.write(f"{name}: {contents[name]}")
