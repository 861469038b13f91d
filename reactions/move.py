"""Moves reactions: to another article, where two are merged, or to another reader, where a guest signs in.

Each batch is a transaction of its own. What a killed process did not reach is where it was, so that the next call goes
on from there. Readers may react and workers may aggregate meanwhile: counts follow by aggregation alone.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import Error, connection, transaction

from reactions.counting.aggregate import measure_backlog
from reactions.models import Reaction
from reactions.sql import row, rows
from reactions.sql.errors import Failure, failure_of

# Rows moved in one transaction, at 8,000 a second: a reader who changes one of them meanwhile waits so long.
BATCH = 1_000
# Shorter than PostgreSQL waits before it looks for a deadlock, so that no reader's action is what is cancelled.
_LOCK_MILLISECONDS = 500
_TRIES = 10
_WITHOUT_ROWS = ("move_waves", "merge_imported_counts", "move_views")
_PAUSE_SECONDS = 0.05

# Merges that one call looks up at a time.
_MOST_MERGES = 200
# Outbox entries beyond which a big article waits: aggregation counts as many in a second.
_MOST_WAITING = 40_000

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Row:
    """The row of a reader on an article, by its key."""

    article_id: UUID
    reader_id: UUID


def merge_reactions(*, article_id: UUID, into_id: UUID) -> int:
    """Move all reactions of an article to another one; returns how many rows moved. Imported counts are added there.

    A reader who has reacted on both keeps the newest choice that is not empty, and counts once. Safe to repeat, and to
    be killed. Raises OperationalError where another transaction holds a row for long; what was moved by then stays so.
    """
    moved, after, any_found = 0, None, False
    while True:
        batch = retried(partial(merge_batch, article_id=article_id, into_id=into_id, after=after))
        moved, after = moved + batch.moved, batch.last
        any_found |= batch.found > 0
        if after is None and not any_found:
            break
        if after is None:  # from the first row on, for one that was left or came meanwhile
            any_found = False
    for name in _WITHOUT_ROWS:
        retried(partial(_move_the_rest, name, article_id, into_id))
    return moved


@dataclass(frozen=True, slots=True)
class MergedBatch:
    """What one batch did: the rows that it found and that it moved; the reader of its last row where more may follow."""

    found: int
    moved: int
    last: UUID | None


def merge_batch(
    *,
    article_id: UUID,
    into_id: UUID,
    merged_at: datetime | None = None,
    after: UUID | None = None,
    most: int = BATCH,
) -> MergedBatch:
    """Move the next rows of an article to another one, behind those of the reader `after`, in one transaction.

    What a reader took back on the other one after `merged_at` stays taken back. A row that is being added to the other
    article meanwhile is left to a later call.
    """
    with transaction.atomic():
        rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
        of_article = Reaction.objects.filter(article_id=article_id, erased=False)
        following = of_article.filter(reader_id__gt=after) if after else of_article
        readers = list(following.order_by("reader_id").values_list("reader_id", flat=True)[:most])
        moved = _move(
            articles=[article_id, into_id],
            readers=readers,
            from_rows=[_Row(article_id, reader) for reader in readers],
            into_rows=[_Row(into_id, reader) for reader in readers],
            merged_at=merged_at,
        )
    return MergedBatch(len(readers), moved, readers[-1] if len(readers) == most else None)


def _move_the_rest(name: str, article_id: UUID, into_id: UUID) -> None:
    """What has no rows: one of _WITHOUT_ROWS, each in its own transaction, since an aggregation locks count
    versions before waves. Safe to repeat."""
    with transaction.atomic():
        rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
        rows(name, {"article": article_id, "into": into_id})


def note_merges(merges: Mapping[UUID, UUID]) -> None:
    """Note in the current transaction that these articles are merged into others: by article, the other one.

    From its commit on workers move the reactions (`settle_merges`), also those of readers who pressed before it.
    """
    rows("note_merges", {"articles": list(merges), "into": list(merges.values())})


def settle_merges(*, seconds: float) -> int:
    """Move what merges have left to move, for about so long; returns how many rows moved.

    Any number of processes may run it at once: each takes other merges. An article with many reactions is moved no faster
    than aggregation counts, so that other articles do not wait behind it.
    """
    deadline = time.monotonic() + seconds
    moved = 0
    while time.monotonic() < deadline and not _is_far_behind():
        left = [_Merge(*found) for found in rows("list_merges", {"most": _MOST_MERGES})]
        done = [each.move(deadline) for each in left]
        moved += sum(each for each in done if each)
        if all(each is None for each in done):
            break
    rows("settle_merges")
    return moved


def _is_far_behind() -> bool:
    return measure_backlog().outbox_entries > _MOST_WAITING


@dataclass(frozen=True, slots=True)
class _Merge:
    """A merge, and what of the merged article is left to be moved."""

    article_id: UUID
    has_rows: bool
    has_waves: bool
    has_imported_counts: bool
    has_views: bool

    def move(self, deadline: float) -> int | None:
        """The rows moved; None where the time is over, or another worker or a reader holds something of it."""
        try:
            moved = self._move_rows(deadline) if self.has_rows else 0
            if moved is not None and self.has_waves:
                self._move_the_rest("move_waves")
            if moved is not None and self.has_imported_counts:
                self._move_the_rest("merge_imported_counts")
            if moved is not None and self.has_views:
                self._move_the_rest("move_views")
        except Error as error:
            if failure_of(error) is not Failure.BUSY:
                raise
            logger.info("A part of the merge of %s waits a second: %s", self.article_id, error)
            return None
        return moved

    def _move_rows(self, deadline: float) -> int | None:
        moved, after = 0, None
        while time.monotonic() < deadline and (after is None or not _is_far_behind()):
            with _locked_merge(self.article_id) as found:
                if found is None:
                    return None
                into_id, merged_at = found
                batch = merge_batch(
                    article_id=self.article_id, into_id=into_id, merged_at=merged_at, after=after
                )
            moved, after = moved + batch.moved, batch.last
            if after is None:
                return moved
        return None

    def _move_the_rest(self, name: str) -> None:
        with _locked_merge(self.article_id) as found:
            if found is not None:
                _move_the_rest(name, self.article_id, found[0])


@contextmanager
def _locked_merge(article_id: UUID) -> Iterator[tuple[UUID, datetime] | None]:
    """A transaction in which the merge leads nowhere else: where it leads, and since when.

    None where another worker holds it.
    """
    with transaction.atomic():
        yield row("lock_merge", {"article": article_id})


def move_own(*, article_ids: Sequence[UUID], into_id: UUID, reader_id: UUID) -> int:
    """Move what one reader has on articles that were merged into another, before its turn; returns how many rows."""
    of_reader = Reaction.objects.filter(article_id__in=article_ids, reader_id=reader_id)
    moved = 0
    for article_id in of_reader.values_list("article_id", flat=True):
        with transaction.atomic():
            rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
            moved += _move(
                articles=[article_id, into_id],
                readers=[reader_id],
                from_rows=[_Row(article_id, reader_id)],
                into_rows=[_Row(into_id, reader_id)],
            )
    return moved


def adopt_reactions(*, guest_id: UUID, account_id: UUID) -> int:
    """Move all reactions of one reader to another; returns how many rows moved. The first has none from then on.

    On an article on which both have reacted the newest choice that is not empty stays, and counts once. Safe to repeat,
    and to be killed. Raises OperationalError where another transaction holds a row for long.
    """
    moved = 0
    while guest_id != account_id:
        found, here = retried(partial(_adopt_batch, guest_id, account_id))
        moved += here
        if not found:
            break
    return moved


def _adopt_batch(guest_id: UUID, account_id: UUID) -> tuple[int, int]:
    """The rows found, and those of them that were moved."""
    with transaction.atomic():
        rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
        of_guest = Reaction.objects.filter(reader_id=guest_id).order_by("article_id")
        articles = list(of_guest.values_list("article_id", flat=True)[:BATCH])
        moved = _move(
            articles=articles,
            readers=[guest_id, account_id],
            from_rows=[_Row(article, guest_id) for article in articles],
            into_rows=[_Row(article, account_id) for article in articles],
        )
    return len(articles), moved


def _move(
    *,
    articles: Sequence[UUID],
    readers: Sequence[UUID],
    from_rows: Sequence[_Row],
    into_rows: Sequence[_Row],
    merged_at: datetime | None = None,
) -> int:
    """Move each of `from_rows` that is there to its place in `into_rows`; returns how many. In the caller's transaction.

    `articles` and `readers` are those of all these rows.
    """
    if not from_rows:
        return 0
    locked = {_Row(*key) for key in rows("lock_rows", {"articles": articles, "readers": readers})}
    pairs = [
        (source, target)
        for source, target in zip(from_rows, into_rows, strict=True)
        if source in locked
    ]
    found = rows(
        "move_reactions",
        {
            "articles": [source.article_id for source, _ in pairs],
            "readers": [source.reader_id for source, _ in pairs],
            "into_articles": [target.article_id for _, target in pairs],
            "into_readers": [target.reader_id for _, target in pairs],
            "have_targets": [target in locked for _, target in pairs],
            "merged_at": merged_at,
        },
        unprepared=True,  # the outbox may have been empty when a plan was made
    )
    sizes = dict(found)
    if waves := [wave_id for wave_id in sizes if wave_id is not None]:
        rows("shrink_waves", {"waves": waves, "sizes": [sizes[each] for each in waves]})
    return sum(sizes.values())


def retried(act: Callable[[], Result]) -> Result:
    """The result of a transaction, tried again where another one holds a row. Raises what the last try raised."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except Error as error:
            if failure_of(error) is not Failure.BUSY or connection.in_atomic_block:
                raise
        time.sleep(_PAUSE_SECONDS * random.random())  # noqa: S311  # no secret
    return act()
