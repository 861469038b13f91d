"""A proxy before a server of the tests, whose connections a test can cut: a network that fails for a moment."""

import contextlib
import random
import selectors
import socket
import threading
from types import TracebackType


class Proxy:
    """Forwards a TCP port of this machine to a Unix socket, one thread for all connections."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.refuses = False
        self._lock = threading.Lock()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._ends = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._forward, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends = True
        self._thread.join()
        self.cut()
        self._selector.close()
        self._listener.close()

    def cut(self, share: float = 1) -> None:
        """Cut this share of the connections, chosen at random."""
        with self._lock:
            clients = sorted(self._peers, key=lambda _: random.random())
            for client in clients[: round(len(clients) * share)]:
                if client in self._peers:
                    self._close(client)

    def _forward(self) -> None:
        while not self._ends:
            for key, _ in self._selector.select(timeout=0.05):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._peers:
                        self._copy(key.fileobj)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            if self.refuses:
                raise ConnectionRefusedError
            server.connect(self._path)
        except OSError:
            client.close()
            server.close()
            return
        for one, other in ((client, server), (server, client)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _copy(self, source: socket.socket) -> None:
        try:
            content = source.recv(65_536)
            if content:
                self._peers[source].sendall(content)
                return
        except OSError:
            pass
        self._close(source)

    def _close(self, one: socket.socket) -> None:
        for each in (one, self._peers[one]):
            del self._peers[each]
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(each)
            each.close()
