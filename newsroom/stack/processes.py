"""Keeps the processes of the Procfile running, and prints what they say."""

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

from newsroom.stack.console import Output, Trouble
from newsroom.stack.guard import Guard

# One that ran this long was well; the next failure is a new story.
WELL_AFTER_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
# 1 + 2 + 4 + 8 seconds of pauses: what does not come up in that time never will.
ATTEMPTS_AT_THE_START = 5

# Celery finishes the task it is at. PostgreSQL needs its own seconds of the ten that `up` may take.
STOP_SECONDS = 5.0


@dataclass
class Member:
    """One process of the house, and how it has fared."""

    name: str
    command: str
    colour: str
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    was_well: bool = False

    def note_end(self, now: float) -> float:
        """Count a failure and say how long to wait before the next start."""
        if now - self.started_at >= WELL_AFTER_SECONDS:
            self.failures = 0
            self.was_well = True
        pause = min(2.0**self.failures, LONGEST_PAUSE_SECONDS)
        self.failures += 1
        self.start_at = now + pause
        return pause

    @property
    def never_comes_up(self) -> bool:
        return not self.was_well and self.failures >= ATTEMPTS_AT_THE_START


class Processes:
    """The Procfile's processes. One that dies by itself is started again, after a growing pause.

    Honcho reads the Procfile and prints; its own manager is not used, because it ends the house
    with the first process that ends, and keeps a Python for each that a `kill -9` leaves behind.
    """

    def __init__(self, procfile: Path, *, guard: Guard, environment: Mapping[str, str]) -> None:
        commands = parse_procfile(procfile.read_text()).processes
        self.members = [
            Member(name, command, colour)
            for (name, command), colour in zip(commands.items(), get_colours(), strict=False)
        ]
        self._folder = procfile.parent
        self._guard = guard
        self._environment = environment
        self._lines: queue.Queue[tuple[Member | None, bytes]] = queue.Queue()
        self._printer = Printer(Output(), width=max(len(name) for name in [*commands, "system"]))

    def keep(self, *, each_round: Iterable[Callable[[], None]] = ()) -> None:
        """Run until an exception, such as a signal's, ends it; see to `each_round` in between."""
        while True:
            for member in self.members:
                self._look_after(member)
            for look in each_round:
                look()
            self._print_for(0.2)

    def stop(self) -> None:
        """Ask all to stop, print their last words, and kill who has not gone in time."""
        running = [member for member in self.members if member.process]
        for member in running:
            if member.process and member.process.poll() is None:
                member.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(map(_is_alive, running)):
            self._print_for(0.1)
        for member in running:
            if member.process:
                self._guard.forget(member.process)
                member.process = None
        self._print_for(0.1)

    def announce(self, text: str) -> None:
        """Print a line of the house's own among those of its processes."""
        self._lines.put((None, text.encode()))

    def _look_after(self, member: Member) -> None:
        now = time.monotonic()
        if member.process is None:
            if now >= member.start_at:
                self._start(member, now)
        elif (code := member.process.poll()) is not None:
            # Its children hold its output, and its port, as long as they live.
            self._guard.forget(member.process)
            member.process = None
            pause = member.note_end(now)
            if member.never_comes_up:
                raise Trouble(f"{member.name} does not start: its last words are above.")
            self.announce(
                f"{member.name} ended ({_reason(code)}); starting it again in {pause:.0f} s"
            )

    def _start(self, member: Member, now: float) -> None:
        member.started_at = now
        member.process = self._guard.start(
            ["/bin/sh", "-c", f"exec {member.command}"],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        reader = threading.Thread(target=self._read, args=(member, member.process), daemon=True)
        reader.start()

    def _read(self, member: Member, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout:
            with process.stdout as output:
                for line in output:
                    self._lines.put((member, line))

    def _print_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                member, line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            name, colour = (member.name, member.colour) if member else ("system", None)
            self._printer.write(Message("line", line, datetime.now(), name, colour))  # noqa: DTZ005 - the owner's clock


def _is_alive(member: Member) -> bool:
    return member.process is not None and member.process.poll() is None


def _reason(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
