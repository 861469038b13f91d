"""Pings the WebSub hub when feeds have changed, so that subscribers need not poll them."""

import logging
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import UUID

from celery import current_app
from django.db import connection, transaction

from articles.models import Article
from articles.syndication.feeds import hub_url, list_topics

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
TOO_MANY_REQUESTS = 429


class HubUnavailableError(Exception):
    """The hub did not accept the ping; the same ping may succeed later."""


class _Batch:
    """The articles that one transaction changed."""

    def __init__(self, article_ids: Iterable[UUID]) -> None:
        self.article_ids = dict.fromkeys(article_ids)

    def send(self) -> None:
        ids = [str(article_id) for article_id in self.article_ids]
        current_app.send_task("articles.ping_hub", [ids], retry=False)


def announce_on_commit(article_ids: Iterable[UUID]) -> None:
    """Send a task that pings the hub after the commit: one, however many articles the transaction changes.

    Where the broker is unreachable, the ping is lost and the commit is kept.
    """
    article_ids = list(article_ids)
    if not hub_url() or not article_ids:
        return
    if batch := _open_batch():
        batch.article_ids |= dict.fromkeys(article_ids)
    else:
        transaction.on_commit(_Batch(article_ids).send, robust=True)


def _open_batch() -> _Batch | None:
    """The batch of the current transaction, if it has one.

    A rollback to a savepoint drops the callbacks registered in it. A batch that is still registered belongs to
    this savepoint or to an outer one: whatever drops the batch also rolls back the changes added to it.
    """
    for _, callback, *_ in connection.run_on_commit:
        batch = getattr(callback, "__self__", None)
        if isinstance(batch, _Batch):
            return batch
    return None


def ping(article_ids: Sequence[UUID]) -> bool:
    """Send the URLs of every feed of the articles to the hub in one request; True where it accepts them.

    Sends nothing without a hub, or for articles that were never published. Safe to repeat: the hub fetches the
    feeds and finds no change. Logs a refusal; raises HubUnavailableError, logged too, where the same request may
    succeed later.
    """
    topics = _topics(article_ids) if hub_url() else []
    if not topics:
        return False
    form = urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in topics)])
    try:
        # S310: the URL is the operator's own setting.
        request = Request(hub_url(), data=form.encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return True
    except (OSError, ValueError, HTTPException) as error:
        logger.warning("The hub %s did not accept the ping: %s", hub_url(), error)
        if _is_temporary(error):
            raise HubUnavailableError(str(error)) from None
        return False


def _topics(article_ids: Sequence[UUID]) -> list[str]:
    articles = Article.objects.with_parts().with_authors().filter(first_published_at__isnull=False)
    found = articles.filter(pk__in=article_ids).order_by("pk")
    return list(dict.fromkeys(topic for article in found for topic in list_topics(article)))


def _is_temporary(error: Exception) -> bool:
    """Whether the same ping may succeed later: a 4xx other than 429 is the hub's final answer."""
    if isinstance(error, HTTPError):
        error.close()  # the error is the response, and holds the connection
        return error.code >= 500 or error.code == TOO_MANY_REQUESTS
    return not isinstance(error, ValueError)
