"""The embedded Valkey: cache and Celery's broker, in memory only."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from newsroom.stack.accounts import Account, run_as
from newsroom.stack.console import StartupError, last_lines
from newsroom.stack.guard import BARE_ENVIRONMENT, Guard
from newsroom.stack.orphans import end_orphan

START_SECONDS = 10.0
# Some 190,000 articles that were read, with their counts. Full, it evicts counts, the shortest life first.
MEMORY = "128mb"


class Valkey:
    """One Valkey that keeps nothing on disk, reached by a unix socket alone."""

    title = "Valkey"

    def __init__(
        self,
        *,
        program: Path,
        folder: Path,
        log: Path,
        account: Account | None,
        guard: Guard,
        memory: str = MEMORY,
    ) -> None:
        self._program = program
        self._folder = folder
        self._socket = folder / "valkey.sock"
        self._log = log
        self._account = account
        self._guard = guard
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start the server and return when it answers."""
        pid_file = self._folder / "valkey.pid"
        end_orphan(pid_file, "valkey-server", signal.SIGTERM)
        # Drops what an earlier run wrote; the reason why a server of this run died stays.
        with self._log.open("ab" if self._process else "wb") as log:
            self._process = self._guard.start(
                [self._program, *self._switches(pid_file)],
                env=BARE_ENVIRONMENT,
                cwd=Path("/"),
                stdout=log,
                stderr=log,
                options=run_as(self._account),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StartupError(f"Valkey does not start:\n{last_lines(self._log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._guard.stop(self._process, within_seconds=1)
            self._process = None

    @property
    def has_died(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _switches(self, pid_file: Path) -> list[str | Path]:
        # The same memory holds Celery's messages, which must neither vanish nor be refused. They have no lifetime, and
        # counts have one: `volatile-ttl` evicts counts alone (docs/decisions/0025-one-valkey-for-both.md).
        return [
            *("--port", "0"),
            *("--unixsocket", self._socket),
            *("--unixsocketperm", "700"),
            *("--dir", self._folder),
            *("--pidfile", pid_file),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--maxmemory", self._memory),
            *("--maxmemory-policy", "volatile-ttl"),
            *("--loglevel", "warning"),
        ]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(7) == b"+PONG\r\n"
            except OSError:
                return False
