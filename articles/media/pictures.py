"""The files of pictures: taken in, fetched, rendered and cleared away; the rows that name them."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from articles.formats.story import LeadImage
from articles.http_client import PUBLIC, AllowedTargets, FetchError, fetch
from articles.media import images
from articles.models import Article, ArticleMedia, Media
from articles.storage import picture_storage

log = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # a fetch may take as long again, and a rendering some seconds
LEASE = timedelta(minutes=5)  # a picture whose worker died is free again
FIRST_WAIT = timedelta(minutes=1)  # after a first failure; doubled by each that follows
ATTEMPTS = 6  # then nobody tries again: half an hour is long for a picture of news
GRACE = timedelta(days=1)  # a file without a row may be about to get one, or be shown by a cache

FOLDER = "pictures"
# What `name_of` gives and nothing else, so that no other file is ever served.
FILE_NAME = re.compile(r"pictures/[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-z-]{1,60}\.(?:jpg|png|webp)")

# What belongs to the file and not to its description.
FILE_FIELDS = ("file", "content_type", "content_hash", "byte_size", "width", "height", "rendered")
WORDS = ("caption", "alt_text", "credit")


def name_of(digest: str, file_name: str) -> str:
    """Where a file is stored: a name that changes with the content may be cached for ever."""
    return f"{FOLDER}/{digest[:2]}/{digest}/{file_name}"


def put_picture(media: Media, picture: images.Picture) -> None:
    """Save the media with this picture; a worker makes its renditions after the commit.

    The file is there before any row names it, and goes again where the row cannot be saved.
    Whoever stores or clears away the same bytes waits until the transaction ends.
    """
    storage = picture_storage()
    name = name_of(picture.digest, f"original.{images.ENDINGS[picture.content_type]}")
    with transaction.atomic():
        _lock(picture.digest)
        is_new = not storage.exists(name)
        if is_new:
            storage.save(name, ContentFile(picture.content))
        media.file, media.content_hash = name, picture.digest
        media.content_type, media.byte_size = picture.content_type, len(picture.content)
        media.width, media.height = picture.width, picture.height
        media.rendered = []
        try:
            request_renditions(media)
            with transaction.atomic():
                media.save()
        except BaseException:
            if is_new:
                storage.delete(name)
            raise


def request_renditions(media: Media) -> None:
    """Note, unsaved, that there is work to do; workers hear of it after the commit."""
    media.due_at, media.attempts, media.last_error = timezone.now(), 0, ""
    announce()


def announce() -> None:
    """Have a worker look for work after the commit. Where the broker is away, the sweep finds it."""
    transaction.on_commit(_announce, robust=True)


def _announce() -> None:
    current_app.send_task("articles.prepare_pictures", retry=False)


def describe(media: Media, image: LeadImage) -> Media:
    """Give the media what a source says of its picture, unsaved.

    A picture at another address is another picture: ours goes, and a worker fetches the new one.
    One that the desk also put into another article becomes a new row, so that this article stays.
    """
    if media.pk and _is_shared(media):
        media.pk, media._state.adding = None, True
    for part in WORDS:
        setattr(media, part, getattr(image, part))
    if image.url != media.source_url:
        _take_off(media)
        media.source_url = image.url
        media.due_at = timezone.now() if image.is_remote else None
    return media


def _is_shared(media: Media) -> bool:
    articles = Article.objects.filter(lead_image=media)
    return articles[1:2].exists() or ArticleMedia.objects.filter(media=media).exists()


def is_described(media: Media, image: Mapping[str, Any]) -> bool:
    """Whether the media already is what `replace_description` would make of it."""
    same_words = all(getattr(media, part) == image.get(part, "") for part in WORDS)
    same_file = image.get("source_url", media.source_url) == media.source_url
    point = image.get("focal_point", {"x": media.focal_x, "y": media.focal_y})
    same_point = (point["x"], point["y"]) == (media.focal_x, media.focal_y)
    same_row = image.get("media", media.pk) == media.pk
    return same_words and same_file and same_point and same_row


def replace_description(media: Media | None, image: Mapping[str, Any]) -> Media:
    """A new picture in the library with these words, and the file of the one before it.

    Not the same row, for another article may show it. `source_url` asks for another file,
    `focal_point` for other crops, `media` for the file of that picture where it still is there.
    """
    if "media" in image:
        media = Media.objects.filter(pk=image["media"]).first()
        if media and is_described(media, image):
            return media
    new = Media(**{part: image.get(part, "") for part in WORDS})
    if media:
        for name in (*FILE_FIELDS, "source_url", "focal_x", "focal_y", "copyright_notice"):
            setattr(new, name, getattr(media, name))
        new.due_at = media.due_at
    if "source_url" in image and image["source_url"] != new.source_url:
        _take_off(new)
        new.source_url = image["source_url"]
        new.due_at = timezone.now() if new.source_url else None
    if point := image.get("focal_point"):
        new.focal_x, new.focal_y = point["x"], point["y"]
        new.due_at = timezone.now() if new.file else new.due_at
    new.save()
    if new.due_at:
        announce()
    return new


def _take_off(media: Media) -> None:
    media.file = media.content_type = media.content_hash = ""
    media.byte_size = media.width = media.height = media.attempts = 0
    media.rendered, media.last_error = [], ""
    media.focal_x = media.focal_y = 0.5


def prepare_due(*, allowed: AllowedTargets = PUBLIC) -> int:
    """Fetch and render the pictures that wait; how many there were.

    Any number of workers may run it at once, and any may be killed: each picture is taken by one,
    by moving its time on, so that nothing is locked while a server makes us wait. What was not
    reached in time is left to the next round, for which this one asks.
    """
    started, count = time.monotonic(), 0
    while media := _take_due(timezone.now()):
        prepare(media, allowed=allowed)
        count += 1
        if time.monotonic() - started > ROUND_SECONDS:
            announce()
            break
    return count


@transaction.atomic
def _take_due(now: datetime) -> Media | None:
    # Uses index: articles_media_due.
    due = Media.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    media = due.order_by("due_at").first()
    if media:
        media.attempts += 1
        # Counted before the work, so that a picture which kills its worker does not do so for ever.
        media.due_at = now + LEASE if media.attempts < ATTEMPTS else None
        media.save(update_fields=["attempts", "due_at"])
    return media


def prepare(media: Media, *, allowed: AllowedTargets = PUBLIC) -> None:
    """Fetch the picture where it has no file, then make its renditions.

    Safe to repeat and to run twice at once: names follow from the content, and the row is written
    only where it still is the one that was read. A failure is kept with the picture and tried
    again later, but not where the file is no picture.
    """
    try:
        if not media.file and not _fetch(media, allowed):
            return
        _render(media)
    except images.NotAPicture as refused:
        _give_up(media, f"The file {refused}")
    except (FetchError, OSError) as failed:
        _note_failure(media, str(failed))


def _fetch(media: Media, allowed: AllowedTargets) -> bool:
    """Whether there is a file then."""
    fetched = fetch(media.source_url, allowed=allowed, most_bytes=images.BYTES)
    picture = images.read_picture(fetched.content or b"")
    with transaction.atomic():
        current = Media.objects.select_for_update().filter(pk=media.pk).first()
        if current is None or current.file or current.source_url != media.source_url:
            return False  # the desk was faster
        put_picture(current, picture)
        current.due_at = timezone.now() + LEASE  # still ours: the renditions follow at once
        current.save(update_fields=["due_at"])
        for name in (*FILE_FIELDS, "focal_x", "focal_y"):
            setattr(media, name, getattr(current, name))
        _touch_articles(media)
    return True


def _render(media: Media) -> None:
    storage = picture_storage()
    with storage.open(str(media.file.name)) as file:
        original = file.read()
    rendered = []
    for copy in images.copies(original, focal_x=media.focal_x, focal_y=media.focal_y):
        name = name_of(media.content_hash, copy.file_name)
        storage.save(name, ContentFile(copy.content))
        rendered.append(
            {
                "name": copy.name,
                "file": name,
                "content_type": copy.content_type,
                "width": copy.width,
                "height": copy.height,
                "byte_size": len(copy.content),
            }
        )
    same = Media.objects.filter(
        pk=media.pk,
        content_hash=media.content_hash,
        focal_x=media.focal_x,
        focal_y=media.focal_y,
    )
    with transaction.atomic():
        if same.update(rendered=rendered, due_at=None, attempts=0, last_error=""):
            _touch_articles(media)


def _touch_articles(media: Media) -> None:
    """Feeds that show the picture have changed, though the articles' versions have not."""
    articles = Article.objects.filter(Q(lead_image=media) | Q(media_links__media=media))
    Article.objects.filter(pk__in=articles.values("pk")).update(updated_at=timezone.now())


def _give_up(media: Media, text: str) -> None:
    log.warning("The picture %s is not taken: %s", media.pk, text)
    _unchanged(media).update(due_at=None, last_error=text)


def _note_failure(media: Media, text: str) -> None:
    log.warning("The picture %s failed for the %s. time: %s", media.pk, media.attempts, text)
    wait = FIRST_WAIT * 2 ** max(media.attempts - 1, 0)
    due_at = timezone.now() + wait if media.attempts < ATTEMPTS else None
    _unchanged(media).update(due_at=due_at, last_error=text)


def _unchanged(media: Media) -> Any:
    return Media.objects.filter(
        pk=media.pk, source_url=media.source_url, content_hash=media.content_hash
    )


def delete_unused_files(*, now: datetime | None = None) -> int:
    """Delete the files that no picture names, a day after they were written; how many there were.

    They are left by a rolled back transaction, a killed worker, a deleted picture, a former focal
    point. Safe to repeat, and beside anybody who stores a picture.
    """
    storage, before, count = picture_storage(), (now or timezone.now()) - GRACE, 0
    for parent in _folders(FOLDER):
        for digest in _folders(f"{FOLDER}/{parent}"):
            folder = f"{FOLDER}/{parent}/{digest}"
            old = [
                name
                for file in storage.listdir(folder)[1]
                if storage.get_modified_time(name := f"{folder}/{file}") < before
            ]
            if old:
                count += _forget(digest, old)
    return count


def _folders(path: str) -> Sequence[str]:
    try:
        return picture_storage().listdir(path)[0]
    except FileNotFoundError:  # nobody has stored anything yet
        return []


@transaction.atomic
def _forget(digest: str, names: Sequence[str]) -> int:
    _lock(digest)
    named: set[str] = set()
    # Uses index: articles_media_by_hash.
    for file, rendered in Media.objects.filter(content_hash=digest).values_list("file", "rendered"):
        named |= {file, *(each["file"] for each in rendered)}
    unnamed = [name for name in names if name not in named]
    for name in unnamed:
        picture_storage().delete(name)
    return len(unnamed)


def _lock(digest: str) -> None:
    """Until the transaction ends, for everybody who writes or deletes the files of this content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
