"""Articles that changed: an edit or a transition may make their cached counts wrong, which contain the state.

An outbox says which: it is written in the transaction that changes the article, so a process that dies after its commit
leaves no killed article public.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import Error, transaction

from reactions.counting.cache_writer import write_counts
from reactions.sql import rows
from reactions.sql.errors import Failure, failure_of

# Articles refreshed by one statement.
_BATCH = 500
_LOCK_MILLISECONDS = 100


def note_article_change(*article_ids: UUID) -> None:
    """Say in the current transaction that it changes these articles. Waits for nothing."""
    rows("note_article_changes", {"articles": list(article_ids)})


def refresh_changed(article_ids: Sequence[UUID]) -> None:
    """Give the counts of these articles a new version and write them to Redis, after the commit. Safe to repeat.

    An article whose count version another transaction holds is left to the worker's next round.
    """
    write_counts(_raise(article_ids))


def _raise(article_ids: Sequence[UUID]) -> list[UUID]:
    try:
        with transaction.atomic():
            rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
            raised = rows("raise_count_versions", {"articles": list(article_ids)})
    except Error as error:
        if failure_of(error) is not Failure.BUSY:
            raise
        # One that another transaction is creating: the others do not wait for it.
        halves = _halves(article_ids) if len(article_ids) > 1 else []
        return [article_id for half in halves for article_id in _raise(half)]
    return [article_id for (article_id,) in raised]


def _halves(article_ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    middle = len(article_ids) // 2
    return [article_ids[:middle], article_ids[middle:]]


def refresh_changed_articles() -> int:
    """Refresh what a process left that died after its commit; returns how many articles. Safe to repeat and to kill."""
    left = [article_id for (article_id,) in rows("list_article_changes", {"most": _BATCH})]
    if left:
        refresh_changed(left)
    return len(left)
