"""Runs the rules over what readers did: holds the first reactions that a rule holds."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.conf import settings

from reactions.moderation.rules import RULES, Rule
from reactions.sql import row, rows

_NEVER = 2**31 - 1  # what a limit of 0 means: the rule is off


def lock_shared(*, stripes: Collection[int], minutes: int, articles: Sequence[UUID]) -> None:
    """Lock what this transaction, which is about to moderate so many minutes, shares with others.

    All at once: locked minute by minute, two transactions could wait for each other. Waits for a concurrent aggregation
    only for the groups of networks in `stripes`, which come near their limit of a minute.
    """
    if stripes:
        rows("lock_networks", {"stripes": list(stripes)})
    if minutes > 1:
        rows("lock_waves", {"articles": list(articles)})


def moderate(entries: str) -> int:
    """Evaluate the rules for the first reactions of these outbox entries, of one minute; returns how many are held.

    `entries` is the text of PostgreSQL's array. Must run in the transaction that has claimed the entries, and that
    aggregates and deletes them: a first reaction is moderated once. `lock_shared` must have run in it.
    """
    # Planned at every run, in some milliseconds: a plan made while the outbox was empty would read the whole ledger
    # for each entry of the first crowd.
    found = row(
        "moderate", {"entries": entries, **_limits()}, fragments=_fragments(), unprepared=True
    )
    assert found is not None  # noqa: S101  # an aggregate without GROUP BY has one row
    return int(found[0])


def unshared_limit() -> int:
    """How many first reactions of a network in one minute an aggregation may bring without locking the network.

    A sixteenth of the limit of a minute: concurrent aggregations exceed it by no more than that each.
    """
    return _limits()["network_minute"] // 16


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
