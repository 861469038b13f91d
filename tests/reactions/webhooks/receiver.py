"""A receiver of webhooks that verifies with the specification's own library, and answers as it is told."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    id: str
    timestamp: int
    signatures: int
    body: bytes
    at: float  # monotonic

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.message["data"]["results"]
        return found


@dataclass
class Receiver:
    """`hears` is told what came. `answer` writes the whole answer; without it, it is 204."""

    secret: str = ""
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    hears: Callable[[Received], None] | None = None
    received: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    port: int = 0
    most_open: int = 0
    _open: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?site=1"

    def of_type(self, type_: str) -> list[Received]:
        return [each for each in self.received if each.message["type"] == type_]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        try:
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in handler.headers.items()}
            if self.secret:
                try:
                    Webhook(self.secret).verify(body, headers)
                except Exception as error:  # noqa: BLE001  # the test shows it
                    self.refused.append(repr(error))
            received = Received(
                headers["webhook-id"],
                int(headers["webhook-timestamp"]),
                len(headers["webhook-signature"].split()),
                body,
                time.monotonic(),
            )
            self.received.append(received)
            if self.hears:
                self.hears(received)
            if self.answer:
                self.answer(handler)
            else:
                answer_with(204)(handler)
        finally:
            with self._lock:
                self._open -= 1


def answer_with(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            receiver.take(self)

        def do_GET(self) -> None:  # http.server's name
            receiver.refused.append("a redirect was followed")

        def log_message(self, *args: Any) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the sender has left

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
