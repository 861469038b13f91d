"""Celery tasks of the project: that of every second, and those of the desk's sessions.

Beat sends one message for all that is due every second. A message costs beat, broker and worker seven milliseconds of a machine that is otherwise idle, a statement that finds
nothing less than one.
"""

from collections.abc import Callable

from celery import shared_task
from django.db import Error, InternalError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from articles.workflow import publish_due
from newsroom.sign_in import mail, sessions
from reactions.changes.numbering import number_changes
from reactions.counting.rounds import aggregate_at_once, aggregate_in_rounds
from reactions.tasks import request_refresh, request_settling


@shared_task(
    name="newsroom.every_second",
    autoretry_for=(),
    throws=(OperationalError, InternalError, BrokerError),
)
def every_second() -> None:
    """Publishes what is due, has stale counts refreshed and merges settled by other processes, numbers what changed, then counts for the rest of the second.

    Counts first of all, too: a hundred articles that are due at once take longer than a reaction may wait. Twice, late
    or not at all is harmless, so a run that finds PostgreSQL or the broker unreachable is not retried. One step that
    fails does not stop the others; the first error is raised in the end.
    """
    errors: list[Exception] = []
    steps: list[Callable[[], object]] = [
        aggregate_at_once,
        publish_due,
        request_refresh,
        request_settling,
        number_changes,
        aggregate_in_rounds,
    ]
    for step in steps:
        try:
            step()
        except (Error, BrokerError) as error:
            errors.append(error)
    if errors:
        raise errors[0]


@shared_task(name="newsroom.purge_sessions")
def purge_sessions() -> None:
    """Deletes sessions that are over. Daily; safe to repeat."""
    sessions.purge_sessions()


@shared_task(name="newsroom.mail_new_browser", acks_late=True)
def mail_new_browser(user_id: int, browser: str, at: float) -> None:
    """Tells a user that a browser that had not been before has signed in to their account."""
    mail.mail_about_new_browser(user_id, browser, at)
