"""`manage.py publish FILE…`: stories from files to readers."""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from articles import formats
from articles.formats.story import Mistake, Story, StoryError
from articles.ingest import IngestResult, ingest_stories
from articles.media.images import BYTES, NotAPicture, Picture, read_picture
from articles.media.pictures import put_picture
from articles.models import Media


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
            outcomes = publish_files(stories, overwrite=overwrite)
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
            return formats.read_file(file, name=name, zone=timezone.get_default_timezone())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoryError([Mistake(name, None, f"cannot be read: {reason}.")]) from None


def publish_files(stories: list[Story], *, overwrite: bool) -> list[IngestResult]:
    """Publish the stories with the pictures that lie beside their files: all of them or none.

    Raises StoryError, also for a picture that is none.
    """
    found: dict[str, Picture] = {}
    mistakes: list[Mistake] = []
    for number, story in enumerate(stories):
        try:
            stories[number] = with_local_picture(story, found)
        except StoryError as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise StoryError(mistakes)
    with transaction.atomic():
        outcomes = ingest_stories(stories, overwrite=overwrite)
        for outcome in outcomes:
            if outcome.existing and outcome.existing.lead_image:
                put_found(outcome.existing.lead_image, found)
    return outcomes


def with_local_picture(story: Story, found: dict[str, Picture]) -> Story:
    """The story, its picture named by what is in the file too: another picture is another edit."""
    image = story.lead_image
    if image is None or not image.url or image.is_remote:
        return story
    try:
        with (Path(story.origin.name).parent / image.url).open("rb") as file:
            picture = read_picture(file.read(BYTES + 1))
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}."
        raise StoryError([story.origin.mistake("lead_image", f"{image.url} {reason}")]) from None
    except NotAPicture as refused:
        raise StoryError([story.origin.mistake("lead_image", f"{image.url} {refused}")]) from None
    url = f"{image.url}#{picture.digest[:16]}"
    found[url] = picture
    return replace(story, lead_image=replace(image, url=url))


def put_found(media: Media, found: Mapping[str, Picture]) -> None:
    picture = found.get(media.source_url)
    if picture and media.content_hash != picture.digest:
        put_picture(media, picture)
