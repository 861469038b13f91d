"""docs/benchmarks.md: the tables of a whole run; the text below them is written by hand and kept."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import psutil

from tests.bench.load_generator import tool
from tests.bench.table import Row, as_markdown
from tests.bench.workload import Effort
from tests.servers import PROJECT

PAGE = PROJECT / "docs" / "benchmarks.md"
BY_HAND = "<!-- `make bench` writes what is above this line, and keeps what is below it. -->"

_ABOUT = """# Benchmarks

Written by `make bench`. Everything runs on one machine: servers, contenders and load. An absolute number of a shared machine
means little, so each figure is a ratio of two things measured in the same run, in turns, {rounds}
rounds of {seconds} s: the median, with the smallest and the largest in brackets. A ratio is made of two figures of the same
round. After each load the rows are counted: what was acknowledged is there, and the rows are the totals, or the run fails.

{facts}

## Ours, beside others

{main}

Ours runs with all that the product has switched on: identity, policy, moderation, problem+json, logging; a worker aggregates
at the same time. All are served by Granian with the switches of the [Procfile](../Procfile), ours with its threads and the others
with the eight that suit them best, in one process where the row does not say two. `wrk` or its stand-in holds 16 connections where
the row has no other number. PostgreSQL has `fsync` and `synchronous_commit` on. **A commit for each** is the product with
`REACTIONS_PER_COMMIT=1` and eight threads: each PUT is a statement and a commit of its own. The **empty view**, the **PUT that stores nothing** and the **empty page** run under
`startproject`’s middleware with DRF at its leanest. The **textbook app** ([tests/bench/textbook](../tests/bench/textbook))
is `update_or_create` in a transaction, and `GROUP BY` on read. **Waline** and **isso** are installed where the machine can.

{growth}{by_hand}
"""
_GROWTH = """## How cost grows

With readers at once and with articles; with rows of the ledger in the table above.

{table}

"""


def write(rows: Sequence[Row], growth: Sequence[Row], effort: Effort) -> None:
    stored = PAGE.read_text("utf-8").partition(BY_HAND)[2] if PAGE.exists() else ""
    text = _ABOUT.format(
        facts="\n".join(f"- {fact}" for fact in facts()),
        main=as_markdown(rows),
        growth=_GROWTH.format(table=as_markdown(growth)) if growth else "",
        by_hand=BY_HAND,
        rounds=effort.rounds,
        seconds=effort.seconds,
    )
    PAGE.write_text(text.rstrip() + "\n" + stored, "utf-8")


def facts() -> list[str]:
    """Where and with what this run was made."""
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, `make bench` at {_commit()}",
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, "
        + ", ".join(
            f"{name} {version(name)}" for name in ("Django", "djangorestframework", "granian")
        )
        + ", PostgreSQL 18, Valkey 9",
        f"load from {tool()}",
    ]


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - git from the PATH
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "an unknown commit"


def _processor() -> str:
    """The processor's name where the system has it."""
    try:
        with open("/proc/cpuinfo") as file:
            names = (
                line.partition(":")[2].strip() for line in file if line.startswith("model name")
            )
            return next(names, platform.machine())
    except OSError:
        return platform.machine()
