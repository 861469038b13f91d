"""Celery's door: each task is a name around a function."""

from uuid import UUID

from celery import shared_task
from django.db import OperationalError

from articles import workflow
from articles.api import idempotency
from articles.ingest import polling
from articles.media import pictures
from articles.syndication import websub


@shared_task(name="articles.publish_due", autoretry_for=(), throws=(OperationalError,))
def publish_due() -> None:
    """Publishes articles whose time has come, and takes off those whose time is over. Every second.

    Twice, late or not at all is harmless, so a tick that finds PostgreSQL away is not repeated.
    """
    workflow.publish_due()


@shared_task(name="articles.purge_answers", autoretry_for=(), throws=(OperationalError,))
def purge_answers() -> None:
    """Deletes the answers kept for Idempotency-Key that are older than a day. Once a day."""
    idempotency.purge_answers()


@shared_task(name="articles.poll_feeds", autoretry_for=(), throws=(OperationalError,))
def poll_feeds() -> None:
    """Asks the feeds whose time has come for new articles. Every minute; any number at once."""
    polling.poll_due()


@shared_task(
    name="articles.ping_hub",
    autoretry_for=(websub.HubAway,),
    throws=(websub.HubAway,),
    max_retries=4,
    retry_backoff=10,  # seconds, doubled each time
    retry_backoff_max=80,  # below the broker's visibility timeout, after which it would come twice
)
def ping_hub(article_ids: list[str]) -> None:
    """Tells the WebSub hub that the feeds of some articles have changed. After each transaction.

    Twice is harmless. A hub that is away is asked four times more within three minutes; after that
    the next publication names the site's feeds again.
    """
    websub.ping([UUID(article_id) for article_id in article_ids])


@shared_task(name="articles.prepare_pictures", autoretry_for=(), throws=(OperationalError,))
def prepare_pictures() -> None:
    """Fetches and renders the pictures that wait. After a picture comes in, and every minute.

    Twice, late or killed half-way is harmless; any number may run at once.
    """
    pictures.prepare_due()


@shared_task(name="articles.delete_unused_files", autoretry_for=(), throws=(OperationalError,))
def delete_unused_files() -> None:
    """Deletes files that no picture names any more. Once a day."""
    pictures.delete_unused_files()
