"""Reads the change feed: pages of what changed after a cursor, or after nothing, which is all that is public.

A row is the latest state of a part of an article. A reader who goes on from a cursor misses nothing: a part that changes moves
to the end. docs/decisions/0047-change-feed.md has the reasons.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from reactions.cache import redis, redis_keys
from reactions.changes.cursors import Cursor, digest_of
from reactions.changes.numbering import number_changes
from reactions.counts import Counts, read_counts
from reactions.models import ChangePart
from reactions.sql import row, rows

LISTED = "listed"
# Why an article is gone for a reader who filters: it is public, and has not what the filter asks for any more.
FILTERED = "filtered"
_NUMBERING_SECONDS = 0.1


class CursorExpired(Exception):
    """A reader with this cursor may have missed something, and has to start again."""

    def __init__(self, why: str, oldest: Cursor) -> None:
        super().__init__(why)
        self.oldest = oldest


class OtherFilters(Exception):
    """The cursor is of a feed with other filters."""


@dataclass(frozen=True, slots=True)
class State:
    """The feed as it is. `may_lag`: the server is a replica."""

    epoch: str
    position: int
    forgotten: int
    may_lag: bool
    has_notes: bool


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """One row. `gone` says why, empty where the article is public; `counts` are there for a change of counts alone."""

    article_id: UUID
    part: ChangePart
    at: datetime
    version: int | None
    gone: str = ""
    into_id: UUID | None = None
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """`next` is the cursor to read on from; `more` whether there is something by now."""

    changes: Sequence[ArticleChange]
    next: Cursor
    more: bool


def read_state() -> State:
    """The feed as it is, after what waits was numbered, if this server can and no other process does."""
    state = _state()
    if state.has_notes and not state.may_lag:
        number_changes(seconds=_NUMBERING_SECONDS)
        state = _state()
    return state


def _state() -> State:
    found = row("change_feed", repeatable=True)
    if found is None:  # nothing was ever numbered
        number_changes(seconds=_NUMBERING_SECONDS)
        found = row("change_feed", repeatable=True)
    epoch, position, forgotten, may_lag, has_notes = found or ("0" * 12, 0, 0, False, False)
    return State(epoch, position, forgotten, may_lag, has_notes)


def latest(state: State, facets: Collection[str]) -> Cursor:
    """The cursor of a reader who has all until now."""
    return Cursor(state.epoch, state.position, digest_of(facets))


def check(cursor: Cursor, state: State, facets: Collection[str]) -> None:
    """Raises OtherFilters, and CursorExpired where something after the cursor is not known any more."""
    if cursor.filters != digest_of(facets):
        raise OtherFilters
    oldest = Cursor(state.epoch, state.forgotten, cursor.filters)
    if cursor.epoch != state.epoch:
        raise CursorExpired("It is of a server that this one has replaced.", oldest)
    if cursor.position < state.forgotten:
        raise CursorExpired("Articles that are gone since then are not known any more.", oldest)
    if cursor.position > state.position and not state.may_lag:
        raise CursorExpired("It is of a server that this one has replaced.", oldest)


def read_page(
    cursor: Cursor | None, state: State, facets: Collection[str], *, most: int
) -> ChangesPage:
    """What changed after the cursor, None: all. Raises as `check`."""
    after = 0
    if cursor is not None:
        check(cursor, state, facets)
        after = cursor.position
    found = rows(
        "list_changes",
        {"after": after, "until": state.position, "facets": sorted(facets), "most": most + 1},
        repeatable=True,
    )
    more = len(found) > most
    page = found[:most]
    # Of a replica that lags the cursor stays where it was.
    end = page[-1][2] if more else max(state.position, after)
    return ChangesPage(_changes(page), Cursor(state.epoch, end, digest_of(facets)), more)


def _changes(page: Sequence[Any]) -> list[ArticleChange]:
    """With the counts as PostgreSQL has them: a cache could have older ones than the position is of."""
    counted = [each[0] for each in page if each[1] == ChangePart.COUNTS]
    counts = {each.article_id: each for each in read_counts(counted)} if counted else {}
    return [
        change
        for article_id, part, _, at, version, gone, into_id, matches in page
        if (
            change := _counts_change(article_id, at, counts.get(article_id))
            if part == ChangePart.COUNTS
            else _content_change(article_id, at, version, gone, into_id, is_found=matches)
        )
    ]


def _content_change(
    article_id: UUID, at: datetime, version: int, gone: str, into_id: UUID | None, *, is_found: bool
) -> ArticleChange:
    if not gone and not is_found:
        gone = FILTERED
    return ArticleChange(article_id, ChangePart.CONTENT, at, version, gone, into_id)


def _counts_change(article_id: UUID, at: datetime, counts: Counts | None) -> ArticleChange | None:
    """None for an article that is gone by now, of which a later row says so."""
    if counts is None or counts.state == "missing":
        return None
    return ArticleChange(article_id, ChangePart.COUNTS, at, counts.version, counts=counts)


def seconds_behind() -> float:
    """How far the feed is behind what happened: 0 where nothing waits and no transaction is open."""
    (seconds,) = row("changes_behind", repeatable=True) or (0.0,)
    return float(seconds or 0.0)


def note_expired_cursor() -> None:
    redis.add_to_fields(redis_keys.CHANGE_FEED_COUNTS, {"expired": 1})


def read_expired_cursors() -> int | None:
    """How many calls had an expired cursor, since Redis began to count; None where it is unreachable."""
    found = redis.read_hash(redis_keys.CHANGE_FEED_COUNTS)
    return None if found is None else int(found.get("expired", 0))
