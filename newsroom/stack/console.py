"""The supervisor's output to the terminal or log that started it."""

import os
import sys
from pathlib import Path


class StartupError(Exception):
    """Why the product cannot start, as one sentence for the operator."""


class Output:
    """Standard output that may end early: a closed terminal, a `tee` that Ctrl-C ended first.

    A supervisor that still has processes to stop must not fail on that.
    """

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def flush(self) -> None:
        """Nothing is buffered."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()


def print_line(text: str) -> None:
    Output().write(f"{text}\n")


def last_lines(log: Path, count: int = 10) -> str:
    lines = log.read_text(errors="replace").splitlines()[-count:]
    return "\n".join(f"  {line}" for line in lines)
