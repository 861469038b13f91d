"""The files of pictures in the storage: their names, the lock on one content, and deletion of unused files."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from articles.models import Article, Media
from articles.storage import picture_storage

GRACE = timedelta(
    days=1
)  # a file without a row may be about to get one, or be in a page that a cache holds

FOLDER = "pictures"
# Matches exactly what `name_of` returns, so that no other file is ever served.
FILE_NAME = re.compile(r"pictures/[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-z-]{1,60}\.(?:jpg|png|webp)")


def name_of(digest: str, file_name: str) -> str:
    """The name of a file in the storage. It changes with the content, so that caches may keep the file for ever."""
    return f"{FOLDER}/{digest[:2]}/{digest}/{file_name}"


def lock_content(digest: str) -> None:
    """Until the transaction ends, excludes others that write or delete the files of this content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def delete_unused_files(*, now: datetime | None = None) -> int:
    """Delete the files that no picture and no article's text refers to, a day after they were written; returns their number.

    A rolled back transaction, a killed worker, a deleted picture and a former focal point leave such files.
    Safe to repeat, and to run while pictures are stored.
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
                count += _delete_unused(digest, old)
    return count


def _folders(path: str) -> Sequence[str]:
    try:
        return picture_storage().listdir(path)[0]
    except FileNotFoundError:  # no picture was stored yet
        return []


@transaction.atomic
def _delete_unused(digest: str, names: Sequence[str]) -> int:
    lock_content(digest)
    used: set[str] = set()
    # Uses index: articles_media_by_hash.
    for file, rendered in Media.objects.filter(content_hash=digest).values_list("file", "rendered"):
        used |= {file, *(each["file"] for each in rendered)}
    unused = [name for name in names if name not in used]
    if unused:
        # Texts are read only where there is something to delete: a few files a day.
        bodies = Article.objects.filter(body_html__contains=f"/{digest}/")
        texts = list(bodies.values_list("body_html", flat=True))
        unused = [name for name in unused if not any(name in text for text in texts)]
    for name in unused:
        picture_storage().delete(name)
    return len(unused)
