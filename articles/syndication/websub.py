"""Tells the WebSub hub that feeds have news, so that subscribers need not ask for it."""

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
from articles.syndication.feeds import hub, list_topics

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
TOO_MANY_REQUESTS = 429


class HubAway(Exception):
    """The hub did not take the ping, and may take it later."""


class _Batch:
    """The articles that one transaction changed."""

    def __init__(self, article_ids: Iterable[UUID]) -> None:
        self.article_ids = dict.fromkeys(article_ids)

    def send(self) -> None:
        names = [str(article_id) for article_id in self.article_ids]
        current_app.send_task("articles.ping_hub", [names], retry=False)


def announce_on_commit(article_ids: Iterable[UUID]) -> None:
    """Have a worker ping the hub after the commit: once, however many articles the transaction changes.

    Where the broker is away the ping is lost, and the commit is not.
    """
    article_ids = list(article_ids)
    if not hub() or not article_ids:
        return
    if batch := _open_batch():
        batch.article_ids |= dict.fromkeys(article_ids)
    else:
        transaction.on_commit(_Batch(article_ids).send, robust=True)


def _open_batch() -> _Batch | None:
    """The running transaction's.

    A savepoint that is undone takes along what was begun in it; every savepoint that is open now
    holds us as well, so that what is added is never lost alone.
    """
    for _, act, *_ in connection.run_on_commit:
        batch = getattr(act, "__self__", None)
        if isinstance(batch, _Batch):
            return batch
    return None


def ping(article_ids: Sequence[UUID]) -> bool:
    """Name every feed of the articles to the hub in one request; whether it took it.

    Nothing is said without a hub, or of articles that never were in a feed. Safe to repeat: the hub
    fetches the feeds and finds no news. What the hub refuses is logged; raises HubAway, logged too,
    where it may take the same later.
    """
    topics = _topics(article_ids) if hub() else []
    if not topics:
        return False
    told = urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in topics)])
    try:
        # S310: the operator's own setting decides where this goes.
        request = Request(hub(), data=told.encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return True
    except (OSError, ValueError, HTTPException) as error:
        logger.warning("The hub %s did not take the ping: %s", hub(), error)
        if _may_pass(error):
            raise HubAway(str(error)) from None
        return False


def _topics(article_ids: Sequence[UUID]) -> list[str]:
    articles = Article.objects.with_parts().with_authors().filter(first_published_at__isnull=False)
    found = articles.filter(pk__in=article_ids).order_by("pk")
    return list(dict.fromkeys(topic for article in found for topic in list_topics(article)))


def _may_pass(error: Exception) -> bool:
    """Whether the same ping may be taken later: a hub that says 4xx has made up its mind."""
    if isinstance(error, HTTPError):
        error.close()  # it is the answer, and holds the connection
        return error.code >= 500 or error.code == TOO_MANY_REQUESTS
    return not isinstance(error, ValueError)
