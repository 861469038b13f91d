"""Ends every process of the house when whoever started them is gone, even by `kill -9`.

Run as a program it is a small process of its own that reads a pipe. Each process started with
`Guard.start` writes its group and its stop signal into that pipe before it becomes what it shall be,
so there is no moment at which it runs unknown. The pipe ends with the last process that holds it,
which is the one that made the guard: then all groups still on the list are ended.
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

# PostgreSQL needs a moment for its last checkpoint; a chaos test looks after a few seconds.
GRACE_SECONDS = 2.0

# For the servers. Nothing of the caller's: PGPORT and PGDATA would steer PostgreSQL, LANG its log,
# and the caller's secrets are none of their business.
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}

# The shell's input is the guard's pipe; what it turns into gets none, so the pipe stays ours alone.
_INTRODUCE = 'echo "$$ $0" >&0; exec "$@" </dev/null'


class Guard:
    """Starts processes that cannot outlive this one."""

    def __init__(self) -> None:
        read_end, self._pipe = os.pipe()
        # A session of its own: Ctrl-C in the terminal and the end of our group pass it by.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # The read end stays open here: should the guard die, its pipe must not break the others.
        self._read_end = read_end
        self._started: set[subprocess.Popen[bytes]] = set()

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
            ["/bin/sh", "-c", _INTRODUCE, str(int(stop_signal)), *map(str, command)],
            stdin=self._pipe,
            stdout=stdout,
            stderr=stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
            **(options or {}),
        )
        self._started.add(process)
        return process

    def run(self, command: Sequence[str | Path], **kwargs: Any) -> int:
        """Start a process and wait for its end; say its exit code."""
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
            self._started.remove(process)
            os.write(self._pipe, b"-%d 0\n" % process.pid)

    def close(self) -> None:
        """Let the guard end whatever is still on its list, and wait for it."""
        if self._process.poll() is None:
            os.close(self._pipe)
            while self._process.poll() is None:
                # A group whose dead nobody has fetched looks alive to the guard.
                for process in self._started:
                    process.poll()
                time.sleep(0.02)
            os.close(self._read_end)


def watch(pipe: IO[bytes]) -> None:
    """Keep the list that the pipe tells, and end every group on it when the pipe ends."""
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
    # Celery and Granian pass a stop on to their children in good order; told all at once they break.
    # A group without its leader has nobody to do that.
    try:
        os.kill(group, signal_number)
    except ProcessLookupError:
        _signal_group(group, signal_number)


def _signal_group(group: int, signal_number: int) -> bool:
    """Signal a group; say whether there was one."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watch(sys.stdin.buffer)
