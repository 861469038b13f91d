"""Calls that name an article which was merged into another: they lead to the other one.

Only a call that finds the named article not public pays for the look-up.
"""

from collections.abc import Sequence
from uuid import UUID

from reactions.cache.merges import articles_merged_into, find_merge, follow_merges
from reactions.counts import Answer, list_answers
from reactions.group_commit import group_commit
from reactions.http.requests import article_id_at
from reactions.moderation.signals import read_signals
from reactions.move import move_own
from reactions.readers import HasReader
from reactions.record import Change, ReactionRefused, Write, list_mine


def current_answers(article_ids: Sequence[UUID | None]) -> list[Answer | None]:
    """The answer for each of these articles, in their order; that of the other one where it was merged."""
    answers = list_answers(article_ids)
    gone = [
        article_id
        for article_id, answer in zip(article_ids, answers, strict=True)
        if article_id and (answer is None or answer.state == "missing")
    ]
    into = follow_merges(gone) if gone else {}
    if not into:
        return answers
    return list_answers([into.get(each, each) if each else None for each in article_ids])


def current_mine(
    article_ids: Sequence[UUID], reader_id: UUID | None
) -> dict[UUID, tuple[UUID, int]]:
    """By article named: the article that it leads to, and what the reader chose on it. One that is not shown is left out."""
    kinds = list_mine(article_ids=article_ids, reader_id=reader_id)
    found = {each: (each, kinds[each]) for each in article_ids if each in kinds}
    gone = [each for each in article_ids if each not in kinds]
    if into := follow_merges(gone) if gone else {}:
        further = list_mine(article_ids=list(into.values()), reader_id=reader_id)
        found |= {each: (to, further[to]) for each, to in into.items() if to in further}
    return found


def set_on_current(
    request: HasReader,
    *,
    article_id: UUID,
    reader_id: UUID,
    kinds: int,
    has_page_token: bool = False,
) -> Change:
    """Set a reader's reactions to an article, or to that which it was merged into. Raises as `group_commit.set` does.

    A reader who takes back what is not moved there yet takes it back all the same.
    """
    signals = read_signals(request, article_id=article_id, has_page_token=has_page_token)
    try:
        return _set(Write(article_id, reader_id, kinds, signals))
    except ReactionRefused as refused:
        into_id = find_merge(article_id) if refused.reason == "missing" else None
        if into_id is None:
            raise
    signals = read_signals(request, article_id=into_id, has_page_token=signals.has_page_token)
    return _set(Write(into_id, reader_id, kinds, signals))


def _set(write: Write) -> Change:
    change = group_commit.set(write)
    if write.kinds or change.changed:
        return change
    merged = articles_merged_into(write.article_id)
    if merged and move_own(article_ids=merged, into_id=write.article_id, reader_id=write.reader_id):
        return group_commit.set(write)
    return change


def current_article_id_at(address: str) -> UUID:
    """The id of the article that a UUID or slug leads to. Raises NotFound."""
    article_id = article_id_at(address)
    return follow_merges([article_id]).get(article_id, article_id)
