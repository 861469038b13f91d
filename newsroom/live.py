"""The live process: serves reactions/live with uvicorn, on LIVE_PORT and on the socket of the front.

SIGTERM ends each stream at a moment of its own within LIVE_DRAIN_SECONDS, so that a site's readers do not come again
at once; SIGINT, with which `make run` stops it, ends all at once. Either way the exit code is 0.
"""

import asyncio
import contextlib
import errno
import gc
import logging
import logging.config
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
os.environ.setdefault("NEWSROOM_PROCESS", "live")

import uvicorn
from django.apps import apps
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from reactions.live.application import Live

logger = logging.getLogger(__name__)

# As much of the product as reads counts: with all of INSTALLED_APPS the process is 12 MB larger.
_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "articles",
    "reactions.apps.TablesOnly",
]
# Of each connection, in this process and in the kernel. A list of 50 articles is 20 KB; what a listener cannot take
# is remembered as articles, and not as bytes.
_BUFFER_BYTES = 32 * 1024
# Beside the streams: servers, Redis, PostgreSQL, log, and connections that are refused.
_OTHER_FILES = 200
_BACKLOG = 4_096
# For what is left in the buffers of the last streams.
_LAST_SECONDS = 2
# A client that has not sent its request by then is cut. The front has times of its own.
_REQUEST_SECONDS = 10.0


class Protocol(HttpToolsProtocol):
    """uvicorn's, with small buffers, a limit of time for the request, and a way to cut a connection."""

    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=_BUFFER_BYTES)
        self._waits = self.loop.call_later(_REQUEST_SECONDS, transport.abort)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["newsroom.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        if self._waits:
            self._waits.cancel()
            self._waits = None
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waits:
            self._waits.cancel()
            self._waits = None
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """uvicorn's, which drains before it stops, and whose exit code is 0."""

    def __init__(self, config: uvicorn.Config, application: "Live") -> None:
        super().__init__(config)
        self._application = application
        self._stopping: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In place of uvicorn's, which raises the signal once more in the end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop, float(settings.LIVE_DRAIN_SECONDS))
        loop.add_signal_handler(signal.SIGINT, self._stop, 0.0)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        from reactions.live.hub import Hub, Limits

        hub = self._application.hub = Hub(
            settings.REDIS_URL,
            Limits(
                listeners=min(settings.LIVE_LISTENERS, _room_for_files()),
                per_network=settings.LIVE_PER_NETWORK,
                lease_seconds=settings.LIVE_LEASE_SECONDS,
                heartbeat_seconds=settings.LIVE_HEARTBEAT_SECONDS,
            ),
        )
        hub.start()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._application.hub:
            await self._application.hub.stop()

    def _stop(self, seconds: float) -> None:
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._drain(seconds))
        elif not seconds:
            self.should_exit = True

    async def _drain(self, seconds: float) -> None:
        # A client that connects from here on reaches another process.
        for server in self.servers:
            server.close()
        try:
            if self._application.hub:
                await self._application.hub.drain(seconds)
        finally:
            self.should_exit = True


def main() -> int:
    """Serve until a signal ends it; returns the exit code."""
    logging.config.dictConfig(settings.LOGGING)
    apps.populate(_APPS)
    from newsroom.counter_store import start_flushing
    from newsroom.production import refuse_dangers
    from reactions.live.application import Live

    refuse_dangers()
    _raise_file_limit()
    try:
        sockets = list(_sockets())
    except OSError as error:
        sys.stderr.write(f"The live process cannot listen: {error}.\n")
        return 1
    application: Any = Live()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    start_flushing()
    # What is loaded stays: the collector need not visit it again.
    gc.collect()
    gc.freeze()
    Server(config, application).run(sockets)
    return 0


def _sockets() -> Iterator[socket.socket]:
    """The port, and the front's socket where there is one. Raises OSError."""
    host, port = settings.LIVE_HOST, settings.LIVE_PORT
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by each connection: else the kernel holds megabytes for one that takes nothing.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    try:
        made.bind((host, port))
    except OSError as error:
        raise OSError(
            f"{os.strerror(error.errno or errno.EINVAL)} ({host}, LIVE_PORT={port})"
        ) from None
    yield made
    if path := settings.LIVE_SOCKET:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # of a process that was killed
        local = socket.socket(socket.AF_UNIX)
        local.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        local.bind(path)
        yield local


def _raise_file_limit() -> None:
    """As many files as the system allows, and a warning where that is too few for LIVE_LISTENERS."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = _room_for_files()
    if room < settings.LIVE_LISTENERS:
        logger.warning(
            "LIVE_LISTENERS is %d, and this process may have %d files open: it accepts %d streams. Raise `ulimit -Hn`.",
            settings.LIVE_LISTENERS,
            room + _OTHER_FILES,
            room,
        )


def _room_for_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        settings.LIVE_LISTENERS if soft == resource.RLIM_INFINITY else max(1, soft - _OTHER_FILES)
    )


if __name__ == "__main__":
    sys.exit(main())
