"""`manage.py publish FILE…`: ingests the stories of files and publishes them."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from django.core.serializers.base import ProgressBar
from django.db import transaction
from django.utils import timezone

from articles import formats
from articles.formats.story import GUESSED, Mistake, Story, StoryError
from articles.formats.wire import read_moment
from articles.ingest import IngestResult, ingest_stories
from articles.ingest.stories import first_of_each
from articles.media.images import MAX_BYTES, InvalidPictureError, Picture, read_picture
from articles.media.pictures import put_picture
from articles.models import Media


@dataclass(frozen=True, slots=True)
class Published:
    """What was done with a story, and what was left out of it or guessed."""

    story: Story
    result: IngestResult


class Command(BaseCommand):
    help = (
        "Publishes the stories in the given files; may be repeated. Prints a line for each story, and below it what was "
        "left out. Where anything is wrong, it prints a line for each mistake, publishes nothing and exits 1."
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
        parser.add_argument(
            "--check",
            action="store_true",
            help="say what would be done, what left out and what guessed, and change nothing",
        )
        parser.add_argument(
            "--skip-bad",
            action="store_true",
            help="publish the stories that have no mistake; exits 1 only where there is none",
        )

        parser.add_argument(
            "--published-at",
            type=moment,
            metavar="TIME",
            help="when the pages were published that do not state it, such as 2026-11-20T10:00+01:00",
        )

    def handle(
        self,
        *args: Any,
        files: list[str],
        overwrite: bool,
        check: bool,
        skip_bad: bool,
        published_at: datetime | None,
        **options: Any,
    ) -> None:
        stories: list[Story] = []
        mistakes: list[Mistake] = []
        for name in files:
            found, wrong = with_time(*self.read(name), published_at)
            stories += found
            mistakes += wrong
            if not found and not wrong:
                self.stdout.write(f"{name}: holds no story.")
        if mistakes and not skip_bad:
            self.write_mistakes(mistakes)
            sys.exit(1)
        done, refused = publish_stories(
            stories, overwrite=overwrite, check=check, skip_bad=skip_bad
        )
        mistakes += refused
        for each in done:
            self.write_result(each, with_guesses=check)
        self.write_mistakes(mistakes)
        if mistakes and not (done and skip_bad):
            sys.exit(1)

    def read(self, name: str) -> tuple[list[Story], list[Mistake]]:
        """The stories of a file that have no mistake, and the mistakes of the others."""
        shown = self.stderr if self.stderr.isatty() else None
        bar = ProgressBar(cast("IO[str] | None", shown), 100)
        try:
            return read_file(name, lambda part: bar.update(int(100 * part))), []
        except StoryError as error:
            return list(error.stories), list(error.mistakes)

    def write_result(self, published: Published, *, with_guesses: bool) -> None:
        result, story = published.result, published.story
        reason = f" ({result.reason})" if result.reason else ""
        self.stdout.write(f"{result.action:<9} {result.address}{reason}")
        for note in story.notes:
            if with_guesses or not note.startswith(GUESSED):
                self.stdout.write(f"{'':<9} {note}")

    def write_mistakes(self, mistakes: Sequence[Mistake]) -> None:
        for mistake in mistakes:
            self.stderr.write(str(mistake))


def read_file(name: str, progress: Callable[[float], None] | None = None) -> list[Story]:
    """The stories of one file. Raises StoryError, also where the file cannot be read."""
    zone = timezone.get_default_timezone()
    try:
        with Path(name).open("rb") as file:
            return formats.read_file(file, name=name, zone=zone, progress=progress)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoryError([Mistake(name, None, f"cannot be read: {reason}.")]) from None


def moment(text: str) -> datetime:
    """A time of the command line; without an offset it is in the site's zone."""
    found = read_moment(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a date and time")
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_default_timezone())


def with_time(
    stories: list[Story], mistakes: list[Mistake], published_at: datetime | None
) -> tuple[list[Story], list[Mistake]]:
    """Pages with the time that was given for those which state none. It is asked for: a guess would be published as fact."""
    timed: list[Story] = []
    for story in stories:
        if story.published_at or story.origin.item != "page 1":
            timed.append(story)
        elif published_at:
            timed.append(replace(story, published_at=published_at))
        else:
            text = "the page states none; give it with --published-at."
            mistakes = [*mistakes, story.origin.mistake("published_at", text)]
    return timed, mistakes


def publish_stories(
    stories: list[Story], *, overwrite: bool, check: bool, skip_bad: bool
) -> tuple[list[Published], list[Mistake]]:
    """All of the stories or none, with the mistakes; with `skip_bad` those that have none. A check changes nothing."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                done, mistakes = publish_files(stories, overwrite=overwrite, check=check), []
        except StoryError as error:
            done, mistakes = [], list(error.mistakes)
            if skip_bad:
                done, mistakes = _publish_each(stories, overwrite=overwrite, check=check)
        if check:
            transaction.set_rollback(True)
    return done, mistakes


def _publish_each(
    stories: list[Story], *, overwrite: bool, check: bool
) -> tuple[list[Published], list[Mistake]]:
    done: list[Published] = []
    stories, mistakes = first_of_each(stories)
    for story in stories:
        try:
            with transaction.atomic():
                done += publish_files([story], overwrite=overwrite, check=check)
        except StoryError as error:
            mistakes += error.mistakes
    return done, mistakes


def publish_files(
    stories: Sequence[Story], *, overwrite: bool, check: bool = False
) -> list[Published]:
    """Publish the stories with the pictures that their files refer to by path: all of them or none.

    Raises StoryError, also for a file that is not a valid picture.
    """
    stories = list(stories)
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
            if result.existing and result.existing.lead_image and not check:
                store_picture(result.existing.lead_image, found)
    return [Published(*each) for each in zip(stories, results, strict=True)]


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
