"""Keeps the processes of the Procfile running, and prints their output."""

# mypy: allow-untyped-calls
# Honcho is not typed.

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from newsroom.stack.alive import AliveFile
from newsroom.stack.console import Output, StartupError
from newsroom.stack.guard import Guard

# A process that ran this long had started; its next failure counts as the first again.
STARTED_AFTER_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
# 1 + 2 + 4 + 8 seconds of pauses: a process that does not start in that time does not start at all.
ATTEMPTS_AT_THE_START = 5

# Celery finishes the task that it runs. PostgreSQL needs its own seconds of the ten that a stop may take.
STOP_SECONDS = 5.0


@dataclass
class ManagedProcess:
    """One supervised process, and its failures so far."""

    name: str
    command: str
    colour: str
    alive_file: AliveFile | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    was_well: bool = False

    def note_end(self, now: float) -> float:
        """Count a failure; returns the seconds to wait before the next start."""
        if now - self.started_at >= STARTED_AFTER_SECONDS:
            self.failures = 0
            self.was_well = True
        pause = min(2.0**self.failures, LONGEST_PAUSE_SECONDS)
        self.failures += 1
        self.start_at = now + pause
        return pause

    @property
    def never_starts(self) -> bool:
        return not self.was_well and self.failures >= ATTEMPTS_AT_THE_START


class Processes:
    """The Procfile's processes. One that dies by itself is started again, after a growing pause.

    So is one whose alive file, by its name in `alive_files`, says that it hangs.

    Honcho reads the Procfile and prints; its own manager is not used, because it ends all processes with the first
    that ends, and keeps a Python process for each, which a `kill -9` orphans. `before_start` has what is called before
    each start of a process, by its name, and `stop_signals` what stops it where that is not SIGTERM.
    """

    def __init__(
        self,
        procfile: Path,
        *,
        guard: Guard,
        environment: Mapping[str, str],
        alive_files: Mapping[str, AliveFile] | None = None,
        before_start: Mapping[str, Callable[[], None]] | None = None,
        stop_signals: Mapping[str, signal.Signals] | None = None,
    ) -> None:
        files, signals = alive_files or {}, stop_signals or {}
        commands = parse_procfile(procfile.read_text()).processes
        self.managed_processes = [
            ManagedProcess(
                name, command, colour, files.get(name), signals.get(name, signal.SIGTERM)
            )
            for (name, command), colour in zip(commands.items(), get_colours(), strict=False)
        ]
        self._folder = procfile.parent
        self._guard = guard
        self._environment = environment
        self._before_start = before_start or {}
        self._lines: queue.Queue[tuple[ManagedProcess | None, bytes]] = queue.Queue()
        self._printer = Printer(Output(), width=max(len(name) for name in [*commands, "system"]))

    def keep(self, *, each_round: Iterable[Callable[[], None]] = ()) -> None:
        """Run until an exception, such as a signal's, ends it; calls `each_round` in between."""
        while True:
            for managed in self.managed_processes:
                self._check(managed)
            for check in each_round:
                check()
            self._print_for(0.2)

    def stop(self) -> None:
        """Stop all processes, print their last output, and kill those that do not end in time."""
        running = [managed for managed in self.managed_processes if managed.process]
        for managed in running:
            if managed.process and managed.process.poll() is None:
                managed.process.send_signal(managed.stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(map(_is_alive, running)):
            self._print_for(0.1)
        for managed in running:
            if managed.process:
                self._guard.forget(managed.process)
                managed.process = None
        self._print_for(0.1)

    def announce(self, text: str) -> None:
        """Print a line of the supervisor's own among those of its processes."""
        self._lines.put((None, text.encode()))

    def _check(self, managed: ManagedProcess) -> None:
        now = time.monotonic()
        if managed.process is None:
            if now >= managed.start_at:
                self._start(managed, now)
        elif (code := managed.process.poll()) is not None:
            # Its children hold its output and its port as long as they run.
            self._guard.forget(managed.process)
            managed.process = None
            pause = managed.note_end(now)
            if managed.never_starts:
                raise StartupError(f"{managed.name} does not start: its last output is above.")
            self.announce(
                f"{managed.name} ended ({_reason(code)}); starting it again in {pause:.0f} s"
            )
        elif managed.alive_file and managed.alive_file.is_stale(now):
            self.announce(f"{managed.name} no longer shows that it works: it is killed.")
            managed.alive_file.clear()
            managed.process.kill()

    def _start(self, managed: ManagedProcess, now: float) -> None:
        managed.started_at = now
        if before := self._before_start.get(managed.name):
            before()
        if managed.alive_file:
            managed.alive_file.clear()
        managed.process = self._guard.start(
            ["/bin/sh", "-c", f"exec {managed.command}"],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        reader = threading.Thread(target=self._read, args=(managed, managed.process), daemon=True)
        reader.start()

    def _read(self, managed: ManagedProcess, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout:
            with process.stdout as output:
                for line in output:
                    self._lines.put((managed, line))

    def _print_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                managed, line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            name, colour = (managed.name, managed.colour) if managed else ("system", None)
            self._printer.write(Message("line", line, datetime.now(), name, colour))  # noqa: DTZ005 - the operator's clock


def _is_alive(managed: ManagedProcess) -> bool:
    return managed.process is not None and managed.process.poll() is None


def _reason(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
