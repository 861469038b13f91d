"""An article that has listeners in this process, or had some a moment ago."""

import time
from typing import TYPE_CHECKING
from uuid import UUID

from reactions.counts import Answer
from reactions.live import events

if TYPE_CHECKING:
    from reactions.live.listeners import Listener


class LiveArticle:
    """Its newest answer, as an event that is made once for all listeners."""

    __slots__ = ("_event", "_event_of", "answer", "article_id", "listeners", "sent_at", "unused_at")

    def __init__(self, article_id: UUID) -> None:
        self.article_id = article_id
        self.answer: Answer | None = None  # not read yet
        self.listeners: set[Listener] = set()
        self.sent_at = 0.0  # monotonic: when its last event was sent
        self.unused_at = time.monotonic()  # when its last listener left
        self._event = b""
        self._event_of: tuple[Answer, int] | None = None

    def event(self, epoch: int) -> bytes:
        """The event of this moment: a closing by time needs no change in Redis. Empty where nothing is known."""
        if self.answer is None:
            return b""
        now = self.answer.at_this_moment()
        if self._event_of is None or self._event_of[0] is not now or self._event_of[1] != epoch:
            self._event, self._event_of = events.counts(now, epoch), (now, epoch)
        return self._event

    def is_older(self, answer: Answer) -> bool:
        """Whether this answer is older than the one that is held."""
        return self.answer is not None and answer.version < self.answer.version

    def seconds_until_close(self) -> float | None:
        """None where it does not close by time, or has."""
        if self.answer is None or self.answer.closes_at is None or self.answer.state != "open":
            return None
        left = self.answer.closes_at - time.time()
        return left if left > 0 else None
