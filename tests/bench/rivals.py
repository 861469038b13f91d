"""The real rivals, where they can be installed on this machine: Waline with its PostgreSQL storage, isso with its SQLite.

They are installed once, into build/bench, and never with the product.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from tests.bench.load_generator import CONNECTIONS, Choose, Load, Result, hot, line, spread
from tests.bench.reading import counts
from tests.bench.table import Row, Samples, Target, at_least, compared, not_measured
from tests.bench.testbed import Server, Testbed
from tests.bench.workload import ARTICLES, Workload, make_readers
from tests.bench.writing import counted, fill, rates, returning, run
from tests.servers import PROJECT, free_port

INSTALLED = PROJECT / "build" / "bench"
INSTALL_SECONDS = 240
STUB = Path(__file__).with_name("waline.cjs")
WALINE = "@waline/vercel@1.39.3"
ISSO = "isso==0.14.0"
# isso accepts no more votes for a comment; so that it never refuses one, there are many comments.
ISSO_COMMENTS = 1_000
ISSO_VOTES = 142


class Absent(Exception):
    """Why a rival cannot be installed on this machine."""


def measure(workload: Workload) -> Iterator[Row]:
    try:
        yield from _beside_waline(workload)
    except Absent as why:
        for figure, target in _WALINE_TARGETS.items():
            yield not_measured(figure, target, str(why))
    try:
        yield from _beside_isso(workload)
    except Absent as why:
        yield not_measured(_ISSO_FIGURE, at_least(1), str(why))


_WALINE_CONNECTIONS = 32
_WALINE_TARGETS: dict[str, Target] = {
    f"PUT / Waline, {_WALINE_CONNECTIONS} connections": at_least(4),
    "GET counts / Waline": at_least(3),
}
_ISSO_FIGURE = "PUT, durable / isso"


def _beside_waline(workload: Workload) -> Iterator[Row]:
    url, waline = start_waline(workload.testbed)
    pages = [f"/story-{number}" for number in range(ARTICLES)]
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(_WALINE_ROW, [[page] for page in pages])
    writes = Load(
        workload.testbed.data,
        [line("POST", "/api/article")],
        [_vote(page) for page in hot(pages, 2 * ARTICLES)],
    )
    reads = Load(workload.testbed.data, [_waline_counts(page) for page in hot(pages, ARTICLES)])
    stored: list[float] = []  # a second

    def write() -> Result:
        before = _waline_total(url)
        result = run_writes()
        stored.append((_waline_total(url) - before) / result.seconds)
        return result

    run_writes = run(workload, waline, writes, _WALINE_CONNECTIONS)
    with workload.aggregating():
        found = workload.alternate(
            {
                "ours": _ours(workload, hot, _WALINE_CONNECTIONS),
                "waline": write,
                "ours read": run(workload, workload.ours, _our_counts(workload)),
                "waline read": run(workload, waline, reads),
            }
        )
    workload.testbed.stop(waline)
    rate = {name: rates(results) for name, results in found.items()}
    put, get = _WALINE_TARGETS.items()
    lost = [
        100 * (1 - each / sent) for each, sent in zip(stored, rate["waline"].values, strict=True)
    ]
    note = f"of its acknowledged votes Waline lost {Samples(lost, '%')}; ours none"
    yield compared(put[0], rate["ours"], rate["waline"], put[1], note)
    yield compared("PUT / Waline's votes that it kept", rate["ours"], Samples(stored, "/s"))
    yield compared(get[0], rate["ours read"], rate["waline read"], get[1])


def _ours(
    workload: Workload, choose: Choose, connections: int = CONNECTIONS
) -> Callable[[], Result]:
    readers = make_readers(workload.effort.readers)
    articles = choose(workload.articles, len(readers))
    fill(workload, readers, articles)
    load = returning(workload, readers, articles)
    return counted(workload, workload.ours, load, connections)


def _our_counts(workload: Workload) -> Load:
    return Load(workload.testbed.data, map(counts, hot(workload.articles, ARTICLES)))


def start_waline(testbed: Testbed) -> tuple[str, Server]:
    """Waline with a database of its own, one process, as its Docker image runs it."""
    node, folder = shutil.which("node"), INSTALLED / "waline"
    if not node:
        raise Absent("there is no Node on this machine")
    if not folder.exists():
        npm = [
            shutil.which("npm") or "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]
        _install([*npm, f"--prefix={folder}.new", WALINE], folder)
    url = testbed.make_database("waline")
    with psycopg.connect(url) as connection:
        connection.execute(_WALINE_TABLES)
    port, parts = free_port(), urlsplit(url)
    environment = {
        "PG_HOST": unquote(parts.hostname or ""),
        "PG_DB": parts.path[1:],
        "PG_USER": parts.username or "",
        "PG_PASSWORD": "none",
    }
    home = folder / "node_modules" / "@waline" / "vercel"
    command: list[str | Path] = [node, "--require", STUB, home / "vanilla.js", str(port)]
    return url, testbed.wait_for(f"http://127.0.0.1:{port}", testbed.start(command, environment))


# As assets/waline.pgsql has it: without an index on the address.
_WALINE_TABLES = """
CREATE TABLE wl_counter (
  id serial PRIMARY KEY, time int,
  reaction0 int, reaction1 int, reaction2 int, reaction3 int, reaction4 int, reaction5 int, reaction6 int,
  reaction7 int, reaction8 int, url varchar(255) NOT NULL DEFAULT '',
  createdat timestamp(0) DEFAULT CURRENT_TIMESTAMP, updatedat timestamp(0) DEFAULT CURRENT_TIMESTAMP
);
"""
_WALINE_ROW = "INSERT INTO wl_counter (url, reaction2) VALUES (%s, 0)"


def _waline_total(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT sum(reaction2) FROM wl_counter").fetchone()
    return int(found[0]) if found else 0


def _vote(page: str) -> str:
    return f'{{"path": "{page}", "type": "reaction2", "action": "inc"}}'


def _waline_counts(page: str) -> str:
    kinds = ",".join(f"reaction{number}" for number in range(7))
    return line("GET", f"/api/article?path={page}&type={kinds}")


def _beside_isso(workload: Workload) -> Iterator[Row]:
    database, isso = start_isso(workload.testbed)
    votes = spread([str(number + 1) for number in range(ISSO_COMMENTS)], 20_000)
    load = Load(workload.testbed.data, (line("POST", f"/id/{each}/like") for each in votes), ["{}"])
    with workload.aggregating():
        found = workload.alternate(
            {"ours": _ours(workload, spread), "isso": run(workload, isso, load)}
        )
    workload.testbed.stop(isso)
    with sqlite3.connect(database) as connection:
        ((stored, most),) = connection.execute("SELECT sum(likes), max(likes) FROM comments")
    if most >= ISSO_VOTES:
        raise RuntimeError("isso had to refuse votes, and refusing is quick.")
    rate = {name: rates(results) for name, results in found.items()}
    note = f"isso keeps {stored:,} votes in SQLite, at most {ISSO_VOTES} a comment, and no change of mind"
    yield compared(_ISSO_FIGURE, rate["ours"], rate["isso"], at_least(1), note)


def start_isso(testbed: Testbed) -> tuple[Path, Server]:
    """isso under our own server, with comments to vote for."""
    folder = INSTALLED / "isso"
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", f"{folder}.new"], check=True)
        pip = [f"{folder}.new/bin/python", "-m", "pip", "install", "--quiet", ISSO]
        _install([*pip, f"granian=={version('granian')}"], folder)
    database, settings = testbed.data / "isso.sqlite", testbed.data / "isso.cfg"
    settings.write_text(_ISSO_SETTINGS.format(database=database))
    server = testbed.contender(
        "isso.run:application", {"ISSO_SETTINGS": str(settings)}, python=folder / "bin" / "python"
    )
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO threads (id, uri, title) VALUES (1, '/', 'Story')")
        comments = (
            "INSERT INTO comments (tid, id, created, mode, text, voters) VALUES (1, ?, 0, 1, '', ?)"
        )
        voters = bytes(256)
        connection.executemany(comments, [(n + 1, voters) for n in range(ISSO_COMMENTS)])
    return database, server


_ISSO_SETTINGS = """
[general]
dbpath = {database}
host = http://localhost/
[server]
trusted-proxies = 127.0.0.1
"""


def _install(command: Sequence[str], folder: Path) -> None:
    """Install into a draft, so that a half-made one is never mistaken for a whole one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Absent(f"it cannot be installed here ({type(error).__name__})") from error
    Path(f"{folder}.new").rename(folder)
