"""Ends an orphaned server of a run that was killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 5.0


def end_orphan(pid_file: Path, mark: str, stop_signal: signal.Signals) -> None:
    """End the process that the file names, if its command line carries `mark`, and drop the file.

    The number in the file of an old run may belong to another program today, which PostgreSQL would mistake for a
    running server. A file whose process is gone stays: PostgreSQL finds out by it whether processes of the old server
    still use its shared memory.
    """
    pid = _number_in(pid_file)
    if pid is None or not (command := _command_of(pid)):
        return
    if mark in command:
        _end(pid, stop_signal)
    else:
        pid_file.unlink(missing_ok=True)


def _number_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _command_of(pid: int) -> str:
    """The command line of a process; empty where there is none."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    found = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607 - its path differs
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def _end(pid: int, stop_signal: signal.Signals) -> None:
    for number in (stop_signal, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + PATIENCE_SECONDS
        while _command_of(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
