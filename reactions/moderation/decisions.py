"""What editors decide about waves: release counts a wave, void keeps it out of the counts for good."""

import logging

from django.db import Error, transaction
from django.db.models import Count, Sum

from articles import audit
from articles.models import Article
from reactions.models import Wave
from reactions.sql import row, rows
from reactions.sql.errors import OF_ALL, failure_of

logger = logging.getLogger(__name__)

# Waves that one run applies; decisions are made by people.
_MOST_APPLIED = 100
# Rows of a wave that one run changes: a second's work.
_MOST_ROWS = 20_000


class UnknownWave(Exception):
    """There is no such wave."""


def release_wave(*, wave_id: int, editor: str, note: str = "") -> int:
    """Count a whole wave; returns how many reactions it has, 0 where it was released already.

    Safe to repeat: counts change exactly once. Raises UnknownWave.
    """
    return _decide(wave_id, Wave.State.RELEASED, editor, note)


def void_wave(*, wave_id: int, editor: str, note: str = "") -> int:
    """Keep a whole wave out of the counts, also one that was released; returns how many reactions it has.

    0 where it was void already. Safe to repeat. Raises UnknownWave.
    """
    return _decide(wave_id, Wave.State.VOID, editor, note)


def apply_decisions() -> int:
    """Change the rows of decided waves and add their outbox entries; returns how many rows changed.

    Runs before every aggregation, so that a decision whose process died is carried out all the same. Must not run
    inside the transaction that decides: the decision is committed first, alone, so that it never waits for a row
    while an aggregation waits for the wave.
    """
    changed = 0
    for (wave_id,) in rows("list_unapplied_waves", {"most": _MOST_APPLIED}):
        try:
            with transaction.atomic():
                changed += sum(
                    applied
                    for (applied,) in rows("apply_wave", {"wave": wave_id, "most": _MOST_ROWS})
                )
        except Error as error:
            if failure_of(error) in OF_ALL:
                raise
            logger.exception("Wave %s cannot be applied; others are.", wave_id)
    return changed


def count_waves() -> dict[str, tuple[int, int]]:
    """The number of waves in each state, and of reactions in them."""
    # Waves are few: this reads them all.
    found = Wave.objects.order_by().values("state").annotate(n=Count("id"), reactions=Sum("size"))
    by_state = {each["state"]: (each["n"], each["reactions"]) for each in found}
    return {state: by_state.get(state, (0, 0)) for state in Wave.State.values}


def _record(wave_id: int, decision: Wave.State, note: str) -> None:
    wave = Wave.objects.defer("networks").get(pk=wave_id)
    articles = Article.objects.filter(pk=wave.article_id).values_list("headline", flat=True)
    named = audit.Named("wave", str(wave.pk), f"{wave}: {articles.first() or ''}")
    about = {"article": wave.article_id, "rule": wave.rule, "reactions": wave.size}
    audit.record(f"wave {decision}", named, note=note, after=about)


def _decide(wave_id: int, decision: Wave.State, editor: str, note: str) -> int:
    with transaction.atomic():
        decided = row(
            "decide_wave",
            {"wave": wave_id, "decision": str(decision), "editor": editor, "note": note},
        )
        if decided is None and not Wave.objects.filter(pk=wave_id).exists():
            raise UnknownWave
        if decided:
            _record(wave_id, decision, note)
    transaction.on_commit(apply_decisions)
    return int(decided[0]) if decided else 0
