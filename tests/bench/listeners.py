"""Many listeners of live counts in one process: connects, reads, and notes when each event came to each of them.

Started by tests/bench/live.py, and driven by lines on its input, each answered by a line of JSON:

    open COUNT SECONDS     so many more listeners, spread over so many seconds; answers when all have their snapshot
    again SECONDS          cut every listener and connect it again within so many seconds; the same
    await VERSION SECONDS  wait until every listener has got this version; when the first, half, 99 of 100 and all had
    close                  cut every listener
"""

import asyncio
import json
import sys
import time
from typing import Any, cast

import uvloop

_ID = b"\nid: "


class Listener(asyncio.Protocol):
    """One stream; `got` has when it got each version, in monotonic seconds."""

    def __init__(self, crowd: "Crowd", request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self._head = b""
        self.transport: asyncio.Transport | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self.transport.write(self._request)

    def data_received(self, content: bytes) -> None:
        if not self.is_open:
            self._head += content
            if b"event: heartbeat" in self._head:
                self.is_open = True
                self._crowd.note_open(self._head.startswith(b"HTTP/1.1 200"))
                self._head = b""
            return
        start = content.rfind(_ID)
        if start >= 0:
            version = int(content[start + len(_ID) : content.index(b"\n", start + 1)])
            self._crowd.note_event(version)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.note_closed(self)


class Crowd:
    """All listeners of this process."""

    def __init__(self, address: str, paths: list[str]) -> None:
        self._address = address
        self._paths = paths
        self._listeners: set[Listener] = set()
        self._arrivals: dict[int, list[float]] = {}
        self._opened = self._refused = self._closed = 0
        self._made = 0

    def note_open(self, is_ok: bool) -> None:
        self._opened += is_ok
        self._refused += not is_ok

    def note_event(self, version: int) -> None:
        self._arrivals.setdefault(version, []).append(time.monotonic())

    def note_closed(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._closed += 1

    async def open(self, count: int, seconds: float) -> dict[str, Any]:
        self._opened = self._refused = 0
        began = time.monotonic()
        tasks = []
        for number in range(count):
            ahead = began + seconds * number / count - time.monotonic()
            if ahead > 0.005:
                await asyncio.sleep(ahead)
            elif number % 50 == 0:
                await asyncio.sleep(0)
            tasks.append(asyncio.ensure_future(self._connect()))
        failed = sum(
            isinstance(each, OSError)
            for each in await asyncio.gather(*tasks, return_exceptions=True)
        )
        deadline = time.monotonic() + 60
        while (  # noqa: ASYNC110  # a command of the bench, which has nothing else to do
            self._opened + self._refused + failed < count and time.monotonic() < deadline
        ):
            await asyncio.sleep(0.02)
        return {
            "opened": self._opened,
            "refused": self._refused,
            "failed": failed,
            "seconds": time.monotonic() - began,
        }

    async def _connect(self) -> None:
        path = self._paths[self._made % len(self._paths)]
        self._made += 1
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip\r\n\r\n"
        loop = asyncio.get_running_loop()
        listener = Listener(self, request.encode())
        self._listeners.add(listener)
        if self._address.startswith("/"):
            await loop.create_unix_connection(lambda: listener, self._address)
        else:
            host, _, port = self._address.rpartition(":")
            await loop.create_connection(lambda: listener, host, int(port))

    async def close(self) -> dict[str, Any]:
        cut = list(self._listeners)
        for listener in cut:
            if listener.transport:
                listener.transport.abort()
        while self._listeners:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return {"closed": len(cut)}

    async def again(self, seconds: float) -> dict[str, Any]:
        closed = await self.close()
        return closed | await self.open(closed["closed"], seconds)

    async def arrived(self, version: int, seconds: float) -> dict[str, Any]:
        """Counted in listeners, of which each gets a version once."""
        deadline = time.monotonic() + seconds
        expected = len(self._listeners)
        while (  # noqa: ASYNC110
            len(self._arrivals.get(version, ())) < expected and time.monotonic() < deadline
        ):
            await asyncio.sleep(0.01)
        times = sorted(self._arrivals.pop(version, []))
        if not times:
            return {"count": 0, "expected": expected}
        return {
            "count": len(times),
            "expected": expected,
            "first": times[0],
            "p50": times[len(times) // 2],
            "p99": times[int(len(times) * 0.99)],
            "last": times[-1],
        }


async def serve(address: str, paths: list[str]) -> None:
    """Answer the lines of the input until it ends."""
    crowd = Crowd(address, paths)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode().split():
        match line:
            case ["open", count, seconds]:
                answer = await crowd.open(int(count), float(seconds))
            case ["again", seconds]:
                answer = await crowd.again(float(seconds))
            case ["await", version, seconds]:
                answer = await crowd.arrived(int(version), float(seconds))
            case _:
                answer = await crowd.close()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2:]))
