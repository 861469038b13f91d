"""Claims outbox entries for one transaction, and leaves what another transaction holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from reactions.counting.watermark import Look, watermark
from reactions.sql import rows


@dataclass(frozen=True)
class Claim:
    """The outbox entries that this transaction has claimed, by id, and what it had to leave."""

    first: Sequence[Sequence[int]]  # of first reactions: those of each minute, oldest first
    other: Sequence[int]
    read: int  # entries read, claimed or not
    articles: Sequence[UUID]  # whose count versions are locked
    unversioned: Sequence[UUID]  # without a count version to lock
    skipped: Sequence[UUID]  # of which another transaction holds the count version or a row
    left: Sequence[int]  # entries whose row another transaction holds, or whose row is gone
    has_erased: bool  # whether a claimed row is of an erased reader

    @property
    def entries(self) -> list[int]:
        return [*self.other, *(entry for minute in self.first for entry in minute)]


def claim_entries(
    *, most: int, without: Collection[UUID] = (), only: Collection[UUID] | None = None
) -> Claim:
    """Claim up to `most` outbox entries, the oldest first, but none of the articles `without`.

    Must run in the transaction that aggregates the entries and deletes them. Locks their articles' count versions and
    their rows until it ends, and waits for none. With `only`, of these articles alone, set aside or not.
    """
    # Planned at every run: a plan made while the outbox was empty would be wrong for the first crowd.
    found = rows(
        "claim",
        {
            "most": most,
            "without": list(without),
            "only": None if only is None else list(only),
            "after": 0 if only else watermark.id,
        },
        unprepared=True,
    )
    read, articles, unversioned, skipped, left, has_erased, *look = found[0][2:]
    if not only:
        watermark.note(Look(*look))
    return Claim(
        first=[ids for minute, ids, *_ in found if minute is not None],
        other=next((ids for minute, ids, *_ in found if minute is None and ids), []),
        read=read,
        articles=articles,
        unversioned=unversioned,
        skipped=skipped,
        left=left,
        has_erased=has_erased,
    )
