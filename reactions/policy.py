"""Which reactions an article takes: open, closed with its counts shown, or hidden."""

from uuid import UUID

from django.db import transaction

from reactions.models import Policy
from reactions.sql import rows


def set_policy(*, article_id: UUID, state: Policy.State, allowed: int | None = None) -> None:
    """Say what the article takes from here on; `allowed` is a set, None for every kind.

    Safe to repeat. Rows and counts stay, and come back on opening. The public answer has a new
    version; call `publish_waiting` after the commit, or leave it to the next tick.
    """
    with transaction.atomic():
        rows("set_policy", {"article": article_id, "state": str(state), "allowed": allowed})


def renew(*, article_id: UUID) -> None:
    """Have the public answer told anew: the story was published, retracted, killed or the like.

    Safe to repeat. Call it after the commit that changed the story, then `publish_waiting`.
    """
    rows("renew", {"article": article_id})
