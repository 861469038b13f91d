"""The local cache: values of other servers in this process, refreshed by one thread at a time.

Every thread asks for the article on the front page at once. Single-flight: the first thread to find an expired entry
refreshes it. Other threads wait up to 250 ms if they have a stale value, then serve it, and up to 3 s if they have
none.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

# How long a thread waits for the refresh of another one: with a stale value, and without.
_WAIT_SECONDS = 0.25
_WAIT_WITHOUT_VALUE_SECONDS = 3.0

_NEVER = float("-inf")

# The values that a refresh will have read, by key. Any: they are of the LocalCache that it belongs to.
Refresh = Future[Mapping[Any, Any]]


@dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value | None
    read_at: float  # monotonic; _NEVER where the value only marks older ones as invalid, and is not shown


class LocalCache(Generic[Key, Value]):
    """At most `max_entries` values; the one that was read longest ago is evicted first.

    `read` is called for keys whose entry is older than `fresh_seconds`. A None from it means that a key has no value.
    A key that it leaves out could not be read: then an entry up to `stale_seconds` old is served. A value never
    replaces one that it `is_older` than.
    """

    def __init__(
        self,
        read: Callable[[list[Key]], Mapping[Key, Value | None]],
        *,
        max_entries: int,
        fresh_seconds: float,
        stale_seconds: float,
        is_older: Callable[[Value, Value], bool] = lambda value, cached: False,
    ) -> None:
        self._read = read
        self._max_entries = max_entries
        self._fresh_seconds = fresh_seconds
        self._stale_seconds = stale_seconds
        self._is_older = is_older
        self._lock = Lock()
        self._entries: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        self._refreshes: dict[Key, Refresh] = {}

    def get_many(self, keys: Collection[Key]) -> dict[Key, Value | None]:
        """The values of these keys, None for no value. A key that could not be read is left out."""
        found, expired, awaited, refresh = self._divide(keys)
        if expired:
            found |= self._refresh(expired, refresh)
        if awaited:
            found |= self._wait(awaited)
        if len(found) < len(keys):
            found |= self._stale([key for key in keys if key not in found])
        return found

    def fresh(self, keys: Sequence[Key]) -> list[Value] | None:
        """The values of all these keys; None where one has no value, or has to be read first."""
        oldest = time.monotonic() - self._fresh_seconds
        found = [
            entry.value
            for key in keys
            if (entry := self._entries.get(key))
            and entry.read_at > oldest
            and entry.value is not None
        ]
        return found if len(found) == len(keys) else None

    def newest(self, key: Key) -> Value | None:
        """The newest value that this process has seen, whatever its age and whether it may be shown or not."""
        entry = self._entries.get(key)
        return entry.value if entry is not None else None

    def update(self, values: Mapping[Key, Value]) -> None:
        """Replace older values of keys that are cached here; other keys are ignored."""
        with self._lock:
            cached = {key: value for key, value in values.items() if key in self._entries}
            self._store(cached, time.monotonic())

    def invalidate_older(self, key: Key, value: Value) -> None:
        """Have the next caller read again where the entry is older than this value, which itself is not shown."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.value is None or self._is_older(entry.value, value):
                self._put(key, _Entry(value, _NEVER))
                self._refreshes.pop(key, None)

    def invalidate(self, key: Key) -> None:
        """Drop the entry; the result of a refresh that is under way is not stored."""
        with self._lock:
            self._entries.pop(key, None)
            self._refreshes.pop(key, None)

    def clear(self) -> None:
        """Drop every entry."""
        with self._lock:
            self._entries.clear()
            self._refreshes.clear()

    def _divide(
        self, keys: Collection[Key]
    ) -> tuple[dict[Key, Value | None], list[Key], dict[Key, Refresh], Refresh]:
        """The fresh values, the keys that the caller has to refresh, and those that other threads are refreshing."""
        found: dict[Key, Value | None] = {}
        expired: list[Key] = []
        awaited: dict[Key, Refresh] = {}
        refresh: Refresh = Future()
        with self._lock:
            oldest = time.monotonic() - self._fresh_seconds
            for key in keys:
                entry = self._entries.get(key)
                if entry is not None and entry.read_at > oldest:
                    found[key] = entry.value
                elif key in self._refreshes:
                    awaited[key] = self._refreshes[key]
                else:
                    self._refreshes[key] = refresh
                    expired.append(key)
            if expired:
                # A refresh takes entries along that are about to expire: otherwise a list of a hundred articles, each
                # read at another moment, would refresh a hundred times.
                half_expired = oldest + self._fresh_seconds / 2
                ageing = [key for key in found if self._is_ageing(key, half_expired)]
                self._refreshes |= dict.fromkeys(ageing, refresh)
                expired += ageing
        return found, expired, awaited, refresh

    def _is_ageing(self, key: Key, half_expired: float) -> bool:
        return self._entries[key].read_at < half_expired and key not in self._refreshes

    def _refresh(self, keys: list[Key], refresh: Refresh) -> Mapping[Key, Value | None]:
        """Read these keys, also for the threads that wait for one of them."""
        read_at = time.monotonic()
        values: Mapping[Key, Value | None] = {}
        try:
            values = self._read(keys)
        finally:
            with self._lock:
                # A key that was invalidated on the way belongs to another refresh, or to none.
                own = [key for key in keys if self._refreshes.get(key) is refresh]
                for key in own:
                    del self._refreshes[key]
                kept = {key: values[key] for key in own if key in values}
                values = {**values, **self._store(kept, read_at)}
            refresh.set_result(values)
        return values

    def _wait(self, refreshes: Mapping[Key, Refresh]) -> dict[Key, Value | None]:
        known = self._stale(refreshes)
        has_all = len(known) == len(refreshes)
        deadline = time.monotonic() + (_WAIT_SECONDS if has_all else _WAIT_WITHOUT_VALUE_SECONDS)
        for key, refresh in refreshes.items():
            try:
                values = refresh.result(max(0, deadline - time.monotonic()))
            except TimeoutError:
                continue
            if key in values:
                known[key] = values[key]
        return known

    def _stale(self, keys: Collection[Key]) -> dict[Key, Value | None]:
        with self._lock:
            oldest = time.monotonic() - self._stale_seconds
            entries = {key: self._entries.get(key) for key in keys}
        return {
            key: entry.value
            for key, entry in entries.items()
            if entry is not None and entry.read_at > oldest
        }

    def _store(self, values: Mapping[Key, Value | None], read_at: float) -> dict[Key, Value | None]:
        """Store each value unless a newer one is cached; returns the values to show. The caller holds the lock."""
        shown = dict(values)
        for key, value in values.items():
            entry = self._entries.get(key)
            if entry is None or self._is_newer(value, read_at, entry):
                self._put(key, _Entry(value, read_at))
            elif entry.read_at != _NEVER:
                shown[key] = entry.value
        return shown

    def _is_newer(self, value: Value | None, read_at: float, entry: _Entry[Value]) -> bool:
        if value is not None and entry.value is not None:
            if self._is_older(value, entry.value):
                return False
            if self._is_older(entry.value, value):
                return True
        return read_at >= entry.read_at

    def _put(self, key: Key, entry: _Entry[Value]) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
