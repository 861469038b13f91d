"""Clients that send a byte now and then, and never a whole request."""

import selectors
import socket
import time

_HEADERS = b"Host: localhost\r\nContent-Type: application/json\r\n"
# What each kind sends first, and then again and again.
_KINDS = {
    "headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a"),
    "body": (b"PUT / HTTP/1.1\r\nContent-Length: 1000\r\n" + _HEADERS + b"\r\n{", b" "),
    "chunked body": (
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + _HEADERS + b"\r\n",
        b"1\r\n \r\n",
    ),
    "body of a quarter megabyte": (
        b"PUT / HTTP/1.1\r\nContent-Length: 270000\r\n" + _HEADERS + b"\r\n{",
        b" ",
    ),
}
_PAUSE_SECONDS = 0.3


class SlowClients:
    """So many connections, each in the middle of its request; `wait_until_cut_off` goes on sending."""

    def __init__(self, port: int, count: int, kind: str) -> None:
        first, self._more = _KINDS[kind]
        self._open: set[socket.socket] = set()
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port), timeout=5)
            client.sendall(first)
            client.setblocking(False)
            self._open.add(client)

    def __enter__(self) -> "SlowClients":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._open:
            client.close()

    def wait_until_cut_off(self, *, within_seconds: float) -> bool:
        """Whether the server has closed all connections in this time."""
        deadline = time.monotonic() + within_seconds
        while self._open and time.monotonic() < deadline:
            for client in list(self._open):
                self._send(client)
            self._close_ended(_PAUSE_SECONDS)
        return not self._open

    def _send(self, client: socket.socket) -> None:
        try:
            client.send(self._more)
        except OSError:
            self._close(client)

    def _close_ended(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            for each in self._open:
                selector.register(each, selectors.EVENT_READ, data=each)
            while self._open and (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    client: socket.socket = key.data
                    if _has_ended(client):
                        selector.unregister(client)
                        self._close(client)

    def _close(self, client: socket.socket) -> None:
        self._open.discard(client)
        client.close()


def _has_ended(client: socket.socket) -> bool:
    """Whether the server has closed this connection, after its answer if there is one."""
    try:
        return not client.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        return True
