"""`manage.py publish FILE…`: ingests the stories of files and publishes them."""

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
from articles.media.images import MAX_BYTES, InvalidPictureError, Picture, read_picture
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
            "--overwrite",
            action="store_true",
            help="also replace stories that were edited here since",
        )

    def handle(self, *args: Any, files: list[str], overwrite: bool, **options: Any) -> None:
        stories: list[Story] = []
        mistakes: list[Mistake] = []
        for name in files:
            try:
                stories += read_file(name)
            except StoryError as error:
                mistakes += error.mistakes
        if mistakes:
            self.exit_with(mistakes)
        try:
            results = publish_files(stories, overwrite=overwrite)
        except StoryError as error:
            self.exit_with(error.mistakes)
        else:
            for result in results:
                self.stdout.write(f"{result.action:<9} {result.address}")

    def exit_with(self, mistakes: list[Mistake] | tuple[Mistake, ...]) -> None:
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
    """Publish the stories with the pictures that their files refer to by path: all of them or none.

    Raises StoryError, also for a file that is not a valid picture.
    """
    found: dict[str, Picture] = {}
    mistakes: list[Mistake] = []
    for number, story in enumerate(stories):
        try:
            stories[number] = with_local_picture(story, found)
        except StoryError as error:
            mistakes += error.mistakes
    if mistakes:
        raise StoryError(mistakes)
    with transaction.atomic():
        results = ingest_stories(stories, overwrite=overwrite)
        for result in results:
            if result.existing and result.existing.lead_image:
                store_picture(result.existing.lead_image, found)
    return results


def with_local_picture(story: Story, found: dict[str, Picture]) -> Story:
    """The story with a digest of its local picture in the picture's URL, so that another content is an edit."""
    image = story.lead_image
    if image is None or not image.url or image.is_remote:
        return story
    try:
        with (Path(story.origin.name).parent / image.url).open("rb") as file:
            picture = read_picture(file.read(MAX_BYTES + 1))
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}."
        raise StoryError([story.origin.mistake("lead_image", f"{image.url} {reason}")]) from None
    except InvalidPictureError as error:
        raise StoryError([story.origin.mistake("lead_image", f"{image.url} {error}")]) from None
    url = f"{image.url}#{picture.digest[:16]}"
    found[url] = picture
    return replace(story, lead_image=replace(image, url=url))


def store_picture(media: Media, found: Mapping[str, Picture]) -> None:
    picture = found.get(media.source_url)
    if picture and media.content_hash != picture.digest:
        put_picture(media, picture)
