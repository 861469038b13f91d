"""A listener: one open stream, and what it has not been sent yet."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, cast

from reactions.live.articles import LiveArticle

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Listener:
    """One open stream. Its buffer is the server's; where that is full, the articles that it lacks are remembered.

    Times are monotonic seconds.
    """

    __slots__ = (
        "_abort",
        "_send",
        "articles",
        "behind",
        "behind_since",
        "ended",
        "lease_ends_at",
        "network",
    )

    def __init__(
        self,
        send: Send,
        abort: Callable[[], None],
        articles: tuple[LiveArticle, ...],
        network: bytes | None,
    ) -> None:
        self._send = send
        self._abort = abort
        self.articles = articles
        self.network = network
        self.lease_ends_at = self.behind_since = 0.0
        self.behind: set[LiveArticle] | None = None
        self.ended = False

    def write(self, message: Message) -> bool:
        """Send a body message without waiting; False where the buffer is full, and then nothing was sent.

        uvicorn waits for room in the buffer before it writes, so a call that would wait has written nothing.
        """
        call = cast(Coroutine[None, None, None], self._send(message))
        try:
            call.send(None)
        except StopIteration:
            return True
        call.close()
        return False

    def end(self, last: bytes) -> None:
        """Send this and end the stream; one whose buffer is full is cut."""
        if self.ended:
            return
        self.ended = True
        if not self.write({"type": "http.response.body", "body": last, "more_body": False}):
            self._abort()

    def cut(self) -> None:
        """End the stream at once, whatever waits in its buffer."""
        self.ended = True
        self._abort()


def body(content: bytes) -> Message:
    """A message that any number of listeners may be sent."""
    return {"type": "http.response.body", "body": content, "more_body": True}
