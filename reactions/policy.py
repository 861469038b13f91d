"""Which reactions an article takes: open, closed with its counts shown, or hidden; which kinds; until when.

An article says of itself what it wants; what it leaves unsaid its section's and tags' presets say, then
the site. `reactions_policy_of` in the database puts the three together, for every statement alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime

from reactions.kinds import OFFERED, unpack
from reactions.models import PolicyState
from reactions.sql import row, rows


@dataclass(frozen=True)
class Said:
    """What an article says itself; None is left to presets and the site.

    `allowed` is a set. One of the last two at most: it closes at that time, or so many days after its
    first publication, where 0 is never.
    """

    state: str | None = None
    allowed: int | None = None
    closes_at: datetime | None = None
    close_after_days: int | None = None


@dataclass(frozen=True)
class InEffect:
    """What an article takes at this moment, all things considered."""

    state: str
    allowed: int
    closes_at: datetime | None

    def __str__(self) -> str:
        kinds = ", ".join(unpack(self.allowed)) if self.allowed != OFFERED else "every kind"
        until = f", until {localtime(self.closes_at):%Y-%m-%d %H:%M %Z}" if self.closes_at else ""
        return f"{self.state}, {kinds}{until}"


def set_policy(
    *,
    article_id: UUID,
    state: PolicyState | None = None,
    allowed: int | None = None,
    closes_at: datetime | None = None,
    close_after_days: int | None = None,
) -> None:
    """Say all that the article says itself from here on; what is left out it leaves to presets and the site.

    Safe to repeat. Rows and counts stay, and come back on opening. A reaction whose statement began
    before this was committed is taken. The public answer has a new version; call `publish_waiting` after
    the commit, or leave it to the next tick.
    """
    said = {
        "article": article_id,
        "state": None if state is None else str(state),
        "allowed": allowed,
        "closes_at": closes_at,
        "close_after_days": close_after_days,
    }
    with transaction.atomic():
        rows("set_policy", said)


def set_state(*, article_ids: Sequence[UUID], state: PolicyState) -> int:
    """Open, close or hide these; what else each says stays. Returns how many. Safe to repeat."""
    return len(rows("set_state", {"articles": list(article_ids), "state": str(state)}))


def get_policy(article_id: UUID) -> tuple[Said, InEffect] | None:
    """What an article says itself and what it takes; None where there is no such article."""
    found = row(
        "policy",
        {"article": article_id, "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS},
    )
    if found is None:
        return None
    state, allowed, closes_at = found[4:]
    return Said(*found[:4]), InEffect(state, allowed & OFFERED, closes_at)


def renew(*, article_id: UUID) -> None:
    """Have the public answer told anew: the story was published, retracted, filed elsewhere or the like.

    Safe to repeat. Call it after the commit that changed the story, then `publish_waiting`.
    """
    rows("renew", {"article": article_id})
