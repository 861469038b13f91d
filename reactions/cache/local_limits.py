"""Rate limits of one process, for the time in which Redis is unreachable."""

import threading
import time
from collections import OrderedDict

# Of the networks that were seen last; a network takes a hundred bytes.
_MOST = 10_000


class LocalLimits:
    """The generic cell rate algorithm of take.lua, counted by this process alone."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._earned_at: OrderedDict[str, int] = OrderedDict()  # microseconds, monotonic
        self._lock = threading.Lock()

    def take(self, key: str, interval: int, at_once: int) -> list[int]:
        """As take.lua: the wait, 0 where one was taken; how many are left; after how long all are earned."""
        now = time.monotonic_ns() // 1_000
        with self._lock:
            earned_at = max(self._earned_at.pop(key, now), now)
            wait = earned_at + interval - now - interval * at_once
            if wait <= 0:
                earned_at += interval
            self._earned_at[key] = earned_at
            if len(self._earned_at) > self._most:
                self._earned_at.popitem(last=False)
        remaining = (now + interval * at_once - earned_at) // interval
        return [max(0, wait), remaining, earned_at - now]

    def give_back(self, key: str, microseconds: int) -> None:
        """As give_back.lua."""
        with self._lock:
            if (earned_at := self._earned_at.get(key)) is not None:
                self._earned_at[key] = earned_at - microseconds

    def clear(self) -> None:
        with self._lock:
            self._earned_at.clear()
