"""The Celery tasks of articles: each is a name and a retry policy around a function."""

from uuid import UUID

from celery import shared_task
from django.db import InternalError, OperationalError

from articles import audit, sealed, workflow
from articles.api import idempotency
from articles.ingest import polling
from articles.media import cards, files, pictures
from articles.sites import sightings
from articles.syndication import websub

# As of what beat sends: a message that no worker received meanwhile is dropped.
_EXPIRES_SECONDS = 600


@shared_task(
    name="articles.publish_due", autoretry_for=(), throws=(OperationalError, InternalError)
)
def publish_due() -> None:
    """Publishes scheduled articles that are due, and unpublishes expired ones.

    `newsroom.every_second` does the same; this is for a program that wants it sooner. May run twice, late or not at
    all, so a run that finds PostgreSQL unreachable is not retried.
    """
    workflow.publish_due()


@shared_task(
    name="articles.purge_answers", autoretry_for=(), throws=(OperationalError, InternalError)
)
def purge_answers() -> None:
    """Deletes answers stored for an Idempotency-Key more than a day ago. Once a day."""
    idempotency.purge_answers()


@shared_task(name="articles.poll_feeds", autoretry_for=(), throws=(OperationalError, InternalError))
def poll_feeds() -> None:
    """Fetches the feeds that are due and ingests their articles. Every minute; any number may run concurrently."""
    polling.poll_due()


@shared_task(
    name="articles.ping_hub",
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=(websub.HubUnavailableError,),
    throws=(websub.HubUnavailableError,),
    max_retries=4,
    retry_backoff=10,  # seconds, doubled each time
    retry_backoff_max=80,  # below the broker's visibility timeout, after which it would be delivered twice
)
def ping_hub(article_ids: list[str]) -> None:
    """Pings the WebSub hub for the feeds of some articles. After each transaction that publishes or edits.

    May run twice. Where the hub is unavailable, the task retries four times within three minutes; after that
    the next publication pings for the site's feeds again.
    """
    websub.ping([UUID(article_id) for article_id in article_ids])


@shared_task(
    name="articles.prepare_pictures", autoretry_for=(), throws=(OperationalError, InternalError)
)
def prepare_pictures() -> None:
    """Fetches pictures that are due and makes their renditions. After a picture is stored, and every minute.

    May run twice or late, or be killed half-way; any number may run concurrently.
    """
    pictures.prepare_due()


@shared_task(
    name="articles.delete_unused_files", autoretry_for=(), throws=(OperationalError, InternalError)
)
def delete_unused_files() -> None:
    """Deletes files that no picture refers to any more, and old cards. Once a day."""
    files.delete_unused_files()
    cards.delete_old_cards()


@shared_task(
    name="articles.verify_sightings", autoretry_for=(), throws=(OperationalError, InternalError)
)
def verify_sightings() -> None:
    """Fetches pages of sites that were seen for the first time, and registers them. After each, and every minute.

    May run twice or late, or be killed half-way; any number may run concurrently.
    """
    if sightings.verify_due():
        verify_sightings.apply_async(expires=_EXPIRES_SECONDS)


@shared_task(
    name="articles.purge_sightings", autoretry_for=(), throws=(OperationalError, InternalError)
)
def purge_sightings() -> None:
    """Deletes pages that were refused a week ago. Once a day."""
    sightings.purge_sightings()


@shared_task(
    name="articles.purge_audit_log", autoretry_for=(), throws=(OperationalError, InternalError)
)
def purge_audit_log() -> None:
    """Deletes entries of the audit log that are older than AUDIT_LOG_DAYS. Once a day; safe to repeat."""
    audit.purge_audit_log()


@shared_task(
    name="articles.seal_secrets", autoretry_for=(), throws=(OperationalError, InternalError)
)
def seal_secrets() -> None:
    """Seals stored secrets with today's SECRET_KEY, after an upgrade or a new key. Once a day; safe to repeat."""
    sealed.seal_stored()
