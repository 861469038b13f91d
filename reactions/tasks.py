"""The Celery tasks of reactions: each is a name around a function or two."""

from celery import shared_task
from django.db import Error, InternalError, OperationalError

from reactions.alerts.raising import raise_alerts
from reactions.alerts.reports import delete_old_reports, make_reports
from reactions.alerts.sending import send_messages
from reactions.article_changes import refresh_changed_articles
from reactions.changes.numbering import forget_tombstones
from reactions.counting.cache_writer import notice_old_redis, rewrite_counts
from reactions.counting.reconcile import reconcile
from reactions.counting.rounds import aggregate_in_rounds
from reactions.default_policies import refresh_articles
from reactions.moderation.client_network import purge_networks
from reactions.move import settle_merges
from reactions.page_views import copy_views
from reactions.sql import row
from reactions.stats.days import sum_days
from reactions.stats.pace import refresh_pace
from reactions.stats.site_buckets import sum_site_buckets
from reactions.webhooks.deliveries import delete_old_deliveries

# As of what beat sends: a message that no worker received meanwhile is dropped.
_EXPIRES_SECONDS = 600
# Shorter than a second, after which the next one is sent.
_SETTLE_SECONDS = 0.8


@shared_task(name="reactions.aggregate", autoretry_for=(), throws=(OperationalError, InternalError))
def aggregate_task() -> None:
    """Counts what readers did and writes the counts to Redis, every AGGREGATION_INTERVAL for a second.

    Part of `newsroom.every_second`; a worker that misses it sends itself this one. Twice, late or not at all is
    harmless, so a run that finds PostgreSQL unreachable is not retried.
    """
    aggregate_in_rounds()


@shared_task(name="reactions.reconcile", time_limit=3_600)
def reconcile_task() -> None:
    """Measures drift and repairs it. Scheduled once a day; drift is logged as an error."""
    reconcile()


@shared_task(name="reactions.purge_networks")
def purge_networks_task() -> None:
    """Deletes the hashes of networks of two days ago. Scheduled twice an hour; may be repeated."""
    purge_networks()


@shared_task(
    name="reactions.refresh_articles", autoretry_for=(), throws=(OperationalError, InternalError)
)
def refresh_articles_task() -> None:
    """Refreshes the cached counts of articles that changed, or whose default policy did, or that Redis lost.

    Sent every second while there is something to refresh; any number at once.
    """
    refresh_cached_counts()


@shared_task(
    name="reactions.settle_merges", autoretry_for=(), throws=(OperationalError, InternalError)
)
def settle_merges_task() -> None:
    """Moves what merged articles have left to move. Sent every second while there is a recent merge; any number at once."""
    settle_merges(seconds=_SETTLE_SECONDS)


@shared_task(name="reactions.sum_buckets")
def sum_buckets_task() -> None:
    """Adds up the buckets of sections, and of days that are over. Scheduled every minute; any number at once."""
    sum_site_buckets()
    sum_days()


@shared_task(
    name="reactions.copy_views", autoretry_for=(), throws=(OperationalError, InternalError)
)
def copy_views_task() -> None:
    """Copies views from Redis to PostgreSQL. Scheduled every minute; any number at once, and to be killed."""
    copy_views()


@shared_task(name="reactions.refresh_pace")
def refresh_pace_task() -> None:
    """Rebuilds the pace of articles where it is an hour old. Scheduled every ten minutes; any number at once."""
    refresh_pace()


@shared_task(name="reactions.raise_alerts")
def raise_alerts_task() -> None:
    """Evaluates the alert rules. Scheduled every minute; any number at once: one evaluates."""
    raise_alerts()


@shared_task(name="reactions.make_reports")
def make_reports_task() -> None:
    """Makes the reports that are due. Scheduled every minute; any number at once: each is made once."""
    make_reports()


@shared_task(name="reactions.delete_old_reports")
def delete_old_reports_task() -> None:
    """Deletes reports of more than 90 days ago. Scheduled once a day; may be repeated."""
    delete_old_reports()


@shared_task(name="reactions.forget_tombstones")
def forget_tombstones_task() -> None:
    """Deletes from the change feed what has been gone for 30 days, and webhooks' deliveries of so long ago.

    Scheduled once a day; may be repeated.
    """
    forget_tombstones()
    delete_old_deliveries()


@shared_task(name="reactions.send_messages")
def send_messages_task() -> None:
    """Sends the alerts and reports that wait. Scheduled every minute; any number at once: each message has one sender."""
    send_messages()


def refresh_cached_counts() -> None:
    """Refresh the cached counts of articles that changed, or whose default policy did, or that Redis lost.

    One that fails does not stop the others; the first error is raised in the end.
    """
    errors = []
    for refresh in (refresh_changed_articles, refresh_articles, rewrite_counts):
        try:
            refresh()
        except Error as error:
            errors.append(error)
    if errors:
        raise errors[0]


def request_refresh() -> None:
    """Send the refresh to the workers where one waits, or where Redis came back old. Raises kombu's OperationalError."""
    notice_old_redis()
    if row("has_refreshes") == (True,):
        refresh_articles_task.apply_async(expires=_EXPIRES_SECONDS)


def request_settling() -> None:
    """Send the moves of merged articles to the workers where there is a recent merge. Raises kombu's OperationalError."""
    if row("has_merges") == (True,):
        settle_merges_task.apply_async(expires=_EXPIRES_SECONDS)
