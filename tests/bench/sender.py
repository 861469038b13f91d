"""Sends prepared requests as load.lua does, for machines without `wrk`.

One process, sockets that are never closed, answers read no further than their length: cheap enough to
keep one worker busy, though it takes several times the processor that `wrk` takes.

    python -m tests.bench.sender URL CONNECTIONS SECONDS HEADS BODIES FIRST ANSWER
"""

import json
import re
import selectors
import socket
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One socket, with one request on its way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self._received = b""
        self.since = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The answer's status once all of it is here."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError("The server closed the connection.")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = _LENGTH.search(head)
        return int(head[9:12]) if len(body) >= (int(length[1]) if length else 0) else None


class Requests:
    """The requests in a cycle; each cycle sends another body."""

    def __init__(self, heads: Path, tails: Path, first: int) -> None:
        self._heads = [
            line.replace("\t", "\r\n").encode() + b"\r\n" for line in heads.read_text().splitlines()
        ]
        self._tails = [_tail(line) for line in tails.read_text().splitlines()]
        self._first = first
        self.sent = 0

    def take(self) -> bytes:
        turn, reader = divmod(self._first + self.sent, len(self._heads))
        self.sent += 1
        return self._heads[reader] + self._tails[(reader + turn) % len(self._tails)]


def _tail(body: str) -> bytes:
    head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}\r\n{body}".encode()


def send(url: str, count: int, seconds: float, requests: Requests) -> dict[str, float]:
    parts = urlsplit(url)
    selector = selectors.DefaultSelector()
    for _ in range(count):
        connection = Connection((parts.hostname or "", parts.port or 80))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(requests.take())
    waits: list[float] = []
    refused = 0
    started = time.perf_counter()
    while (now := time.perf_counter()) < started + seconds:
        for key, _ in selector.select(timeout=1):
            status = key.data.receive()
            if status is not None:
                waits.append(time.perf_counter() - key.data.since)
                refused += status >= 400
                key.data.send(requests.take())
    cuts = statistics.quantiles(waits, n=100)
    return {
        "seconds": now - started,
        "answers": len(waits),
        "refused": refused,
        "broken": 0,
        "sent": requests.sent,
        "p50": cuts[49],
        "p99": cuts[98],
    }


if __name__ == "__main__":
    url, count, seconds, heads, tails, first, answer = sys.argv[1:]
    requests = Requests(Path(heads), Path(tails), int(first))
    Path(answer).write_text(json.dumps(send(url, int(count), float(seconds), requests)))
