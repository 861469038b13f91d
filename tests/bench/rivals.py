"""The real rivals, where this machine can have them: Waline with its PostgreSQL storage, isso with its SQLite.

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

from tests.bench.load_generator import Choose, Load, Result, hot, line, spread
from tests.bench.reading import counts
from tests.bench.table import Row, Samples, Widget, at_least, compared, not_measured
from tests.bench.testbed import Ground, Server
from tests.bench.workload import ARTICLES, Stage, make_readers
from tests.bench.writing import counted, fill, rates, returning, run
from tests.servers import PROJECT, free_port

INSTALLED = PROJECT / "build" / "bench"
INSTALL_SECONDS = 240
STUB = Path(__file__).with_name("waline.cjs")
WALINE = "@waline/vercel@1.39.3"
ISSO = "isso==0.14.0"
# isso takes no more votes for a comment; so that it never refuses one, there are many comments.
ISSO_COMMENTS = 1_000
ISSO_VOTES = 142


class Absent(Exception):
    """Why a rival is not to be had on this machine."""


def measure(stage: Stage) -> Iterator[Row]:
    try:
        yield from _beside_waline(stage)
    except Absent as why:
        for figure, target in _WALINE_BARS.items():
            yield not_measured(figure, target, str(why))
    try:
        yield from _beside_isso(stage)
    except Absent as why:
        yield not_measured(_ISSO_FIGURE, at_least(1), str(why))


_WALINE_BARS: dict[str, Widget] = {"PUT / Waline": at_least(3), "GET counts / Waline": at_least(3)}
_ISSO_FIGURE = "PUT, durable / isso"


def _beside_waline(stage: Stage) -> Iterator[Row]:
    url, waline = start_waline(stage.ground)
    pages = [f"/story-{number}" for number in range(ARTICLES)]
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(_WALINE_ROW, [[page] for page in pages])
    writes = Load(
        stage.ground.data,
        [line("POST", "/api/article")],
        [_vote(page) for page in hot(pages, 2 * ARTICLES)],
    )
    reads = Load(stage.ground.data, [_waline_counts(page) for page in hot(pages, ARTICLES)])
    kept: list[float] = []  # a second

    def write() -> Result:
        before = _waline_total(url)
        result = run_writes()
        kept.append((_waline_total(url) - before) / result.seconds)
        return result

    run_writes = run(stage, waline, writes)
    with stage.folding():
        found = stage.alternate(
            {
                "ours": _ours(stage, hot),
                "waline": write,
                "ours read": run(stage, stage.ours, _our_counts(stage)),
                "waline read": run(stage, waline, reads),
            }
        )
    stage.ground.stop(waline)
    rate = {name: rates(results) for name, results in found.items()}
    put, get = _WALINE_BARS.items()
    lost = [100 * (1 - each / sent) for each, sent in zip(kept, rate["waline"].values, strict=True)]
    note = f"of its acknowledged votes Waline lost {Samples(lost, '%')}; ours none"
    yield compared(put[0], rate["ours"], rate["waline"], put[1], note)
    yield compared("PUT / Waline's votes that it kept", rate["ours"], Samples(kept, "/s"))
    yield compared(get[0], rate["ours read"], rate["waline read"], get[1])


def _ours(stage: Stage, choose: Choose) -> Callable[[], Result]:
    readers = make_readers(stage.effort.readers)
    articles = choose(stage.articles, len(readers))
    fill(stage, readers, articles)
    return counted(stage, stage.ours, returning(stage, readers, articles))


def _our_counts(stage: Stage) -> Load:
    return Load(stage.ground.data, map(counts, hot(stage.articles, ARTICLES)))


def start_waline(ground: Ground) -> tuple[str, Server]:
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
    url = ground.make_database("waline")
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
    return url, ground.wait_for(f"http://127.0.0.1:{port}", ground.start(command, environment))


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


def _beside_isso(stage: Stage) -> Iterator[Row]:
    database, isso = start_isso(stage.ground)
    votes = spread([str(number + 1) for number in range(ISSO_COMMENTS)], 20_000)
    load = Load(stage.ground.data, (line("POST", f"/id/{each}/like") for each in votes), ["{}"])
    with stage.folding():
        found = stage.alternate({"ours": _ours(stage, spread), "isso": run(stage, isso, load)})
    stage.ground.stop(isso)
    with sqlite3.connect(database) as connection:
        ((kept, most),) = connection.execute("SELECT sum(likes), max(likes) FROM comments")
    if most >= ISSO_VOTES:
        raise RuntimeError("isso had to refuse votes, and refusing is quick.")
    rate = {name: rates(results) for name, results in found.items()}
    note = f"isso keeps {kept:,} votes in SQLite, at most {ISSO_VOTES} a comment, and no change of mind"
    yield compared(_ISSO_FIGURE, rate["ours"], rate["isso"], at_least(1), note)


def start_isso(ground: Ground) -> tuple[Path, Server]:
    """isso under our own server, with comments to vote for."""
    folder = INSTALLED / "isso"
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", f"{folder}.new"], check=True)
        pip = [f"{folder}.new/bin/python", "-m", "pip", "install", "--quiet", ISSO]
        _install([*pip, f"granian=={version('granian')}"], folder)
    database, settings = ground.data / "isso.sqlite", ground.data / "isso.cfg"
    settings.write_text(_ISSO_SETTINGS.format(database=database))
    server = ground.granian(
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
    """Install into a draft, so that one half made is never taken for whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Absent(f"it cannot be installed here ({type(error).__name__})") from error
    Path(f"{folder}.new").rename(folder)
