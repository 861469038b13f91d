"""Short copies in this process of what other servers know, and one thread at a time that asks them anew.

A story on the front page is asked for by every thread at once. Whoever comes first when the copy is
too old asks for all; the others wait for that answer, and go on with the old copy where it takes long.
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

# How long somebody waits for what another thread is asking: with an old copy at hand, and without.
_PATIENCE_SECONDS = 0.25
_LONG_PATIENCE_SECONDS = 3.0

_NEVER = float("-inf")

# What a thread that asks will have found out, by key. Any: it is of whatever Copies it flies for.
Flight = Future[Mapping[Any, Any]]


@dataclass(slots=True)
class _Copy(Generic[Value]):
    value: Value | None
    read_at: float  # monotonic; _NEVER where the value only says that whatever is older is outdated


class Copies(Generic[Key, Value]):
    """What this process knows, at most `most` keys of it; the one that was read longest ago is dropped first.

    `read` is asked for keys whose copy is older than `fresh_seconds`. A None from it says that there is
    nothing behind a key. A key that it leaves out could not be asked for: then a copy up to
    `stale_seconds` old stands in. A value never replaces one that it `is_older` than.
    """

    def __init__(
        self,
        read: Callable[[list[Key]], Mapping[Key, Value | None]],
        *,
        most: int,
        fresh_seconds: float,
        stale_seconds: float,
        is_older: Callable[[Value, Value], bool] = lambda value, held: False,
    ) -> None:
        self._read = read
        self._most = most
        self._fresh_seconds = fresh_seconds
        self._stale_seconds = stale_seconds
        self._is_older = is_older
        self._lock = Lock()
        self._copies: OrderedDict[Key, _Copy[Value]] = OrderedDict()
        self._flights: dict[Key, Flight] = {}

    def get_many(self, keys: Collection[Key]) -> dict[Key, Value | None]:
        """What is behind these keys, None for nothing. A key that nobody can tell of is left out."""
        found, mine, theirs, flight = self._divide(keys)
        if mine:
            found |= self._fly(mine, flight)
        if theirs:
            found |= self._wait(theirs)
        if len(found) < len(keys):
            found |= self._stale([key for key in keys if key not in found])
        return found

    def fresh(self, keys: Sequence[Key]) -> list[Value] | None:
        """What is behind all these keys; None where there is nothing behind one of them, or it has to be asked for."""
        too_old = time.monotonic() - self._fresh_seconds
        found = [
            copy.value
            for key in keys
            if (copy := self._copies.get(key)) and copy.read_at > too_old and copy.value is not None
        ]
        return found if len(found) == len(keys) else None

    def held(self, key: Key) -> Value | None:
        """The newest value that this process has heard of, however old and whether it may be shown or not."""
        copy = self._copies.get(key)
        return copy.value if copy is not None else None

    def renew(self, values: Mapping[Key, Value]) -> None:
        """Put values that were just made in the place of older ones. What is not held is not wanted here."""
        with self._lock:
            held = {key: value for key, value in values.items() if key in self._copies}
            self._store(held, time.monotonic())

    def outdate(self, key: Key, value: Value) -> None:
        """Let whoever is next ask anew where the copy is older than this value, which itself is not shown."""
        with self._lock:
            held = self._copies.get(key)
            if held is None or held.value is None or self._is_older(held.value, value):
                self._put(key, _Copy(value, _NEVER))
                self._flights.pop(key, None)

    def forget(self, key: Key) -> None:
        """Let whoever is next ask anew; what is being asked at this moment is not kept."""
        with self._lock:
            self._copies.pop(key, None)
            self._flights.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._copies.clear()
            self._flights.clear()

    def _divide(
        self, keys: Collection[Key]
    ) -> tuple[dict[Key, Value | None], list[Key], dict[Key, Flight], Flight]:
        """What is fresh, what the caller has to ask for on this new flight, and what others are asking for."""
        found: dict[Key, Value | None] = {}
        mine: list[Key] = []
        theirs: dict[Key, Flight] = {}
        flight: Flight = Future()
        with self._lock:
            too_old = time.monotonic() - self._fresh_seconds
            for key in keys:
                copy = self._copies.get(key)
                if copy is not None and copy.read_at > too_old:
                    found[key] = copy.value
                elif key in self._flights:
                    theirs[key] = self._flights[key]
                else:
                    self._flights[key] = flight
                    mine.append(key)
            if mine:
                # Who asks anyway asks for those too that are soon too old: else a list of a hundred, each read at
                # another moment, would ask a hundred times.
                old = too_old + self._fresh_seconds / 2
                ageing = [key for key in found if self._is_ageing(key, old)]
                self._flights |= dict.fromkeys(ageing, flight)
                mine += ageing
        return found, mine, theirs, flight

    def _is_ageing(self, key: Key, old: float) -> bool:
        return self._copies[key].read_at < old and key not in self._flights

    def _fly(self, keys: list[Key], flight: Flight) -> Mapping[Key, Value | None]:
        """Ask for these keys, for everybody who wants one of them meanwhile."""
        read_at = time.monotonic()
        values: Mapping[Key, Value | None] = {}
        try:
            values = self._read(keys)
        finally:
            with self._lock:
                # A key that was outdated or forgotten on the way belongs to another flight, or to none.
                landed = [key for key in keys if self._flights.get(key) is flight]
                for key in landed:
                    del self._flights[key]
                kept = {key: values[key] for key in landed if key in values}
                values = {**values, **self._store(kept, read_at)}
            flight.set_result(values)
        return values

    def _wait(self, flights: Mapping[Key, Flight]) -> dict[Key, Value | None]:
        known = self._stale(flights)
        patience = _PATIENCE_SECONDS if len(known) == len(flights) else _LONG_PATIENCE_SECONDS
        deadline = time.monotonic() + patience
        for key, flight in flights.items():
            try:
                values = flight.result(max(0, deadline - time.monotonic()))
            except TimeoutError:
                continue
            if key in values:
                known[key] = values[key]
        return known

    def _stale(self, keys: Collection[Key]) -> dict[Key, Value | None]:
        with self._lock:
            too_old = time.monotonic() - self._stale_seconds
            copies = {key: self._copies.get(key) for key in keys}
        return {
            key: copy.value
            for key, copy in copies.items()
            if copy is not None and copy.read_at > too_old
        }

    def _store(self, values: Mapping[Key, Value | None], read_at: float) -> dict[Key, Value | None]:
        """Hold each value unless a newer one is held; returns which to show. The lock is the caller's."""
        shown = dict(values)
        for key, value in values.items():
            held = self._copies.get(key)
            if held is None or self._is_newer(value, read_at, held):
                self._put(key, _Copy(value, read_at))
            elif held.read_at != _NEVER:
                shown[key] = held.value
        return shown

    def _is_newer(self, value: Value | None, read_at: float, held: _Copy[Value]) -> bool:
        if value is not None and held.value is not None:
            if self._is_older(value, held.value):
                return False
            if self._is_older(held.value, value):
                return True
        return read_at >= held.read_at

    def _put(self, key: Key, copy: _Copy[Value]) -> None:
        self._copies[key] = copy
        self._copies.move_to_end(key)
        while len(self._copies) > self._most:
            self._copies.popitem(last=False)
