"""Which first reactions are held back, and what becomes of them.

The judging itself is a part of the statement that counts (sql/fold.sql), so that nothing is counted
unjudged; here are its thresholds, and the editors' decisions. What is held is kept, not counted, and
shown to its reader as counted. A reaction is judged once, as its reader's first to a story: a change of
mind is never held.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from reactions.models import Wave
from reactions.sql import row, rows

_NEVER = 2**31 - 1  # what a threshold of 0 means: the rule is off


class UnknownWave(Exception):
    """There is no such wave."""


def thresholds() -> Mapping[str, Any]:
    """The parameters of sql/fold.sql, from REACTIONS_JUDGE."""
    return {
        name: value if value or name not in _LIMITS else _NEVER
        for name, value in settings.REACTIONS_JUDGE.items()
    }


_LIMITS = {"network_story", "network_minute", "surge_minute", "unread_hour"}


def release_wave(*, wave_id: int, editor: str, note: str = "") -> int:
    """Count a whole wave; returns how many reactions it holds, 0 where it was released already.

    Safe to repeat: counts change exactly once. Raises UnknownWave.
    """
    return _decide(wave_id, Wave.State.RELEASED, editor, note)


def void_wave(*, wave_id: int, editor: str, note: str = "") -> int:
    """Leave a whole wave out of the counts for good; returns how many reactions it holds.

    Also a wave that was released; 0 where it was void already. Safe to repeat. Raises UnknownWave.
    """
    return _decide(wave_id, Wave.State.VOID, editor, note)


def apply_decisions() -> int:
    """Make rows as editors decided, and mark them for counting; returns how many rows changed.

    Run at every fold, so that a decision whose process died is carried out all the same. Must not run
    inside a transaction that has decided: the decision is committed first, alone, so that it never
    waits for a row while a fold waits for the wave.
    """
    turned = 0
    while (done := _apply_next()) is not None:
        turned += done
    return turned


def count_waves() -> dict[str, tuple[int, int]]:
    """How many waves there are in each state, and how many reactions in them."""
    # Waves are few: this reads them all.
    found = Wave.objects.order_by().values("state").annotate(n=Count("id"), reactions=Sum("size"))
    by_state = {each["state"]: (each["n"], each["reactions"]) for each in found}
    return {state: by_state.get(state, (0, 0)) for state in Wave.State.values}


def _decide(wave_id: int, decision: Wave.State, editor: str, note: str) -> int:
    with transaction.atomic():
        decided = row(
            "decide_wave",
            {"wave": wave_id, "decision": str(decision), "editor": editor, "note": note},
        )
        if decided is None and not Wave.objects.filter(pk=wave_id).exists():
            raise UnknownWave
    transaction.on_commit(apply_decisions)
    return int(decided[0]) if decided else 0


@transaction.atomic
def _apply_next() -> int | None:
    waiting = rows("list_undone", {"most": 1})
    if not waiting:
        return None
    ((turned,),) = rows("apply_wave", {"wave": waiting[0][0]})
    return int(turned)
