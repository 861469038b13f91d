"""The public rankings: the stories that got most reactions of one kind within seven days, where the site wants them shown.

One process counts a ranking for all others, at most once in five minutes, and shares it through Redis. Whether a story
may still be shown is asked each time: one that is killed or hidden in between leaves the ranking at once.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import OperationalError

from reactions.cache import redis as redis_cache
from reactions.cache import redis_keys
from reactions.cache.limits import public_read
from reactions.counts import list_counts
from reactions.kinds import BY_KEY, Kind
from reactions.stats.query import Query, run
from reactions.stats.scope import EVERYTHING
from reactions.stats.windows import read_window

DAYS = 7
RENEWED_AFTER = timedelta(minutes=5)
# Reactions of the kind within the days. Fewer would be chance, and could tell who reacted.
LEAST_REACTIONS = 20
MOST_STORIES = 10
# Those that take the places of stories that may not be shown any more.
_SPARE_STORIES = 10
# What is counted before those are left out whose reactions are hidden: they get no new ones, so they are few.
_MOST_CANDIDATES = 200
# States of an article's reactions in which readers see its counts.
_SHOWN = {"open", "closed"}


@dataclass(frozen=True, slots=True)
class Place:
    """A story in a ranking, and how many reactions of the kind came to it in the days, less those that left."""

    article_id: UUID
    count: int


@dataclass(frozen=True, slots=True)
class PublicRanking:
    """The places of the days from `start` until `end`, the first first, with some to spare; counted at `as_of`."""

    start: datetime
    end: datetime
    as_of: datetime
    places: Sequence[Place] = ()

    @property
    def is_current(self) -> bool:
        age = time.time() - self.as_of.timestamp()
        return 0 <= age < RENEWED_AFTER.total_seconds()

    def shown(self) -> list[Place]:
        """The places whose articles show their counts to readers. Their articles may be gone all the same."""
        found = list_counts([each.article_id for each in self.places])
        return [
            each
            for each in self.places
            if each.article_id in found and found[each.article_id].state in _SHOWN
        ]

    def as_json(self) -> str:
        return json.dumps(
            {
                "times": [each.isoformat() for each in (self.start, self.end, self.as_of)],
                "places": [[str(each.article_id), each.count] for each in self.places],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        found = json.loads(text)
        start, end, as_of = (datetime.fromisoformat(each) for each in found["times"])
        places = tuple(Place(UUID(article_id), count) for article_id, count in found["places"])
        return cls(start, end, as_of, places)


def public_kinds() -> list[Kind]:
    """The kinds that have a public ranking."""
    return [BY_KEY[key] for key in dict.fromkeys(settings.REACTIONS_PUBLIC_RANKINGS)]


def find_public_kind(key: str) -> Kind | None:
    return next((kind for kind in public_kinds() if kind.key == key), None)


_last: dict[str, PublicRanking] = {}
_renewing = {key: threading.Lock() for key in BY_KEY}


def public_ranking(kind: Kind) -> PublicRanking:
    """The ranking of the kind, five minutes old at most where PostgreSQL can be asked.

    One thread renews it; the others get the last one meanwhile, and wait where there is none. Raises OperationalError
    where there is none and PostgreSQL cannot be asked.
    """
    last = _last.get(kind.key)
    if last and last.is_current:
        return last
    lock = _renewing[kind.key]
    if not lock.acquire(blocking=last is None):
        return last or _last[kind.key]
    try:
        return _renewed(kind)
    finally:
        lock.release()


def clear_public_rankings() -> None:
    """Forget every ranking of this process, for tests."""
    _last.clear()


def _renewed(kind: Kind) -> PublicRanking:
    last = _newer(_last.get(kind.key), _read_shared(kind))
    if last and last.is_current:
        _last[kind.key] = last
        return last
    turn = redis_keys.ranking_turn(kind.key)
    is_others = redis_cache.take_turn(turn, ttl_seconds=redis_keys.RANKING_TURN_SECONDS) is False
    if is_others and last:
        return last
    try:
        counted = _count(kind, datetime.now(UTC))
    except OperationalError:
        if last is None:
            raise
        return last
    if not is_others:  # else the other process shares its own, and all are to show the same
        _last[kind.key] = counted
        redis_cache.write_text(
            redis_keys.ranking(kind.key),
            counted.as_json(),
            ttl_seconds=redis_keys.RANKING_TTL_SECONDS,
        )
    return counted


def _newer(one: PublicRanking | None, other: PublicRanking | None) -> PublicRanking | None:
    return max(filter(None, (one, other)), key=lambda each: each.as_of, default=None)


def _read_shared(kind: Kind) -> PublicRanking | None:
    text = redis_cache.read_text(redis_keys.ranking(kind.key))
    return PublicRanking.from_json(text) if text else None


def _count(kind: Kind, now: datetime) -> PublicRanking:
    window = read_window(f"{DAYS}d", ZoneInfo(settings.TIME_ZONE), now)
    with public_read():
        figures = run(
            Query(
                metrics=("net",),
                window=window,
                dimensions=("article",),
                filters=(("is", "kind", (kind.key,)),),
                listed=True,
                order_by=(("net", "desc"),),
                limit=_MOST_CANDIDATES,
                totals=False,
            ),
            EVERYTHING,
            now=now,
        )
    places = [
        Place(each.dimensions[0], int(each.metrics[0] or 0))
        for each in figures.results
        if (each.metrics[0] or 0) >= LEAST_REACTIONS
    ]
    ranking = PublicRanking(window.start, window.end, now, tuple(places))
    shown = ranking.shown()[: MOST_STORIES + _SPARE_STORIES]
    return PublicRanking(window.start, window.end, now, tuple(shown))
