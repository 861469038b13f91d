"""Reads of counts beside an empty DRF view, and a herd on a cold cache: `python -m tests.bench.reads`.

Each contender has a Granian of its own, one worker of eight threads. They are measured in turns, so that
other load of the machine affects all of them; a ratio is made of two figures of one round.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import psutil
import psycopg

from newsroom.stack.environment import recorded_environment
from tests.load import Api, publish
from tests.servers import PROJECT, RunningStack, free_port, open_folder

CONNECTIONS = 8  # one for each of the server's threads
HERD = 1_000  # requests
ARTICLES = 100

# What was measured / what it is measured against, and the target of their ratio.
RATIOS = (
    ("GET counts", "one", "empty", 1.0),
    ("GET counts by slug", "slug", "empty", 1.0),
    ("GET counts, 304", "unchanged", "empty", 1.1),
)
LONGEST_HUNDRED = 2.5  # times as long as one
LONGEST_BY_URL = 1.1  # times as long as by id: a page of another site is as fast as one here
SITE = "https://blog.example"


@dataclass(frozen=True)
class Contender:
    """What is requested, from which process. `headers` are wrk's own notation."""

    url: str
    worker: psutil.Process
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """Requests a second as the client saw them; CPU of the server for each, which a busy machine shifts less."""

    rate: float
    cpu_microseconds: float


def ask(contender: Contender, seconds: int) -> Figure:
    before, headers = _cpu(contender.worker), [f"-H{each}" for each in contender.headers]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", *headers, contender.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu = _cpu(contender.worker) - before
    assert "Non-2xx" not in done.stdout, done.stdout
    return Figure(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        cpu_microseconds=cpu * 1e6 / int(_found(r"(\d+) requests in", done.stdout)),
    )


def in_turns(
    contenders: Mapping[str, Contender], *, rounds: int, seconds: int
) -> dict[str, list[Figure]]:
    """Every contender's figures, a round at a time; a first short round warms them and is thrown away."""
    for contender in contenders.values():
        ask(contender, 1)
    figures: dict[str, list[Figure]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            figures[name].append(ask(contender, seconds))
    return figures


def report(figures: Mapping[str, list[Figure]], say: Callable[[str], None]) -> None:
    say("| request | requests/s, median (min to max) | CPU of the server a request |")
    say("|---|---|---|")
    for name, found in figures.items():
        cpu = statistics.median(each.cpu_microseconds for each in found)
        say(f"| {name} | {spread([each.rate for each in found], 0)} | {cpu:.0f} µs |")
    say("")
    say("| ratio | target | rate | CPU |")
    say("|---|---|---|---|")
    for title, ours, theirs, target in RATIOS:
        say(f"| {title} / empty DRF view | ≥ {target} | {_ratios(figures, ours, theirs)} |")
    hundred = _ratios(figures, "one", "hundred")
    say(f"| GET counts of 100 / of one, time | ≤ {LONGEST_HUNDRED} | {hundred} |")
    by_url = _ratios(figures, "hundred", "hundred by URL")
    say(f"| GET counts of 100 by URL / by id, time | ≤ {LONGEST_BY_URL} | {by_url} |")


def _ratios(figures: Mapping[str, list[Figure]], ours: str, theirs: str) -> str:
    pairs = list(zip(figures[ours], figures[theirs], strict=True))
    rates = [one.rate / other.rate for one, other in pairs]
    cpus = [other.cpu_microseconds / one.cpu_microseconds for one, other in pairs]
    return f"{spread(rates, 2)} | {spread(cpus, 2)}"


def spread(values: list[float], digits: int) -> str:
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return f"{statistics.median(values):.{digits}f} ({low} to {high})"


def herd(url: str, slug: str, database_url: str) -> int:
    """Statements that a thousand requests at once for an article in no cache cause."""
    path = f"{url}api/v1/articles/{slug}/reactions/"

    def read(_: int) -> bytes:
        with urlopen(path, timeout=30) as answer:  # noqa: S310 - it begins with http
            return bytes(answer.read())

    before = _statements(database_url)
    with ThreadPoolExecutor(64) as pool:
        answers = set(pool.map(read, range(HERD)))
    assert len(answers) == 1, answers
    assert b"null" not in answers.pop()
    deadline = time.monotonic() + 20
    while _statements(database_url) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2)  # a process hands in its statistics once a second, and not all do so at once
    return _statements(database_url) - before


def register(database_url: str, slugs: list[str]) -> None:
    """Give each article an address on another site."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO articles_site (name, active, origins, url_patterns, registers, is_listed, theme,"
            " query_parameters, has_amp_pages, has_mobile_hosts, jwt_algorithm, jwt_audience, jwt_issuer,"
            " jwt_secrets, jwks_url, created_at)"
            " VALUES ('Blog', true, ARRAY[%s], '{}', false, false, 'auto', '{}', true, true, '', '', '', '', '', now())",
            [SITE],
        )
        connection.execute(
            "INSERT INTO articles_articleaddress (key, url, article_id, site_id, is_canonical, created_at)"
            " SELECT 'blog.example/' || slug, %s || '/' || slug, a.id, s.id, true, now()"
            "   FROM articles_article a CROSS JOIN articles_site s WHERE slug = ANY (%s)",
            [SITE, slugs],
        )


def _statements(database_url: str) -> int:
    """How often the policy of an article was looked up, which nothing but counts.sql does while no reader reacts."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables"
            " WHERE relname = 'reactions_policy'"
        ).fetchone()
    return int(found[0]) if found else 0


def _cpu(worker: psutil.Process) -> float:
    times = worker.cpu_times()
    return times.user + times.system


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


@contextmanager
def granian(
    application: str, stack: RunningStack, *, ready: str = "healthz", workers: int = 1
) -> Iterator[tuple[str, psutil.Process]]:
    """A server of its own on the product's data; its address, and the worker that answers."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", application, "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "critical"),
        *("--workers", str(workers), "--blocking-threads", str(8 // workers)),
    ]
    process = psutil.Popen(command, cwd=PROJECT, env=stack.env)
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(url + ready, process)
        yield url, process.children()[0]
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: psutil.Popen) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url, timeout=10).close()  # noqa: S310 - it begins with http
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} never answered")


def contenders(
    url: str, worker: psutil.Process, empty: Contender, slugs: list[str]
) -> dict[str, Contender]:
    with Api(url) as api:
        ids = [str(api.ask("GET", f"articles/{slug}/reactions/")["article"]) for slug in slugs]
    one = f"{url}api/v1/articles/{ids[0]}/reactions/"
    with urlopen(one, timeout=10) as answer:  # noqa: S310 - it begins with http
        etag = answer.headers["ETag"]
    urls = ",".join(quote(f"{SITE}/{slug}", safe="") for slug in slugs)
    return {
        "empty": empty,
        "one": Contender(one, worker),
        "slug": Contender(f"{url}api/v1/articles/{slugs[0]}/reactions/", worker),
        "unchanged": Contender(one, worker, (f"If-None-Match: {etag}",)),
        "hundred": Contender(f"{url}api/v1/reactions/?articles={','.join(ids)}", worker),
        "hundred by URL": Contender(f"{url}api/v1/reactions/?articles={urls}", worker),
    }


def measure(stack: RunningStack, *, rounds: int, seconds: int, say: Callable[[str], None]) -> None:
    slugs = [f"read-{number}" for number in range(ARTICLES)]
    publish(stack, [*slugs, "herd"])
    database_url = recorded_environment(stack.data)["DATABASE_URL"]
    register(database_url, slugs)
    with (
        granian("tests.bench.empty:application", stack, ready="empty/") as (
            empty_url,
            empty_worker,
        ),
        granian("newsroom.wsgi:application", stack) as (url, worker),
    ):
        empty = Contender(f"{empty_url}empty/", empty_worker)
        asked = contenders(url, worker, empty, slugs)
        report(in_turns(asked, rounds=rounds, seconds=seconds), say)
    with granian("newsroom.wsgi:application", stack, workers=2) as (url, _):
        statements = herd(url, "herd", database_url)
    say("")
    say(
        f"{HERD} requests at once for an article in no cache, two processes: {statements} statements"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3, help="for each contender in each round")
    arguments = parser.parse_args()
    folder: Path = open_folder("reads")
    stack = RunningStack(folder)
    stack.start()
    try:
        stack.wait_until_up()
        measure(stack, rounds=arguments.rounds, seconds=arguments.seconds, say=print)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
