"""Public counts of one article or many: from the local cache, else Redis, else PostgreSQL."""

import json
import logging
import time
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
from reactions.cache.local import LocalCache
from reactions.counters import COUNTS_ASKED, COUNTS_FROM_POSTGRESQL, COUNTS_FROM_REDIS
from reactions.kinds import KINDS, OFFERED, unpack
from reactions.sql import rows

logger = logging.getLogger(__name__)

_BITS = {kind.bit: kind.key for kind in KINDS}
# What an answer in Redis depends on beside the rows: another set of kinds makes it another answer.
_KINDS = blake2b(repr(KINDS).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Counts:
    """The public counts of an article at one moment.

    `state` is open, closed, hidden, or missing where the article is not public; None where neither Redis nor
    PostgreSQL could be asked, and then nothing else is known either. `counts` are by kind key. `as_of` is when they
    last changed; a later reaction is public within a second. `closes_at` is when an open article closes; `state` was
    compared with it at the moment of reading.
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
    """The counts of one article as the API sends them, and what decides whether they may be sent.

    Serialised once for each version, and sent as often as it is asked for.
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

    def at_this_moment(self) -> "Answer":
        """This answer, or that of a closed article where it has closed since."""
        is_over = self.closes_at is not None and self.closes_at <= time.time()
        return self._closed if is_over and self.state == "open" else self

    @cached_property
    def _closed(self) -> "Answer":
        return Answer.of(replace(self.counts, state="closed"))

    def as_missing(self) -> "Answer":
        """The answer of an article that no longer exists."""
        return Answer.of(replace(self.counts, state="missing"))

    @cached_property
    def is_known(self) -> bool:
        return self.state != ""

    @cached_property
    def is_shown(self) -> bool:
        return self.state not in {"hidden", "missing"}

    @cached_property
    def etag(self) -> str:
        """Changes with the version, which is in the body, and with the shape of the body."""
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
    """The counts of those articles that exist. A count that cannot be read is unknown, never 0."""
    answers = zip(article_ids, list_answers(article_ids), strict=True)
    return {article_id: answer.counts for article_id, answer in answers if answer}


def list_answers(article_ids: Sequence[UUID | None]) -> list[Answer | None]:
    """The answer for each of these articles, in their order; None where there is no such article."""
    numbers = [each.int for each in article_ids if each]
    COUNTS_ASKED.inc(len(numbers))
    found = _answers.get_many(numbers)
    if len(found) < len(numbers):
        found |= {each: Answer.of(Counts(UUID(int=each))) for each in numbers if each not in found}
    answers = (found[each.int] if each else None for each in article_ids)
    return [answer and answer.at_this_moment() for answer in answers]


def fresh_answers(article_ids: Sequence[UUID]) -> list[Answer] | None:
    """The answers of all these articles from the local cache; None where it lacks a fresh one."""
    found = _answers.fresh([article_id.int for article_id in article_ids])
    if found:
        COUNTS_ASKED.inc(len(found))
    return found and [each if each.closes_at is None else each.at_this_moment() for each in found]


def read_counts(article_ids: Sequence[UUID]) -> list[Counts]:
    """The counts in PostgreSQL, in one statement and from one snapshot."""
    return [
        Counts(
            article_id=article_id,
            state=state,
            allowed=tuple(unpack(allowed & OFFERED)),
            counts=by_key(counts),
            version=version,
            as_of=rfc3339(counted_at),
            closes_at=closes_at,
        )
        for article_id, state, allowed, closes_at, version, counted_at, counts in rows(
            "counts",
            {
                "articles": list(article_ids),
                "close_after_days": settings.REACTIONS_CLOSE_AFTER_DAYS,
            },
            repeatable=True,
        )
    ]


def put_counts(found: Sequence[Counts], *, number: int = 0, confirmed: int = 0) -> int | None:
    """Write counts to Redis, except over newer ones, and then the number of this write. None: Redis was unreachable.

    What is stored is published to the live processes in the same step.

    `confirmed` is the highest number that Redis had confirmed before. Returns the number that was stored, -1 where there
    was none. A lower one than `confirmed` means that Redis came back old; then its number is left as it is.
    """
    answers = {counts.article_id.int: Answer.of(counts) for counts in found}
    _answers.update(answers)
    channel = redis_cache.counts_channel()
    calls = _calls(answers, ttl_seconds=redis_keys.COUNTS_TTL_SECONDS, channel=channel)
    results = redis_cache.run_scripts(
        [*calls, ("note_write", redis_keys.WRITES, (number, confirmed, channel))]
    )
    return results[-1] if results else None


def note_version(*, article_id: UUID, version: int) -> None:
    """Show no older counts from here on: this process has sent this version to a client."""
    _answers.invalidate_older(article_id.int, Answer(version, "", b""))


def invalidate_counts(*, article_id: UUID) -> None:
    """Drop the counts of an article that itself changed, perhaps without a new version of its counts."""
    _answers.invalidate(article_id.int)


def by_key(counts: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Counts by kind key, from the pairs of bit and count that the statements return, added up."""
    of_bits = dict.fromkeys(_BITS, 0)
    for bit, count in counts:
        of_bits[bit] = of_bits.get(bit, 0) + count
    return {key: of_bits[bit] for bit, key in _BITS.items()}


def rfc3339(moment: datetime | None) -> str | None:
    return (
        None
        if moment is None
        else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def read_answers(article_ids: Sequence[UUID]) -> dict[UUID, Answer | None]:
    """The answers in Redis, else in PostgreSQL, past the local cache; None for no such article.

    One that neither server could be asked for is left out.
    """
    found = _read_answers([each.int for each in article_ids])
    return {UUID(int=number): answer for number, answer in found.items()}


def read_stored_answers(article_ids: Sequence[UUID]) -> dict[UUID, Answer | None]:
    """The answers in PostgreSQL; None for no such article. Raises OperationalError."""
    with public_read():
        stored = read_counts(article_ids)
    return dict.fromkeys(article_ids) | {each.article_id: Answer.of(each) for each in stored}


def read_published(message: str) -> tuple[UUID, Answer] | None:
    """What put_counts.lua published; None where it is right for other settings than those of this process."""
    key, version, state, closes_at, made_for, body = message.split("\n", 5)
    if made_for != _made_for():
        return None
    closes = float(closes_at) if closes_at else None
    return redis_keys.article_of(key), Answer(int(version), state, body.encode(), closes)


def _read_answers(numbers: list[int]) -> dict[int, Answer | None]:
    """From Redis, and from PostgreSQL where Redis has none or an older version than this process has seen."""
    cached = _cached_answers(numbers)
    missing = [each for each in numbers if each not in cached or _is_outdated(each, cached[each])]
    COUNTS_FROM_REDIS.inc(len(numbers) - len(missing))
    COUNTS_FROM_POSTGRESQL.inc(len(missing))
    if not missing:
        return {**cached}
    try:
        with public_read():
            counts = read_counts([UUID(int=each) for each in missing])
    except OperationalError:
        logger.warning("%d counts may be old or unknown: PostgreSQL is unreachable.", len(missing))
        for each in cached.keys() & set(missing):
            _answers.invalidate(
                each
            )  # older than the version seen here, and still better than none
        return {**cached}
    stored = {each.article_id.int: Answer.of(each) for each in counts}
    public = {each: answer for each, answer in stored.items() if answer.state != "missing"}
    _put_answers(public)
    return cached | dict.fromkeys(missing) | stored


def _is_outdated(number: int, answer: Answer) -> bool:
    newest = _answers.newest(number)
    return newest is not None and answer.version < newest.version


# By the integers of the ids: a UUID's own hash is computed in Python, and a hundred of them cost more than the look-ups.
# 250 ms: as much of the second within which a reaction is public as one interval of aggregation. A minute: the oldest
# counts shown where neither Redis nor PostgreSQL answers. 4,096 answers are some four megabytes.
_answers = LocalCache[int, Answer](
    _read_answers,
    max_entries=4_096,
    fresh_seconds=0.25,
    stale_seconds=60,
    is_older=lambda answer, cached: answer.version < cached.version,
)
clear_counts = _answers.clear


def _cached_answers(numbers: Sequence[int]) -> dict[int, Answer]:
    fields = ("version", "state", "body", "closes_at", "made_for")
    keys = [redis_keys.counts(UUID(int=each)) for each in numbers]
    answers = redis_cache.read_fields(keys, *fields)
    return {
        number: Answer(int(version), state, body.encode(), float(closes_at) if closes_at else None)
        for number, (version, state, body, closes_at, made_for) in zip(
            numbers, answers or [], strict=False
        )
        if version and state and body and made_for == _made_for()
    }


def _put_answers(answers: Mapping[int, Answer]) -> None:
    """Store what was read, for those who read it next. It is published when a worker writes it."""
    if answers:
        redis_cache.run_scripts(_calls(answers, ttl_seconds=redis_keys.READ_TTL_SECONDS))


def _calls(
    answers: Mapping[int, Answer], *, ttl_seconds: int, channel: str = ""
) -> list[tuple[str, str, Sequence[str | int]]]:
    return [
        (
            "put_counts",
            redis_keys.counts(UUID(int=number)),
            (
                *(answer.version, answer.state, answer.body.decode()),
                *(str(answer.closes_at or ""), _made_for(), ttl_seconds, channel),
            ),
        )
        for number, answer in answers.items()
    ]


def _made_for() -> str:
    """The settings that an answer is right for: one that was written under other settings is ignored."""
    return f"{_KINDS}-{settings.REACTIONS_CLOSE_AFTER_DAYS}"
