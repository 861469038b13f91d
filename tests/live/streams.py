"""A listener for tests: one stream, read event by event, as the bytes come."""

import json
import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

PATIENCE_SECONDS = 10.0


@dataclass
class Event:
    """One event, or a block that is none: a comment, or `retry` alone. `at` is when it came, in monotonic seconds."""

    at: float
    name: str = ""
    id: str = ""
    data: str = ""
    retry: int | None = None
    comment: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass(eq=False)
class Stream:
    """A request, and its answer as it comes. `address` is a port of this machine, or the path of a socket."""

    address: int | str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        if isinstance(self.address, int):
            self.socket = socket.create_connection(("127.0.0.1", self.address), PATIENCE_SECONDS)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE_SECONDS)
            self.socket.connect(self.address)
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._raw = b""
        self._text = b""
        self.has_ended = False
        while b"\r\n\r\n" not in self._raw:
            self._receive(PATIENCE_SECONDS)
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        self.head_after = time.monotonic() - self.began
        status, *fields = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        pairs = (each.partition(": ") for each in fields)
        self.answer = {name.lower(): value for name, _, value in pairs}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def body(self) -> bytes:
        """The whole body of an answer that ends by its length."""
        length = int(self.answer["content-length"])
        while len(self._raw) < length:
            self._receive(PATIENCE_SECONDS)
        return self._raw[:length]

    def next(self, name: str = "", *, within: float = PATIENCE_SECONDS) -> Event:
        """The next block, or the next event of this name. Raises TimeoutError, or EOFError at the end of the stream."""
        deadline = time.monotonic() + within
        while True:
            event = self._parsed()
            if event is None:
                if self.has_ended:
                    raise EOFError
                self._receive(deadline - time.monotonic())
            elif not name or event.name == name:
                return event

    def wait_for(self, text: str, *, within: float = PATIENCE_SECONDS) -> Event:
        """The next event whose data contains this."""
        deadline = time.monotonic() + within
        while True:
            event = self.next(within=deadline - time.monotonic())
            if text in event.data:
                return event

    def all_within(self, seconds: float, name: str = "counts") -> list[Event]:
        """The events of this name that come within so many seconds."""
        found = []
        deadline = time.monotonic() + seconds
        try:
            while True:
                found.append(self.next(name, within=deadline - time.monotonic()))
        except (TimeoutError, EOFError):
            return found

    def begin(self) -> list[Event]:
        """All blocks up to the first heartbeat."""
        found = [self.next()]
        while found[-1].name != "heartbeat":
            found.append(self.next())
        return found

    def wait_for_end(self, *, within: float = PATIENCE_SECONDS) -> list[Event]:
        """What comes before the server ends the stream."""
        found = []
        deadline = time.monotonic() + within
        try:
            while True:
                found.append(self.next(within=deadline - time.monotonic()))
        except EOFError:
            return found

    def _receive(self, seconds: float) -> None:
        if seconds <= 0:
            raise TimeoutError
        self.socket.settimeout(seconds)
        content = self.socket.recv(65_536)
        if not content:
            if not self.has_ended and b"\r\n\r\n" not in self._raw and not hasattr(self, "status"):
                raise EOFError
            self.has_ended = True
        self._raw += content

    def _parsed(self) -> Event | None:
        self._unchunk()
        block, end, rest = self._text.partition(b"\n\n")
        if not end:
            return None
        self._text = rest
        event = Event(time.monotonic())
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event.name = value
            elif name == "retry":
                event.retry = int(value)
            elif name in {"id", "data"}:
                setattr(event, name, value)
            elif not name:
                event.comment += value
        return event

    def _unchunk(self) -> None:
        while b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if length == 0:
                self.has_ended = True
                return
            if len(rest) < length + 2:
                return
            self._text += rest[:length]
            self._raw = rest[length + 2 :]
