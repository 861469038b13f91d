"""Calls that name an article which was merged into another: they lead to the other one.

Only a call that finds the named article not public pays for the look-up.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import OperationalError

from reactions.cache.merges import find_merge, find_merged, follow_merges
from reactions.counts import Answer, list_answers
from reactions.group_commit import group_commit
from reactions.http.requests import article_id_at
from reactions.moderation.signals import read_signals
from reactions.move import move_own
from reactions.readers import HasReader
from reactions.record import Change, ReactionRefused, Write, list_mine

# The other article may itself be merged between two look-ups.
_MOST_STEPS = 4


def current_answers(article_ids: Sequence[UUID | None]) -> list[Answer | None]:
    """The answer for each of these articles, in their order; that of the other one where it was merged."""
    return _follow(article_ids)[0]


def current_shown(article_id: UUID) -> UUID | None:
    """The article that this one leads to; None where readers see no reactions of it.

    Raises OperationalError where neither Redis nor PostgreSQL can be asked.
    """
    (answer,), (current,) = _follow([article_id])
    if answer and not answer.is_known:
        raise OperationalError("Nothing can be asked whether readers see this article.")
    return current if answer and answer.is_shown else None


def _follow(
    article_ids: Sequence[UUID | None],
) -> tuple[list[Answer | None], list[UUID | None]]:
    """The answers, and the articles that they are of."""
    current = list(article_ids)
    for _ in range(_MOST_STEPS):
        answers = list_answers(current)
        gone = [
            article_id
            for article_id, answer in zip(current, answers, strict=True)
            if article_id and (answer is None or answer.state == "missing")
        ]
        into = follow_merges(gone) if gone else {}
        if not into:
            break
        current = [into.get(each, each) if each else None for each in current]
    return answers, current


def current_mine(
    article_ids: Sequence[UUID], reader_id: UUID | None
) -> dict[UUID, tuple[UUID, int]]:
    """By article named: the article that it leads to, and what the reader chose on it. One that is not shown is left out."""
    current = {each: each for each in article_ids}
    for _ in range(_MOST_STEPS):
        kinds = list_mine(article_ids=list(current.values()), reader_id=reader_id)
        gone = [each for each in current.values() if each not in kinds]
        into = follow_merges(gone) if gone else {}
        if not into:
            break
        current = {named: into.get(each, each) for named, each in current.items()}
    return {named: (each, kinds[each]) for named, each in current.items() if each in kinds}


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
    for _ in range(_MOST_STEPS):
        signals = read_signals(request, article_id=article_id, has_page_token=has_page_token)
        try:
            return _set(Write(article_id, reader_id, kinds, signals))
        except ReactionRefused as refused:
            into_id = find_merge(article_id) if refused.reason == "missing" else None
            if into_id is None:
                raise
        article_id, has_page_token = into_id, signals.has_page_token
    raise ReactionRefused("missing")


def _set(write: Write) -> Change:
    change = group_commit.set(write)
    if write.kinds or change.changed:
        return change
    merged = find_merged(write.article_id)
    if merged and move_own(article_ids=merged, into_id=write.article_id, reader_id=write.reader_id):
        return group_commit.set(write)
    return change


def current_article_id_at(address: str) -> UUID:
    """The id of the article that a UUID or slug leads to. Raises NotFound."""
    article_id = article_id_at(address)
    return follow_merges([article_id]).get(article_id, article_id)
