"""Announces a change of an article: to the reaction hooks, then to the subscribers of feeds."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from articles.hooks import reaction_hooks
from articles.syndication import websub

# Articles of one transaction whose counts are refreshed by this process. Those of further ones a worker refreshes within
# a second or two, from what is noted in the transaction.
_MOST_REFRESHED = 20


def announce(article_id: UUID) -> None:
    """After the commit, have reaction counts refreshed and subscribers notified.

    A failure then is logged and does not undo the change of the article. Must run in the transaction of the change,
    after its statements.
    """
    announce_many([article_id])


def announce_many(article_ids: Sequence[UUID]) -> None:
    """The same for all articles that a transaction changes."""
    reaction_hooks().articles_change(article_ids)

    def notify() -> None:  # a function, for Django logs the failure of one by its name
        for article_id in article_ids[:_MOST_REFRESHED]:
            reaction_hooks().article_changed(article_id)

    transaction.on_commit(notify, robust=True)
    websub.announce_on_commit(article_ids)
