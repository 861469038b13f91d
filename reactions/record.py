"""set_reactions, set_together, clear_reactions, erase_reader: the only code that changes what a reader chose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from reactions.counters import RECORDED, UNCHANGED, refusal_counter
from reactions.counts import by_key, note_version, rfc3339
from reactions.kinds import OFFERED, unpack
from reactions.moderation.signals import UNKNOWN, Signals
from reactions.sql import row, rows


class ReactionRefused(Exception):
    """The reactions were not accepted, and nothing changed. `reason` is missing, closed, not_allowed or too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Change:
    """What a reader's action did. The counts include it, though it is not aggregated yet."""

    article_id: UUID
    kinds: int
    previous: int
    counts: Mapping[str, int]
    version: int
    as_of: str | None

    @property
    def changed(self) -> bool:
        return self.kinds != self.previous

    def as_json(self) -> dict[str, Any]:
        return {
            "article": str(self.article_id),
            "reactions": unpack(self.kinds),
            "previous": unpack(self.previous),
            "changed": self.changed,
            "counts": dict(self.counts),
            "total": sum(self.counts.values()),
            "version": self.version,
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class Write:
    """What a reader asks for: these kinds on this article, in place of those that are there.

    The rules evaluate the `signals` of a first reaction; what is missing of them counts as the worst.
    """

    article_id: UUID
    reader_id: UUID
    kinds: int
    signals: Signals = UNKNOWN


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the statement says of a write, as record.sql returns it."""

    verdict: str
    previous: int | None
    counted: int
    version: int
    as_of: str | None
    counts: Sequence[tuple[int, int]]

    def as_change(self, write: Write) -> Change:
        """What the write did. Raises ReactionRefused."""
        if self.verdict != "accepted":
            refusal_counter(self.verdict).inc()
            raise ReactionRefused(self.verdict)
        note_version(article_id=write.article_id, version=self.version)
        (UNCHANGED if self.previous is None else RECORDED).inc()
        return Change(
            article_id=write.article_id,
            kinds=write.kinds,
            previous=write.kinds if self.previous is None else self.previous,
            counts=_with_own(by_key(self.counts), self.counted, write.kinds),
            version=self.version,
            as_of=self.as_of,
        )


def set_reactions(
    *, article_id: UUID, reader_id: UUID, kinds: int, signals: Signals = UNKNOWN
) -> Change:
    """Make `kinds` the reader's reactions to the article; the answer says what they replaced. Raises ReactionRefused.

    Safe to repeat: the same set again changes nothing and adds no outbox entry. Locks one row and never the article,
    so the readers of one article never wait for each other. When it returns, the reaction is on PostgreSQL's disk.
    """
    return set_alone(Write(article_id, reader_id, kinds, signals))


def set_alone(write: Write) -> Change:
    """One write, as `set_reactions` does it, in a statement of its own. Raises ReactionRefused."""
    while True:  # rarely more than once: another tab of this reader committed in between
        found = row(
            "record",
            {
                "article": write.article_id,
                "reader": write.reader_id,
                "kinds": write.kinds,
                "network": write.signals.network,
                "has_page_token": write.signals.has_page_token,
                **_limits(),
            },
            repeatable=True,
        )
        if found is None:
            refusal_counter("missing").inc()
            raise ReactionRefused("missing")
        outcome = Outcome(*found)
        if outcome.verdict != "again":
            return outcome.as_change(write)


def set_together(writes: Sequence[Write], *, on: BaseDatabaseWrapper) -> list[Outcome | None]:
    """Many writes in one statement and one commit; the outcome of each, in their order. Raises Django's errors.

    No two of them are of the same reader on the same article. None: the row of this write is locked, or has just
    changed, and nothing was done about it; it has to be set alone. The statement waits for no row that is there.
    """
    found = rows(
        "record_many",
        {
            "articles": _array(write.article_id for write in writes),
            "readers": _array(write.reader_id for write in writes),
            "kinds": _array(write.kinds for write in writes),
            "networks": _array(write.signals.network for write in writes),
            "page_tokens": _array(write.signals.has_page_token for write in writes),
            **_limits(),
        },
        repeatable=True,
        on=on,
    )
    outcomes: list[Outcome | None] = [_MISSING] * len(writes)
    articles = {number: article for number, _, _, _, _, *article in found}
    for number, verdict, previous, counted, first, *_ in found:
        outcome = Outcome(verdict, previous, counted, *articles[first])
        outcomes[number - 1] = None if verdict == "again" else outcome
    return outcomes


_MISSING = Outcome("missing", None, 0, 0, None, ())


def _array(values: Iterable[UUID | int | None]) -> str:
    """The text of an array, which the server reads faster than psycopg writes its elements."""
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"


def _limits() -> dict[str, int]:
    """What the settings allow: the parameters that both statements have."""
    return {
        "most": settings.REACTIONS_PER_READER,
        "offered": OFFERED,
        "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS,
    }


def clear_reactions(*, article_id: UUID, reader_id: UUID) -> Change:
    """Take back the reader's reactions to the article; the answer says what there was. Raises ReactionRefused.

    Safe to repeat, and locks as little as `set_reactions` does.
    """
    return set_reactions(article_id=article_id, reader_id=reader_id, kinds=0)


def erase_reader(*, reader_id: UUID) -> int:
    """Erase a reader. Returns how many rows had the reader's id; from here on none has.

    Aggregation takes their reactions out of the counts and then removes the rows.
    """
    with transaction.atomic():
        erased = dict(rows("erase", {"reader": reader_id}))
        if waves := [wave_id for wave_id in erased if wave_id is not None]:
            rows("shrink_waves", {"waves": waves, "sizes": [erased[each] for each in waves]})
    return sum(erased.values())


@dataclass(frozen=True)
class StoredReaction:
    """One row that is stored about a reader.

    `held` is true where an editor has decided that moderation keeps it out of the counts; until then nothing says so.
    """

    article_id: UUID
    slug: str | None
    kinds: int
    previous: int
    changed_at: str | None
    held: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "article": str(self.article_id),
            "slug": self.slug,
            "reactions": unpack(self.kinds),
            "previous": unpack(self.previous),
            "changed_at": self.changed_at,
            "held": self.held,
        }


@dataclass(frozen=True)
class OwnReaction:
    """What a reader chose on an article, and what of this reader is in the counts. They differ until it is counted."""

    kinds: int = 0
    counted: int = 0

    def replaced_in(self, counts: Mapping[str, int]) -> dict[str, int]:
        """The counts, with this reader's part of them replaced by what the reader chose."""
        return _with_own(dict(counts), self.counted, self.kinds)


def find_own(*, article_id: UUID, reader_id: UUID) -> OwnReaction:
    found = _mine([article_id], reader_id)
    return OwnReaction(*found[0][1:]) if found else OwnReaction()


def list_mine(*, article_ids: Sequence[UUID], reader_id: UUID | None) -> dict[UUID, int]:
    """The masks that a reader chose, by article; an article whose reactions are not shown is left out.

    Without a reader each mask is 0.
    """
    return {article_id: kinds for article_id, kinds, _ in _mine(article_ids, reader_id)}


def _mine(article_ids: Sequence[UUID], reader_id: UUID | None) -> list[Any]:
    return rows(
        "mine",
        {
            "articles": list(article_ids),
            "reader": reader_id,
            "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS,
        },
        repeatable=True,
    )


def export_reader(*, reader_id: UUID) -> list[StoredReaction]:
    """Everything that is stored about a reader, oldest first."""
    return [
        StoredReaction(article_id, slug, kinds, previous or 0, rfc3339(changed_at), held)
        for article_id, slug, kinds, previous, changed_at, held in rows(
            "export", {"reader": reader_id}, repeatable=True
        )
    ]


def _with_own(counts: dict[str, int], counted: int, kinds: int) -> dict[str, int]:
    """The counts, with this reader's part of them replaced by what the reader has just chosen."""
    for key in unpack(counted):
        # Cached counts may be a moment older than the row.
        counts[key] = max(0, counts[key] - 1)
    for key in unpack(kinds):
        counts[key] += 1
    return counts
