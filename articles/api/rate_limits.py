"""The limits of API keys as programs see them: what a key may send, and how an answer says what is left of it."""

from dataclasses import dataclass
from math import ceil

from django.conf import settings

from articles.models import ApiKey

WINDOW_SECONDS = 60
POLICY_HEADER, STANDING_HEADER = "RateLimit-Policy", "RateLimit"


@dataclass(frozen=True)
class MinuteLimit:
    """So many calls at once, and then one whenever it is earned; `setting` says how many a minute, 0: no limit."""

    name: str
    setting: str
    has_ceiling: bool = False

    @property
    def at_once(self) -> int:
        return max(0, int(getattr(settings, self.setting)))

    @property
    def interval_microseconds(self) -> int:
        return max(1, WINDOW_SECONDS * 1_000_000 // max(1, self.at_once))


KEY_READS = MinuteLimit("key-reads", "KEY_READS_PER_MINUTE")
KEY_WRITES = MinuteLimit("key-writes", "KEY_WRITES_PER_MINUTE")


@dataclass(frozen=True, slots=True)
class Standing:
    """What one call left of a limit. Times in seconds; `reset` is when all of it can be taken again."""

    name: str
    quota: int
    window: float
    remaining: int
    reset: float
    wait: float = 0  # of a call that was refused

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them; with a Retry-After both name the same moment."""
        then = ceil(self.wait or self.reset)
        return {
            POLICY_HEADER: f'"{self.name}";q={self.quota};w={ceil(self.window)}',
            STANDING_HEADER: f'"{self.name}";r={self.remaining};t={then}',
        }


def limit_of(key: ApiKey, method: str) -> MinuteLimit:
    """The limit of this key that a call takes from."""
    return KEY_READS if method in {"GET", "HEAD"} else KEY_WRITES


def limits_of(key: ApiKey) -> list[dict[str, object]]:
    """The limits of a key, for its owner; without those that are switched off."""
    return [
        {"policy": limit.name, "quota": limit.at_once, "window_seconds": WINDOW_SECONDS}
        for limit in (KEY_READS, KEY_WRITES)
        if limit.at_once
    ]
