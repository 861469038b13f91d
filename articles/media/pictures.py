"""Pictures in the database: storing, fetching and rendering their files, and their descriptions."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles.formats.story import LeadImage
from articles.http_client import PUBLIC, AllowedTargets, FetchError, fetch
from articles.media import images
from articles.media.files import lock_content, name_of
from articles.models import Article, ArticleMedia, ArticleQuerySet, Media
from articles.storage import picture_storage

log = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # the last fetch may take as long again, and its rendering some seconds
LEASE = timedelta(minutes=5)  # then another worker may claim the picture of a worker that died
FIRST_RETRY = timedelta(minutes=1)  # after the first failure; doubled after each further one
ATTEMPTS = 6  # over half an hour; a news picture that is later than that is of no use

# The fields that belong to the file and not to its description.
FILE_FIELDS = ("file", "content_type", "content_hash", "byte_size", "width", "height", "rendered")
DESCRIPTION_FIELDS = ("caption", "alt_text", "credit")


def put_picture(media: Media, picture: images.Picture) -> None:
    """Save the media with this picture; a worker makes its renditions after the commit.

    The file is stored before a row refers to it, and deleted again where the row cannot be saved.
    Locks the content: others that store or delete the same bytes wait until the transaction ends.
    """
    storage = picture_storage()
    name = name_of(picture.digest, f"original.{images.EXTENSIONS[picture.content_type]}")
    with transaction.atomic():
        lock_content(picture.digest)
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
    """Set the media due, unsaved, and send a task for it after the commit."""
    media.due_at, media.attempts, media.last_error = timezone.now(), 0, ""
    prepare_on_commit()


def prepare_on_commit() -> None:
    """Send the task that prepares due pictures after the commit. A scheduled run finds pictures whose task was lost."""
    transaction.on_commit(_send_task, robust=True)


def _send_task() -> None:
    current_app.send_task("articles.prepare_pictures", retry=False)


def apply_description(media: Media, image: LeadImage) -> Media:
    """Set the media's description and address to those of a source's picture, unsaved.

    A picture at another address is another picture: the row's file is cleared, and a worker fetches the new one.
    Media that another article also shows becomes a new row, so that the other article does not change.
    """
    if media.pk and _is_shared(media):
        media.pk, media._state.adding = None, True
    for name in DESCRIPTION_FIELDS:
        setattr(media, name, getattr(image, name))
    if image.url != media.source_url:
        _clear_file(media)
        media.source_url = image.url
        media.due_at = timezone.now() if image.is_remote else None
    return media


def _is_shared(media: Media) -> bool:
    articles = Article.objects.filter(lead_image=media)
    return articles[1:2].exists() or ArticleMedia.objects.filter(media=media).exists()


def articles_that_show(media: Media) -> ArticleQuerySet:
    shows = Q(lead_image=media) | Q(media_links__media=media)
    return Article.objects.filter(pk__in=Article.objects.filter(shows).values("pk"))


def is_described(media: Media, image: Mapping[str, Any]) -> bool:
    """Whether `replace_description` would change nothing."""
    same_description = all(
        getattr(media, name) == image.get(name, "") for name in DESCRIPTION_FIELDS
    )
    same_file = image.get("source_url", media.source_url) == media.source_url
    point = image.get("focal_point", {"x": media.focal_x, "y": media.focal_y})
    same_point = (point["x"], point["y"]) == (media.focal_x, media.focal_y)
    same_row = image.get("media", media.pk) == media.pk
    return same_description and same_file and same_point and same_row


def replace_description(media: Media | None, image: Mapping[str, Any]) -> Media:
    """Create media with this description and the file of the former media.

    It is a new row, because another article may show the former one. `source_url` requests another file,
    `focal_point` other crops, `media` the file of that media where it still exists.
    """
    if "media" in image:
        media = Media.objects.filter(pk=image["media"]).first()
        if media and is_described(media, image):
            return media
    new = Media(**{name: image.get(name, "") for name in DESCRIPTION_FIELDS})
    if media:
        for name in (*FILE_FIELDS, "source_url", "focal_x", "focal_y", "copyright_notice"):
            setattr(new, name, getattr(media, name))
        new.due_at = media.due_at
    if "source_url" in image and image["source_url"] != new.source_url:
        _clear_file(new)
        new.source_url = image["source_url"]
        new.due_at = timezone.now() if new.source_url else None
    if point := image.get("focal_point"):
        new.focal_x, new.focal_y = point["x"], point["y"]
        new.due_at = timezone.now() if new.file else new.due_at
    new.save()
    if new.due_at:
        prepare_on_commit()
    return new


def _clear_file(media: Media) -> None:
    media.file = media.content_type = media.content_hash = ""
    media.byte_size = media.width = media.height = media.attempts = 0
    media.rendered, media.last_error = [], ""
    media.focal_x = media.focal_y = 0.5


def prepare_due(*, allowed: AllowedTargets = PUBLIC) -> int:
    """Fetch and render the pictures that are due; returns their number.

    Any number of workers may run it concurrently, and any may be killed: a worker claims a picture by moving its
    `due_at` forward, so that no row is locked while a remote server delays the answer. After ROUND_SECONDS it
    sends a task for the pictures that are left.
    """
    started, count = time.monotonic(), 0
    while media := _claim_due(timezone.now()):
        prepare(media, allowed=allowed)
        count += 1
        if time.monotonic() - started > ROUND_SECONDS:
            prepare_on_commit()
            break
    return count


@transaction.atomic
def _claim_due(now: datetime) -> Media | None:
    # Uses index: articles_media_due.
    due = Media.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    media = due.order_by("due_at").first()
    if media:
        media.attempts += 1
        # Counted before the work, so that a picture that crashes its worker does not do so for ever.
        media.due_at = now + LEASE if media.attempts < ATTEMPTS else None
        media.save(update_fields=["attempts", "due_at"])
    return media


def prepare(media: Media, *, allowed: AllowedTargets = PUBLIC) -> None:
    """Fetch the picture where it has no file, then make its renditions.

    Safe to repeat and to run twice concurrently: file names follow from the content, and the row is updated
    only where its file is still the one that was read. A failure is stored with the picture and retried later,
    except where the file is not a valid picture.
    """
    try:
        if not media.file and not _fetch(media, allowed):
            return
        _render(media)
    except images.InvalidPictureError as error:
        _give_up(media, f"The file {error}")
    except (FetchError, OSError) as error:
        _retry_later(media, str(error))


def _fetch(media: Media, allowed: AllowedTargets) -> bool:
    """Returns whether the media has the fetched file."""
    fetched = fetch(media.source_url, allowed=allowed, most_bytes=images.MAX_BYTES)
    picture = images.read_picture(fetched.content or b"")
    with transaction.atomic():
        current = Media.objects.select_for_update().filter(pk=media.pk).first()
        if current is None or current.file or current.source_url != media.source_url:
            return False  # the desk changed or deleted it meanwhile
        put_picture(current, picture)
        current.due_at = timezone.now() + LEASE  # still claimed: the renditions follow
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
    for picture in images.render(original, focal_x=media.focal_x, focal_y=media.focal_y):
        name = name_of(media.content_hash, picture.file_name)
        storage.save(name, ContentFile(picture.content))
        rendered.append(
            {
                "name": picture.name,
                "file": name,
                "content_type": picture.content_type,
                "width": picture.width,
                "height": picture.height,
                "byte_size": len(picture.content),
            }
        )
    unchanged = Media.objects.filter(
        pk=media.pk,
        content_hash=media.content_hash,
        focal_x=media.focal_x,
        focal_y=media.focal_y,
    )
    with transaction.atomic():
        if unchanged.update(rendered=rendered, due_at=None, attempts=0, last_error=""):
            _touch_articles(media)


def _touch_articles(media: Media) -> None:
    """Move the articles' `updated_at`: their pages and feeds have changed, though their versions have not."""
    articles = Article.objects.filter(Q(lead_image=media) | Q(media_links__media=media))
    Article.objects.filter(pk__in=articles.values("pk")).update(updated_at=timezone.now())


def _give_up(media: Media, text: str) -> None:
    log.warning("The picture %s was refused: %s", media.pk, text)
    _unchanged(media).update(due_at=None, last_error=text)


def _retry_later(media: Media, text: str) -> None:
    log.warning("The picture %s failed at attempt %s: %s", media.pk, media.attempts, text)
    delay = FIRST_RETRY * 2 ** max(media.attempts - 1, 0)
    due_at = timezone.now() + delay if media.attempts < ATTEMPTS else None
    _unchanged(media).update(due_at=due_at, last_error=text)


def _unchanged(media: Media) -> Any:
    return Media.objects.filter(
        pk=media.pk, source_url=media.source_url, content_hash=media.content_hash
    )
