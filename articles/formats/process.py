"""The process that parses what a worker has fetched: it has no secret, no database, and limits that the kernel keeps.

`articles.formats.guarded` starts it and sends jobs. A job and its answer are a length in four bytes and a pickle; of
the answer the parent reads no other classes than those of stories.
"""

import logging
import pickle
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one job: CPU time, and memory beyond what the process has when it is ready."""

    cpu_seconds: int
    memory_bytes: int


def send(pipe: BinaryIO, message: object) -> None:
    content = pickle.dumps(message)
    pipe.write(LENGTH.pack(len(content)) + content)
    pipe.flush()


def receive(pipe: BinaryIO) -> Any:
    """The next message of the parent. Raises EOFError where there is none."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return pickle.loads(pipe.read(LENGTH.unpack(head)[0]))  # noqa: S301 -- it comes from the parent


def main() -> None:
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer
    logging.disable()  # libraries complain about most pages
    options, limits = receive(source)
    settings.configure(**options)
    jobs = _jobs()
    _limit_memory(limits)
    send(target, "ready")
    while True:
        try:
            name, arguments = receive(source)
        except EOFError:
            return
        _limit_cpu(limits)
        send(target, _run(jobs[name], arguments))


def _run(job: Callable[..., object], arguments: dict[str, Any]) -> tuple[str, object]:
    from articles.formats.story import StoryError

    try:
        return "read", job(**arguments)
    except StoryError as refused:
        return "refused", (refused.mistakes, refused.stories)
    except MemoryError:
        return "memory", None
    except Exception:  # noqa: BLE001 -- the parent logs it
        return "failed", traceback.format_exc()


def _jobs() -> dict[str, Callable[..., object]]:
    """Imported when the settings are there; with what is otherwise imported at the first page."""
    import trafilatura  # noqa: F401

    from articles import formats
    from articles.formats.page_head import read_page_head

    def read_stories(*, content: bytes, name: str, zone: tzinfo, format_name: str) -> object:
        reader = formats.READERS.get(format_name)
        reader = reader or formats.READERS[formats.recognise(content, name=name)]
        return reader(content, name=name, zone=zone)

    return {"stories": read_stories, "page_head": read_page_head}


def _limit_memory(limits: Limits) -> None:
    """On Linux alone: macOS has neither the file nor a limit that acts."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except FileNotFoundError:
        return
    most = pages * resource.getpagesize() + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_cpu(limits: Limits) -> None:
    """From here on: the kernel ends a process that exceeds the soft limit with SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + limits.cpu_seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
