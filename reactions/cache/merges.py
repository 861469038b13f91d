"""Articles that were merged into others. Asked only where an article is not public, or a page token is of none."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import OperationalError

from reactions.cache.limits import public_read
from reactions.cache.local import LocalCache
from reactions.sql import row, rows


def follow_merges(article_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of these articles those that were merged, each with the other one.

    As of half a second ago; where PostgreSQL is unreachable, those that this process knows.
    """
    found = _into.get_many(list(dict.fromkeys(article_ids)))
    return {article_id: into_id for article_id, into_id in found.items() if into_id}


def find_merge(article_id: UUID) -> UUID | None:
    """The article that this one was merged into; None where it was not. Asks PostgreSQL; raises OperationalError."""
    found = row("merges_of", {"articles": [article_id]}, repeatable=True)
    return found[1] if found else None


def find_merged(article_id: UUID) -> list[UUID]:
    """The articles that were merged into this one, the last fifty. Asks PostgreSQL; raises OperationalError."""
    found = rows("merges_into", {"articles": [article_id]}, repeatable=True)
    return [merged for _, merged in found]


def articles_merged_into(article_id: UUID) -> tuple[UUID, ...]:
    """The articles that were merged into this one. None where PostgreSQL is unreachable."""
    return _merged.get_many([article_id]).get(article_id) or ()


def _read_into(article_ids: list[UUID]) -> Mapping[UUID, UUID | None]:
    try:
        with public_read():
            found = rows("merges_of", {"articles": article_ids}, repeatable=True)
    except OperationalError:
        return {}
    return dict.fromkeys(article_ids) | dict(found)


def _read_merged(article_ids: list[UUID]) -> Mapping[UUID, tuple[UUID, ...] | None]:
    try:
        with public_read():
            found = rows("merges_into", {"articles": article_ids}, repeatable=True)
    except OperationalError:
        return {}
    merged: dict[UUID, tuple[UUID, ...] | None] = dict.fromkeys(article_ids)
    for into_id, article_id in found:
        merged[into_id] = (*(merged[into_id] or ()), article_id)
    return merged


# Half a second: that long the page of an article that was merged may seem to be gone. An hour: an article that was merged
# once stays so.
_into = LocalCache[UUID, UUID](
    _read_into, max_entries=4_096, fresh_seconds=0.5, stale_seconds=3_600
)
_merged = LocalCache[UUID, tuple[UUID, ...]](
    _read_merged, max_entries=4_096, fresh_seconds=0.5, stale_seconds=3_600
)


def clear_merges() -> None:
    """Have the next caller read them again: after a merge in this process, and in tests."""
    _into.clear()
    _merged.clear()
