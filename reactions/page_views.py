"""Counts how many clients opened an article in each half hour, about.

Redis has the clients of a half hour as a HyperLogLog, which is wrong by 1 % and of which no client can be read. A task
copies their number to PostgreSQL. docs/decisions/0044-views.md has the reasons.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from reactions.cache import redis, redis_keys
from reactions.moderation.bots import is_bot
from reactions.moderation.client_network import hash_client
from reactions.readers import HasReader
from reactions.sql import rows

logger = logging.getLogger(__name__)

HALF_HOUR_SECONDS = 1_800
# Half hours of articles that one statement copies.
BATCH = 1_000
# A run ends before the next one begins.
_COPY_SECONDS = 50

# What became of a view: counted (once for each client), of a bot, not wanted by the reader, or lost since Redis was
# unreachable.
NOTED, BOT, OPTED_OUT, LOST = OUTCOMES = ("noted", "bot", "opted_out", "lost")

# Views that were not counted cost no call to Redis, but for one in so many.
_MOST_WAITING = 100
# Of this process, until Redis can be given their number.
_waiting: Counter[str] = Counter()
_lock = threading.Lock()


def note_view(request: HasReader, *, article_id: UUID) -> None:
    """Count the client of this request among those who opened the article in this half hour; once, however often.

    Bots are not counted, nor readers whose browser sends Global Privacy Control, nor anybody while Redis is unreachable.
    """
    outcome = _outcome_of(request)
    if outcome != NOTED:
        _add_waiting(outcome)
        return
    member = f"{article_id}:{_half_hour()}"
    noted = redis.run_script(
        "note_view",
        [redis_keys.views(member), redis_keys.VIEWS_CHANGED, redis_keys.VIEWS_REQUESTS],
        [member, hash_client(request), redis_keys.VIEWS_TTL_SECONDS],
    )
    if not noted:
        _add_waiting(LOST)
    elif _waiting:
        _send_waiting()


def copy_views() -> int:
    """Copy to PostgreSQL what has changed in Redis; returns how many half hours of articles changed there.

    Any number at once, and to be killed: what was not copied, or changed meanwhile, is copied by the next run.
    """
    deadline = time.monotonic() + _COPY_SECONDS
    copied = 0
    while time.monotonic() < deadline:
        changed = redis.first_of_sorted_set(redis_keys.VIEWS_CHANGED, BATCH)
        if not changed:
            break
        members = [member for member, _ in changed]
        sizes = redis.estimate_sizes([redis_keys.views(member) for member in members])
        if sizes is None:
            break
        copied += _copy(members, sizes)
        confirmed = [str(each) for pair in changed for each in pair]
        if not redis.run_script("confirm_views", [redis_keys.VIEWS_CHANGED], confirmed):
            break
        if len(changed) < BATCH:
            break
    return copied


def read_view_counts() -> Mapping[str, int] | None:
    """How many views were sent, by outcome; None where Redis is unreachable."""
    if _waiting:
        _send_waiting()
    found = redis.read_hash(redis_keys.VIEWS_REQUESTS)
    return None if found is None else {each: int(found.get(each, 0)) for each in OUTCOMES}


def _half_hour() -> int:
    """The beginning of the one that runs, in seconds since 1970."""
    return int(time.time()) // HALF_HOUR_SECONDS * HALF_HOUR_SECONDS


def _outcome_of(request: HasReader) -> str:
    if request.META.get("HTTP_SEC_GPC") == "1":
        return OPTED_OUT
    return BOT if is_bot(str(request.META.get("HTTP_USER_AGENT", ""))) else NOTED


def _copy(members: Sequence[str], sizes: Sequence[int]) -> int:
    """Those that Redis has lost altogether are 0, and left out."""
    known = [
        (UUID(article), datetime.fromtimestamp(int(start), UTC), size)
        for member, size in zip(members, sizes, strict=True)
        for article, _, start in [member.partition(":")]
        if size
    ]
    if not known:
        return 0
    articles, starts, views = zip(*known, strict=True)
    ((changed, lost),) = rows(
        "copy_views", {"articles": list(articles), "starts": list(starts), "views": list(views)}
    )
    if lost:
        logger.warning("Redis has lost views of %d half hours of articles.", lost)
    return int(changed)


def _add_waiting(outcome: str) -> None:
    with _lock:
        _waiting[outcome] += 1
        is_much = sum(_waiting.values()) >= _MOST_WAITING
    if is_much:
        _send_waiting()


def _send_waiting() -> None:
    with _lock:
        counts = Counter(_waiting)
        _waiting.clear()
    if counts and not redis.add_to_fields(redis_keys.VIEWS_REQUESTS, counts):
        with _lock:
            _waiting.update(counts)
