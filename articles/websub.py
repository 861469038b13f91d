"""Tells the WebSub hub that feeds have news, so that subscribers need not ask for it."""

import logging
from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import UUID

from celery import current_app

from articles.feeds import hub, list_topics
from articles.models import Article

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5


def announce(article_id: UUID) -> None:
    """Have a worker ping the hub. Raises where the broker is away, and does not wait for it."""
    if hub():
        current_app.send_task("articles.ping_hub", [str(article_id)], retry=False)


def ping(article_id: UUID) -> bool:
    """Name every feed of the story to the hub; whether the hub took it.

    Nothing is said without a hub, or of a story that never was in a feed.

    Safe to repeat: the hub fetches the feeds and finds no news. A failure is logged and left, for
    the next publication names the site's feeds again.
    """
    if not hub():
        return False
    stories = Article.objects.with_parts().with_authors().filter(first_published_at__isnull=False)
    article = stories.filter(pk=article_id).first()
    if article is None:
        return False
    told = urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in list_topics(article))])
    try:
        # S310: the operator's own setting decides where this goes.
        request = Request(hub(), data=told.encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return True
    except (OSError, ValueError, HTTPException) as error:
        logger.warning("The hub %s did not take the ping: %s", hub(), error)
        return False
