"""`manage.py restore FOLDER`: a backup into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from newsroom.backup import BackupError, restore
from reactions.counting.reconcile import reconcile


class Command(BaseCommand):
    """Then brings the tables up to date, and compares the counts with the rows."""

    help = "Reads a backup into an empty installation. Nothing is changed where it is refused."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            contents = restore(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        call_command("migrate", interactive=False, verbosity=0)
        for name in ("articles", "reactions", "counted", "api_keys"):
            self.stdout.write(f"{name}: {contents[name]}")
        self.stdout.write(f"drift found: {reconcile().drift}")
