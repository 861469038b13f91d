"""Claims outbox entries for one transaction, and leaves what another transaction holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from reactions.counting.watermark import Scan, watermark
from reactions.moderation.moderate import unshared_limit
from reactions.sql import rows


@dataclass(frozen=True)
class Claim:
    """The outbox entries that this transaction has claimed, by the texts of arrays of ids, and what it had to leave."""

    first: Sequence[str]  # of first reactions, by minute
    stripes: frozenset[int]  # groups of networks to lock
    other: str | None
    read: int  # entries read, claimed or not
    count: int  # entries claimed
    articles: Sequence[UUID]  # whose count versions are locked
    unversioned: Sequence[UUID]  # without a count version to lock
    skipped: Sequence[UUID]  # of which another transaction holds the count version or a row
    left: Sequence[int]  # entries whose row another transaction holds, or whose row is gone
    has_erased: bool  # whether a claimed row is of an erased reader

    @property
    def entries(self) -> str:
        """The ids, as the text of PostgreSQL's array."""
        texts = [*self.first, *([self.other] if self.other else [])]
        return "{" + ",".join(text[1:-1] for text in texts) + "}"


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
            "needs_xid": not only and watermark.needs_xid,
            "unshared": unshared_limit(),
        },
        unprepared=True,
    )
    read, count, articles, unversioned, skipped, left, has_erased, *scan = found[0][3:]
    if not only:
        watermark.note(Scan(*scan))
    return Claim(
        first=[ids for minute, ids, *_ in found if minute is not None],
        stripes=frozenset(stripe for _, _, stripes, *_ in found for stripe in stripes or ()),
        other=next((ids for minute, ids, *_ in found if minute is None), None),
        read=read,
        count=count,
        articles=articles,
        unversioned=unversioned,
        skipped=skipped,
        left=left,
        has_erased=has_erased,
    )
