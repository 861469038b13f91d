"""Celery's door: each task is a name around a function."""

from celery import shared_task
from django.db import OperationalError

from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.default_policies import refresh_articles
from reactions.moderation.client_network import purge_networks


@shared_task(name="reactions.counting.aggregate", autoretry_for=(), throws=(OperationalError,))
def aggregate_task() -> None:
    """Counts and publishes whatever readers did. Run by beat on every tick of AGGREGATION_INTERVAL.

    Twice, late or not at all is harmless, so a tick that finds PostgreSQL away is not repeated.
    """
    aggregate()


@shared_task(name="reactions.counting.reconcile", time_limit=3_600)
def reconcile_task() -> None:
    """Measures drift and heals it. Run by beat once a day; what it finds is logged as an error."""
    reconcile()


@shared_task(name="reactions.purge_networks")
def purge_networks_task() -> None:
    """Forgets which networks reactions came from. Run by beat every hour; may be repeated."""
    purge_networks()


@shared_task(name="reactions.refresh_articles", autoretry_for=(), throws=(OperationalError,))
def refresh_articles_task() -> None:
    """Has the articles of changed presets told anew. Run by beat every second; any number at once."""
    refresh_articles()
