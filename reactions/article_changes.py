"""Articles that changed: an edit or a transition may make their cached counts wrong, which contain the state.

An outbox says which: it is written in the transaction that changes the article, so a process that dies after its commit
leaves no killed article public.
"""

from collections.abc import Sequence
from uuid import UUID

from reactions.counting.cache_writer import write_counts
from reactions.sql import rows

# Articles refreshed by one statement.
_BATCH = 500


def note_article_change(article_id: UUID) -> None:
    """Say in the current transaction that it changes this article. Waits for nothing."""
    rows("note_article_change", {"article": article_id})


def refresh_changed(article_ids: Sequence[UUID]) -> None:
    """Give the counts of these articles a new version and write them to Redis, after the commit. Safe to repeat."""
    raised = rows("raise_count_versions", {"articles": list(article_ids)})
    write_counts([article_id for (article_id,) in raised])


def refresh_changed_articles() -> int:
    """Refresh what a process left that died after its commit; returns how many articles. Safe to repeat and to kill."""
    left = [article_id for (article_id,) in rows("list_article_changes", {"most": _BATCH})]
    if left:
        refresh_changed(left)
    return len(left)
