"""`manage.py publish FILE…`: stories from files to readers."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from articles.formats import read_stories
from articles.formats.story import Mistake, Story, StoryError
from articles.formats.wire import FILE_BYTES
from articles.publishing import publish_stories


class Command(BaseCommand):
    help = (
        "Publishes the stories in the given files; may be repeated. Prints a line for each story. "
        "Where anything is wrong, it prints a line for each mistake, publishes nothing and exits 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="Markdown with front matter, ninjs, JSON Feed, RSS, Atom, NewsML-G2, NITF, "
            "WordPress WXR or HTML",
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="also stories that were edited here since"
        )

    def handle(self, *args: Any, files: list[str], overwrite: bool, **options: Any) -> None:
        stories: list[Story] = []
        mistakes: list[Mistake] = []
        for name in files:
            try:
                stories += read_file(name)
            except StoryError as refused:
                mistakes += refused.mistakes
        if mistakes:
            self.refuse(mistakes)
        try:
            outcomes = publish_stories(stories, overwrite=overwrite)
        except StoryError as refused:
            self.refuse(refused.mistakes)
        else:
            for outcome in outcomes:
                self.stdout.write(f"{outcome.action:<9} {outcome.address}")

    def refuse(self, mistakes: list[Mistake] | tuple[Mistake, ...]) -> None:
        for mistake in mistakes:
            self.stderr.write(str(mistake))
        sys.exit(1)


def read_file(name: str) -> list[Story]:
    """The stories of one file. Raises StoryError, also where the file cannot be read."""
    try:
        with Path(name).open("rb") as file:
            content = file.read(FILE_BYTES + 1)  # what is longer is refused unread
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoryError([Mistake(name, None, f"cannot be read: {reason}.")]) from None
    return read_stories(content, name=name, zone=timezone.get_default_timezone())
