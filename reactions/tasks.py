"""Celery's door: each task is a name around a function."""

from celery import shared_task
from django.db import OperationalError

from reactions.counting.aggregate import fold
from reactions.counting.reconcile import reconcile
from reactions.default_policies import renew_stories
from reactions.moderation.client_network import forget_networks


@shared_task(name="reactions.counting.aggregate", autoretry_for=(), throws=(OperationalError,))
def fold_task() -> None:
    """Counts and publishes whatever readers did. Run by beat on every tick of FOLD_TICK.

    Twice, late or not at all is harmless, so a tick that finds PostgreSQL away is not repeated.
    """
    fold()


@shared_task(name="reactions.counting.reconcile", time_limit=3_600)
def reconcile_task() -> None:
    """Measures drift and heals it. Run by beat once a day; what it finds is logged as an error."""
    reconcile()


@shared_task(name="reactions.forget_networks")
def forget_networks_task() -> None:
    """Forgets which networks reactions came from. Run by beat every hour; may be repeated."""
    forget_networks()


@shared_task(name="reactions.renew_stories", autoretry_for=(), throws=(OperationalError,))
def renew_stories_task() -> None:
    """Has the stories of changed presets told anew. Run by beat every second; any number at once."""
    renew_stories()
