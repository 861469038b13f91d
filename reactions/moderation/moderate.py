"""Runs the rules over what readers did: claims outbox entries and holds the first reactions that a rule holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from reactions.moderation.rules import RULES, Rule
from reactions.sql import row

_NEVER = 2**31 - 1  # what a limit of 0 means: the rule is off


@dataclass(frozen=True)
class Claim:
    """The outbox entries that this transaction has claimed, by id, and how many of their rows are of erased readers."""

    entries: list[int]
    erased: int


def claim_entries(*, most: int) -> Claim:
    """Claim up to `most` outbox entries, the oldest first, and hold what the rules hold.

    Must run in the transaction that aggregates the entries and deletes them: a first reaction is moderated once. Locks
    the entries and their rows until it ends; skips entries that another transaction has claimed.
    """
    # Planned at every run, in some milliseconds: a plan made while the outbox was empty would read the whole ledger
    # for each entry of the first crowd.
    found = row("moderate", {"most": most, **_limits()}, fragments=_fragments(), unprepared=True)
    assert found is not None  # noqa: S101  # an aggregate without GROUP BY has one row
    return Claim(*found)


def _limits() -> Mapping[str, int]:
    """The limit of each rule by the rule's name."""
    limits: Mapping[str, int] = settings.REACTIONS_LIMITS
    return {rule.name: limits[rule.limit.setting] or _NEVER for rule in RULES}


def _fragments() -> Mapping[str, str]:
    """The parts of moderate.sql that follow from the rules."""
    return {
        "first_rule_that_holds": " ".join(
            [
                "CASE",
                *(f"WHEN {_sql(rule, rule.holds)} THEN '{rule.name}'" for rule in RULES),
                "END",
            ]
        ),
        "network_is_suspect": " OR ".join(_sql(rule, rule.suspects_network) for rule in RULES),
        "article_is_suspect": " OR ".join(_sql(rule, rule.suspects_article) for rule in RULES),
    }


def _sql(rule: Rule, condition: str) -> str:
    return f"({condition.format(limit=f'%({rule.name})s::int')})"
