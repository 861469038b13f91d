"""`manage.py rename_kind OLD NEW`: declares that a kind has another key now, and means the same."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import audit
from reactions.kinds import BY_KEY
from reactions.known_kinds import rename_kind


class Command(BaseCommand):
    help = (
        "Declares that a kind has another key now and means the same, once the file of REACTIONS_KINDS has the new"
        " key. Counts stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", help="the key under which it was counted")
        parser.add_argument("new", help="its key in the file of REACTIONS_KINDS")

    def handle(self, *, old: str, new: str, **options: Any) -> None:
        kind = BY_KEY.get(new)
        if kind is None:
            raise CommandError(f"No kind of this site has the key {new!r}.")
        if not rename_kind(old=old, kind=kind):
            raise CommandError(f"The bit {kind.bit} of {new!r} was not counted as {old!r}.")
        named = audit.Named("kind", str(kind.bit), new)
        audit.record("renamed", named, before={"key": old}, after={"key": new})
        self.stdout.write(f"the bit {kind.bit}, counted as {old}, is {new}")
