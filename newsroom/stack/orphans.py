"""Ends a server that a killed run left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 5.0


def end_orphan(pid_file: Path, mark: str, stop_signal: signal.Signals) -> None:
    """End the process that the file names, if its command line carries `mark`, and drop the file.

    The number in the file of a run long gone may belong to a stranger today, whom PostgreSQL
    would take for its old self. A file whose process is simply gone stays: PostgreSQL learns from
    it whether parts of its old self still hang on to its memory.
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
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607 - it has no one home
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
