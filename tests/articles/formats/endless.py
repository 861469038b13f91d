"""The process of articles.formats.guarded with parsers that do not end, want all memory, crash, or answer another class."""

import os
import signal

from articles.formats import process


def endless() -> None:
    while True:
        pass


def greedy() -> int:
    return len(bytearray(4 * 1024**3))


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def answer() -> str:
    return "parsed"


def wait() -> None:
    signal.pause()


def other_class() -> object:
    return process.Limits(1, 1)


def wrong() -> None:
    raise KeyError("headline")


JOBS = (endless, greedy, crash, answer, wait, other_class, wrong)

if __name__ == "__main__":
    assert not [name for name in os.environ if "SECRET" in name or "KEY" in name or "URL" in name]
    process._jobs = lambda: {job.__name__: job for job in JOBS}
    process.main()
