"""Totals for one story or many: from Redis, and from PostgreSQL where Redis has none or is gone."""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError

from reactions import cache, keys
from reactions.kinds import KINDS, OFFERED, unpack
from reactions.sql import rows

logger = logging.getLogger(__name__)

# What an answer in Redis depends on beside the rows: another set of kinds makes it another answer.
_KINDS = blake2b(repr(KINDS).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Counts:
    """What the public may know of an article's reactions, at one moment.

    `state` is open, closed, hidden, or missing where the article is not published; None where neither
    Redis nor PostgreSQL could be asked, and then nothing else is known either. `counts` are by kind key.
    `as_of` is when they last changed; whatever came later is public within a second. `closes_at` is when
    what is open closes; `state` has been read off the clock against it.
    """

    article_id: UUID
    state: str | None = None
    allowed: tuple[str, ...] = ()
    counts: Mapping[str, int] | None = None
    version: int | None = None
    as_of: str | None = None
    closes_at: datetime | None = None

    @property
    def total(self) -> int | None:
        return None if self.counts is None else sum(self.counts.values())

    @property
    def is_known(self) -> bool:
        return self.counts is not None

    def as_json(self) -> dict[str, Any]:
        return {
            "article": str(self.article_id),
            "state": self.state,
            "allowed": list(self.allowed),
            "counts": dict(self.counts) if self.counts else {kind.key: None for kind in KINDS},
            "total": self.total,
            "version": self.version,
            "as_of": self.as_of,
        }


def get_counts(article_id: UUID) -> Counts | None:
    """The counts of one article; None where there is no such article."""
    return list_counts([article_id]).get(article_id)


def list_counts(article_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """The counts of those articles that exist. What cannot be found out is unknown, never 0."""
    found = _cached(article_ids)
    missing = [article_id for article_id in article_ids if article_id not in found]
    if missing:
        try:
            stored = read_counts(missing)
        except OperationalError:
            logger.warning(
                "The counts of %d articles are unknown: PostgreSQL is away.", len(missing)
            )
            return found | {article_id: Counts(article_id) for article_id in missing}
        put_counts([counts for counts in stored if counts.state != "missing"])
        found |= {counts.article_id: counts for counts in stored}
    return found


def read_counts(article_ids: Sequence[UUID]) -> list[Counts]:
    """The counts as PostgreSQL has them, in one statement and from one snapshot."""
    return [
        Counts(
            article_id=article_id,
            state=state,
            allowed=tuple(unpack(allowed & OFFERED)),
            counts=by_key(totals),
            version=version,
            as_of=rfc3339(counted_at),
            closes_at=closes_at,
        )
        for article_id, state, allowed, closes_at, version, counted_at, totals in rows(
            "counts",
            {
                "articles": list(article_ids),
                "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS,
            },
        )
    ]


def put_counts(found: Sequence[Counts]) -> bool:
    """Leaves counts in Redis for others, where nothing newer is there. Says whether Redis took them."""
    calls = [
        (
            keys.counts(counts.article_id),
            (counts.version or 0, _to_cache(counts), keys.COUNTS_TTL_SECONDS),
        )
        for counts in found
    ]
    return not calls or cache.run_each("put_counts", calls) is not None


def by_key(totals: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Totals by kind key, from the pairs of bit and count that the statements return, added up."""
    counts = Counter[int]()
    for bit, count in totals:
        counts[bit] += count
    return {kind.key: counts[kind.bit] for kind in KINDS}


def _cached(article_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    answers = cache.read_field([keys.counts(article_id) for article_id in article_ids], "answer")
    return {
        article_id: counts
        for article_id, answer in zip(article_ids, answers or [], strict=False)
        if answer and (counts := _from_cache(article_id, answer))
    }


def _to_cache(counts: Counts) -> str:
    closes_at = counts.closes_at.timestamp() if counts.closes_at else None
    fields = (counts.state, counts.allowed, counts.counts, counts.version, counts.as_of, closes_at)
    return json.dumps((_dialect(), *fields), separators=(",", ":"))


def _from_cache(article_id: UUID, answer: str) -> Counts | None:
    """None for an answer that was written under other settings, which is as good as none."""
    dialect, *fields = json.loads(answer)
    if dialect != _dialect():
        return None
    state, allowed, counts, version, as_of, closes_at = fields
    return Counts(
        article_id,
        "closed" if state == "open" and _is_over(closes_at) else state,
        tuple(allowed),
        counts,
        version,
        as_of,
        None if closes_at is None else datetime.fromtimestamp(closes_at, UTC),
    )


def _is_over(closes_at: float | None) -> bool:
    return closes_at is not None and closes_at <= time.time()


def _dialect() -> str:
    return f"{_KINDS}-{settings.REACTIONS_CLOSE_AFTER_DAYS}"


def rfc3339(moment: datetime | None) -> str | None:
    return (
        None
        if moment is None
        else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
