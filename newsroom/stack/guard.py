"""Ends every supervised process when the supervisor is gone, even by `kill -9`.

Run as a program it is a small process of its own that reads a pipe. Each process started with `Guard.start` writes its
process group and its stop signal into that pipe before it executes its program, so it is never unknown. The pipe ends
with the last process that holds it, which is the one that made the guard: then the guard ends all groups on the list.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

# PostgreSQL needs a moment for its last checkpoint; a chaos test checks after a few seconds.
GRACE_SECONDS = 2.0

# For the servers. Nothing of the caller's environment: PGPORT and PGDATA would configure PostgreSQL, LANG its log,
# and the servers do not need the caller's secrets.
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}

# The shell's input is the guard's pipe; the program that it executes gets none, so that only the guard holds it.
_REGISTER = 'echo "$$ $0" >&0; exec "$@" </dev/null'


class Guard:
    """Starts processes that cannot outlive this one."""

    def __init__(self) -> None:
        # The read end stays open here: should the guard die, its pipe must not break the others.
        self._read_end, self._pipe = os.pipe()
        self._process = self._start_watching()
        self._started: dict[subprocess.Popen[bytes], signal.Signals] = {}

    def __enter__(self) -> "Guard":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(
        self,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a process in a group of its own; `options` are further ones of Popen."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", _REGISTER, str(int(stop_signal)), *map(str, command)],
            stdin=self._pipe,
            stdout=stdout,
            stderr=stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
            **(options or {}),
        )
        self._started[process] = stop_signal
        return process

    def run(self, command: Sequence[str | Path], **kwargs: Any) -> int:
        """Start a process and wait for its end; return its exit code."""
        process = self.start(command, **kwargs)
        try:
            return process.wait()
        finally:
            self.stop(process)

    def stop(
        self,
        process: "subprocess.Popen[bytes]",
        stop_signal: signal.Signals = signal.SIGTERM,
        *,
        within_seconds: float = GRACE_SECONDS,
    ) -> None:
        """End a process and all it started; safe to repeat and for one that has ended."""
        if process.poll() is None:
            process.send_signal(stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(within_seconds)
        self.forget(process)

    def forget(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill what is left of a process's group and take it off the list."""
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        if process in self._started:
            del self._started[process]
            os.write(self._pipe, b"-%d 0\n" % process.pid)

    def restart_dead(self) -> bool:
        """Start the guard again where it has died, with the same list; returns whether it had."""
        if self._process.poll() is None:
            return False
        self._process = self._start_watching()
        for process, stop_signal in self._started.items():
            os.write(self._pipe, b"%d %d\n" % (process.pid, stop_signal))
        return True

    def _start_watching(self) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C in the terminal and the end of this group do not reach it.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=self._read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Have the guard end what is still on its list, and wait for it."""
        if self._process.poll() is None:
            os.close(self._pipe)
            while self._process.poll() is None:
                # A group with a zombie in it seems alive to the guard.
                for process in self._started:
                    process.poll()
                time.sleep(0.02)
            os.close(self._read_end)


def watch(pipe: IO[bytes]) -> None:
    """Keep the list that is read from the pipe, and end every group on it when the pipe ends."""
    groups: dict[int, int] = {}
    for line in pipe:
        group, stop_signal = map(int, line.split())
        if group > 0:
            groups[group] = stop_signal
        else:
            groups.pop(-group, None)
    end_groups(groups)


def end_groups(groups: Mapping[int, int]) -> None:
    """Ask the leaders to stop, wait, and kill what is left of their groups."""
    for group, stop_signal in groups.items():
        _signal_leader(group, stop_signal)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_signal_group(group, 0) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        _signal_group(group, signal.SIGKILL)


def _signal_leader(group: int, signal_number: int) -> None:
    # Celery and Granian stop their children in order; a signal to all at once breaks that. In a group without its leader
    # no process does it.
    try:
        os.kill(group, signal_number)
    except ProcessLookupError:
        _signal_group(group, signal_number)


def _signal_group(group: int, signal_number: int) -> bool:
    """Signal a group; returns whether there was one."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watch(sys.stdin.buffer)
