"""The embedded PostgreSQL: made, started and stopped with the programs of its wheel."""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from newsroom.stack.accounts import Account, give_to, run_as
from newsroom.stack.console import StartupError, last_lines
from newsroom.stack.guard import BARE_ENVIRONMENT, Guard
from newsroom.stack.orphans import end_orphan
from newsroom.stack.wheels import POSTGRES_MAJOR

NAME = "newsroom"

# Replaying the log after a crash takes long where much was written since the last checkpoint.
START_SECONDS = 120.0

# A last checkpoint of what 64 MB of buffers can hold; `make run` must end within 10 s.
STOP_SECONDS = 3.0

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "random_page_cost": "1.1",
    "jit": "off",
    # Saves three processes that an installation of this size never keeps busy.
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Its socket lies in a folder that only its user can enter; nothing listens on the network.
    "unix_socket_permissions": "0700",
}

# For test data, which need not survive a power cut.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postgres:
    """One PostgreSQL on one data folder, reached by a unix socket alone."""

    title = "PostgreSQL"

    def __init__(
        self,
        *,
        programs: Path,
        folder: Path,
        sockets: Path,
        log: Path,
        account: Account | None,
        guard: Guard,
        durable: bool = True,
    ) -> None:
        self.folder = folder
        self.url = f"postgresql://{NAME}@{quote(str(sockets), safe='')}/{NAME}"
        self._programs = programs
        self._sockets = sockets
        self._log = log
        self._account = account
        self._guard = guard
        self._settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the database, made where there is none; return when it answers."""
        if self._process is None:
            # Drops what an earlier run wrote; the reason why a server of this run died stays.
            self._log.write_bytes(b"")
        if not self.folder.exists():
            self._create()
        self._check_version()
        end_orphan(self.folder / "postmaster.pid", str(self.folder), signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while not self._try_to_start(deadline):
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop at once and in order: sessions are ended, and what they committed is kept."""
        if self._process:
            self._guard.stop(self._process, signal.SIGINT, within_seconds=STOP_SECONDS)
            self._process = None

    @property
    def has_died(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _create(self) -> None:
        """Make the database in a draft folder, so that a half-made one is never used."""
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        give_to(self._account, draft)
        self._run(
            self._programs / "initdb",
            f"--pgdata={draft}",
            f"--username={NAME}",
            "--encoding=UTF8",
            # The same collation on every machine, whatever its system library has.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-locale",
            "--data-checksums",
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        )
        create = f'echo "CREATE DATABASE {NAME}" | "$0" --single -D "$1" postgres'
        self._run("/bin/sh", "-c", create, self._programs / "postgres", draft)
        draft.rename(self.folder)

    def _check_version(self) -> None:
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != POSTGRES_MAJOR:
            raise StartupError(
                f"{self.folder} was made by PostgreSQL {version} and this is {POSTGRES_MAJOR}:"
                " bring it over with pg_upgrade, or set NEWSROOM_DATA to another folder."
            )

    def _try_to_start(self, deadline: float) -> bool:
        """Start the server; False while processes of the last one still use its shared memory."""
        with self._log.open("ab") as log:
            self._process = self._guard.start(
                [self._programs / "postgres", "-D", self.folder, *self._switches()],
                stop_signal=signal.SIGINT,
                env=BARE_ENVIRONMENT,
                cwd=Path("/"),
                stdout=log,
                stderr=log,
                options=run_as(self._account),
            )
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._is_ready(self._process.pid):
                return True
            time.sleep(0.02)
        self.stop()
        in_use = "is still in use" in self._log.read_text(errors="replace")
        if in_use and time.monotonic() < deadline:
            return False
        raise StartupError(f"PostgreSQL does not start:\n{last_lines(self._log)}")

    def _switches(self) -> list[str]:
        settings = self._settings | {"unix_socket_directories": f'"{self._sockets}"'}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _is_ready(self, pid: int) -> bool:
        """Read what pg_ctl reads: the server's own status, in the eighth line of its pid file."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _run(self, *command: str | Path) -> None:
        with self._log.open("ab") as log:
            code = self._guard.run(
                command,
                env=BARE_ENVIRONMENT,
                cwd=Path("/"),
                stdout=log,
                stderr=log,
                options=run_as(self._account),
            )
        if code:
            raise StartupError(f"PostgreSQL's data folder cannot be made:\n{last_lines(self._log)}")
