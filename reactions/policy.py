"""The policy of an article: open, closed with its counts shown, or hidden; which kinds it accepts; until when.

An article's own policy wins field by field; what it does not set comes from the default policies of its section and
tags, then from the site. `reactions_effective_policy` in the database combines the three for every statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime

from articles import audit
from articles.audit import Named
from articles.models import Article
from reactions.kinds import OFFERED, unpack
from reactions.models import PolicyState
from reactions.sql import row, rows


@dataclass(frozen=True)
class OwnPolicy:
    """What is set for an article itself; None is left to default policies and the site.

    `allowed` is a mask of kinds. At most one of `closes_at` and `close_after_days` is set; the latter counts from the
    first publication, and 0 is never.
    """

    state: str | None = None
    allowed: int | None = None
    closes_at: datetime | None = None
    close_after_days: int | None = None


@dataclass(frozen=True)
class EffectivePolicy:
    """What an article accepts at this moment."""

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
    """Replace the own policy of an article; what is left out is left to default policies and the site.

    Safe to repeat. Rows and counts stay, and are shown again on opening. A reaction whose statement began before the
    commit of this one is accepted. The counts get a new version; call `write_counts` after the commit, or leave
    it to the next aggregation.
    """
    own = {
        "article": article_id,
        "state": None if state is None else str(state),
        "allowed": allowed,
        "closes_at": closes_at,
        "close_after_days": close_after_days,
    }
    with transaction.atomic():
        before = get_policy(article_id)
        rows("set_policy", own)
        new = OwnPolicy(state and str(state), allowed, closes_at, close_after_days)
        _record("policy set", article_id, before[0] if before else OwnPolicy(), new)


def set_state(*, article_ids: Sequence[UUID], state: PolicyState) -> int:
    """Open, close or hide these articles; the rest of their own policies stays. Returns how many. Safe to repeat."""
    with transaction.atomic():
        changed = rows("set_state", {"articles": list(article_ids), "state": str(state)})
        names = Article.objects.filter(pk__in=article_ids).values_list("pk", "headline")
        audit.record_many(
            "policy set",
            [(Named("article", str(pk), name), {}, {"state": str(state)}) for pk, name in names],
        )
    return len(changed)


def get_policy(article_id: UUID) -> tuple[OwnPolicy, EffectivePolicy] | None:
    """The own and the effective policy of an article; None where there is no such article."""
    found = row(
        "policy",
        {"article": article_id, "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS},
    )
    if found is None:
        return None
    state, allowed, closes_at = found[4:]
    return OwnPolicy(*found[:4]), EffectivePolicy(state, allowed & OFFERED, closes_at)


def _record(action: str, article_id: UUID, before: OwnPolicy, after: OwnPolicy) -> None:
    name = Article.objects.filter(pk=article_id).values_list("headline", flat=True).first()
    subject = Named("article", str(article_id), name or "")
    audit.record(action, subject, before=_words(before), after=_words(after))


def _words(own: OwnPolicy) -> dict[str, object]:
    """An own policy as the audit log shows it; None: the default policies decide."""
    every = own.allowed is not None and own.allowed & OFFERED == OFFERED
    accepts = None if own.allowed is None else unpack(own.allowed & OFFERED)
    return {
        "state": own.state,
        "accepts": "every kind" if every else accepts,
        "closes_at": own.closes_at,
        "close_after_days": own.close_after_days,
    }
