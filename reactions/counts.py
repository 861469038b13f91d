"""Totals for one story or many: a short copy in this process, then Redis, then PostgreSQL behind its gate."""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import OperationalError

from reactions.cache import redis as redis_cache
from reactions.cache import redis_keys
from reactions.cache.limits import public_read
from reactions.cache.local import Copies
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

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Self:
        return cls(
            article_id=UUID(answer["article"]),
            state=answer["state"],
            allowed=tuple(answer["allowed"]),
            counts=None if answer["total"] is None else answer["counts"],
            version=answer["version"],
            as_of=answer["as_of"],
        )


@dataclass(frozen=True)
class Answer:
    """The counts of one article as the API sends them, and what decides whether it may.

    Made once for each version, and sent as often as somebody asks.
    """

    version: int
    state: str  # as in Counts; empty where that is not known
    body: bytes
    closes_at: float | None = None  # seconds since 1970

    @classmethod
    def of(cls, counts: Counts) -> Self:
        body = json.dumps(counts.as_json(), separators=(",", ":"), ensure_ascii=False)
        closes_at = counts.closes_at.timestamp() if counts.closes_at else None
        return cls(counts.version or 0, counts.state or "", body.encode(), closes_at)

    def by_the_clock(self) -> "Answer":
        """This answer, or the one of a story that has closed since it was made."""
        is_over = self.closes_at is not None and self.closes_at <= time.time()
        return self._closed if is_over and self.state == "open" else self

    @cached_property
    def _closed(self) -> "Answer":
        return Answer.of(replace(self.counts, state="closed"))

    @cached_property
    def is_known(self) -> bool:
        return self.state != ""

    @cached_property
    def is_shown(self) -> bool:
        return self.state not in {"hidden", "missing"}

    @cached_property
    def etag(self) -> str:
        """Changes with the version, which is in the body, and with the body's shape."""
        return etag_of(self.body)

    @cached_property
    def counts(self) -> Counts:
        closes_at = datetime.fromtimestamp(self.closes_at, UTC) if self.closes_at else None
        return replace(Counts.from_json(json.loads(self.body)), closes_at=closes_at)


def etag_of(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=9).hexdigest()}"'


def get_counts(article_id: UUID) -> Counts | None:
    """The counts of one article; None where there is no such article."""
    return list_counts([article_id]).get(article_id)


def list_counts(article_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """The counts of those articles that exist. What cannot be found out is unknown, never 0."""
    answers = zip(article_ids, list_answers(article_ids), strict=True)
    return {article_id: answer.counts for article_id, answer in answers if answer}


def list_answers(article_ids: Sequence[UUID | None]) -> list[Answer | None]:
    """The answer for each of these articles, in their order; None where there is no such article."""
    numbers = [each.int for each in article_ids if each]
    found = _answers.get_many(numbers)
    if len(found) < len(numbers):
        found |= {each: Answer.of(Counts(UUID(int=each))) for each in numbers if each not in found}
    answers = (found[each.int] if each else None for each in article_ids)
    return [answer and answer.by_the_clock() for answer in answers]


def fresh_answers(article_ids: Sequence[UUID]) -> list[Answer] | None:
    """The answers of all these articles, where this process holds each and need not ask for it."""
    found = _answers.fresh([article_id.int for article_id in article_ids])
    return found and [each if each.closes_at is None else each.by_the_clock() for each in found]


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
    answers = {counts.article_id.int: Answer.of(counts) for counts in found}
    _answers.renew(answers)
    return _put_answers(answers)


def saw_version(*, article_id: UUID, version: int) -> None:
    """Show nothing older from here on: somebody whom this process answered knows of this version."""
    _answers.outdate(article_id.int, Answer(version, "", b""))


def forget_counts(*, article_id: UUID) -> None:
    """The story itself changed, perhaps without a new version of its counts."""
    _answers.forget(article_id.int)


def by_key(totals: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Totals by kind key, from the pairs of bit and count that the statements return, added up."""
    counts = Counter[int]()
    for bit, count in totals:
        counts[bit] += count
    return {kind.key: counts[kind.bit] for kind in KINDS}


def _read_answers(numbers: list[int]) -> dict[int, Answer | None]:
    """From Redis, and from PostgreSQL where Redis has none or an older one than was seen here."""
    cached = _cached_answers(numbers)
    wanted = [each for each in numbers if each not in cached or _is_outdated(each, cached[each])]
    if not wanted:
        return {**cached}
    try:
        with public_read():
            counts = read_counts([UUID(int=each) for each in wanted])
    except OperationalError:
        logger.warning("%d counts may be old or unknown: PostgreSQL is away.", len(wanted))
        for each in cached.keys() & set(wanted):
            _answers.forget(each)  # older than what was seen here, and still better than nothing
        return {**cached}
    stored = {each.article_id.int: Answer.of(each) for each in counts}
    _put_answers({each: answer for each, answer in stored.items() if answer.state != "missing"})
    return cached | dict.fromkeys(wanted) | stored


def _is_outdated(number: int, answer: Answer) -> bool:
    held = _answers.held(number)
    return held is not None and answer.version < held.version


# By the ids' numbers: a UUID's own hash is computed in Python, and a hundred of them are felt.
# A quarter of a second: as much of a reaction's second to the public as a tick of fold. A minute: what
# is shown where neither Redis nor PostgreSQL answers. 4,096 answers are some four megabytes.
_answers = Copies[int, Answer](
    _read_answers,
    most=4_096,
    fresh_seconds=0.25,
    stale_seconds=60,
    is_older=lambda answer, held: answer.version < held.version,
)
forget_all_counts = _answers.clear


def _cached_answers(numbers: Sequence[int]) -> dict[int, Answer]:
    fields = ("version", "state", "body", "closes_at", "made_for")
    answers = redis_cache.read_fields(
        [redis_keys.counts(UUID(int=each)) for each in numbers], *fields
    )
    return {
        number: Answer(int(version), state, body.encode(), float(closes_at) if closes_at else None)
        for number, (version, state, body, closes_at, made_for) in zip(
            numbers, answers or [], strict=False
        )
        if version and state and body and made_for == _settings()
    }


def _put_answers(answers: Mapping[int, Answer]) -> bool:
    calls = [
        (
            redis_keys.counts(UUID(int=number)),
            (
                *(answer.version, answer.state, answer.body.decode()),
                *(str(answer.closes_at or ""), _settings(), redis_keys.COUNTS_TTL_SECONDS),
            ),
        )
        for number, answer in answers.items()
    ]
    return not calls or redis_cache.run_each("put_counts", calls) is not None


def _settings() -> str:
    """What an answer was made for: one that was written under other settings is as good as none."""
    return f"{_KINDS}-{settings.REACTIONS_CLOSE_AFTER_DAYS}"


def rfc3339(moment: datetime | None) -> str | None:
    return (
        None
        if moment is None
        else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
