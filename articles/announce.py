"""Announces a change of an article: to the reaction hooks, then to the subscribers of feeds."""

from uuid import UUID

from django.db import transaction

from articles.hooks import reaction_hooks
from articles.syndication import websub


def announce(article_id: UUID) -> None:
    """After the commit, have reaction counts refreshed and subscribers notified.

    A failure then is logged and does not undo the change of the article. Must run in the transaction of the change,
    after its statements.
    """
    reaction_hooks().article_changes(article_id)

    def notify() -> None:  # a function, for Django logs the failure of one by its name
        reaction_hooks().article_changed(article_id)

    transaction.on_commit(notify, robust=True)
    websub.announce_on_commit([article_id])
