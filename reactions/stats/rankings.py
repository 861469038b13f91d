"""The stories that readers love and react to most, over the last day: what the front page ranks.

From the buckets of whole quarters of an hour, which change no more: every process has the same ranking until the next
quarter begins, and reads it once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import OperationalError

from articles.hooks import Rankings
from reactions.cache.limits import public_read
from reactions.kinds import KINDS, Kind
from reactions.sql import rows

SPAN = timedelta(days=1)
_QUARTER = 900  # seconds
# Seconds after a quarter's end in which aggregation may still add to it.
_SETTLES = 10
# Reactions within the span: a ranking of stories with two or three would be chance.
LEAST_REACTIONS = 10
# Articles of each ranking that are read: the front page leaves out those that are not public any more.
_MOST = 10


@dataclass(frozen=True, slots=True)
class _Read:
    quarter: int  # that the ranking ends with
    rankings: Rankings


_last = _Read(-1, Rankings())
_reading = threading.Lock()


def rankings() -> Rankings:
    """Of the day that ended with the last quarter of an hour; one thread reads it, others get the last one meanwhile.

    The last one too where PostgreSQL cannot be asked.
    """
    global _last
    quarter = int(time.time() - _SETTLES) // _QUARTER
    if _last.quarter == quarter or not _reading.acquire(blocking=False):
        return _last.rankings
    try:
        with public_read():
            _last = _Read(quarter, _read(datetime.fromtimestamp(quarter * _QUARTER, UTC)))
    except OperationalError:
        pass  # the next call reads it, or the circuit breaker spares it
    finally:
        _reading.release()
    return _last.rankings


def clear_rankings() -> None:
    """Forget what was read, for tests."""
    global _last
    _last = _Read(-1, Rankings())


def _read(until: datetime) -> Rankings:
    loved = _kind_of_love()
    found = rows(
        "ranking",
        {
            "since": until - SPAN,
            "until": until,
            "kind": loved.bit if loved else -1,
            "least": LEAST_REACTIONS,
            "most": _MOST,
        },
        repeatable=True,
    )
    return Rankings(
        loved=_first([row for row in found if row[1] >= LEAST_REACTIONS], lambda row: row[1]),
        felt=_first(found, lambda row: row[2]),
    )


def _first(
    found: list[tuple[UUID, int, int]], count: Callable[[tuple[UUID, int, int]], int]
) -> tuple[UUID, ...]:
    """The ids by their counts; of equals, by the id, so that every process has the same order."""
    ordered = sorted(found, key=lambda row: (-count(row), row[0]))
    return tuple(article_id for article_id, *_ in ordered[:_MOST])


def _kind_of_love() -> Kind | None:
    """`love`, or what a site of its own kinds has for a like; None where it has neither."""
    offered = [kind for kind in KINDS if not kind.retired]
    named = [kind for kind in offered if kind.key == "love"]
    liked = [kind for kind in offered if kind.schema_action == "LikeAction"]
    return next(iter([*named, *liked]), None)
