"""How long the front page and an article take, beside an empty Django template on the same server.

`python -m tests.bench.pages` starts the whole product on ports of its own, and beside its web server
another that also has an empty view. One reader asks for the three pages in turn, round by round, so
that other load of the machine is the same for all.
"""

import shlex
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers import PROJECT, RunningStack, free_port, open_folder

ARTICLES = 30  # more than the front page shows
PARAGRAPHS = 12
ROUNDS = 15
REQUESTS = 40  # of each page in a round
TARGET = 2.5  # times the empty view
PAGES = {"empty": "/empty/", "front": "/", "story": "/articles/page-0/"}
UNCACHED = {"Cookie": "sessionid=of-an-editor"}


class Site:
    """One kept-alive connection to a web server."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)

    def get(self, path: str, headers: Mapping[str, str] = {}) -> float:
        """Seconds until the page was there in full."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}.")
        return time.perf_counter() - began

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self.get(PAGES["empty"])
                return
            except OSError:
                self._connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def file_articles(folder: Path) -> list[Path]:
    """Articles of an ordinary length, with everything that a page shows of one."""
    text = "\n\n".join(f"The bridge is {number} metres long. " * 12 for number in range(PARAGRAPHS))
    files = []
    for number in range(ARTICLES):
        file = folder / f"page-{number}.md"
        file.write_text(
            f"---\nheadline: The bridge {number} is open\nslug: page-{number}\n"
            "abstract: It took nine years, and it opened at noon with a band.\n"
            "dateline: {place: Damascus, country: SY, date: 2024-12-08, source: AFP, style: afp}\n"
            f"byline: Newsroom staff\nsection: Section {number % 5}\ntags: [Bridges, Syria, Noon]\n"
            f"published_at: 2024-12-08T12:{59 - number:02}:00Z\n---\n\n{text}\n"
        )
        files.append(file)
    return files


@contextmanager
def second_server(stack: RunningStack) -> Iterator[Site]:
    """A second web server of the product, with the empty view, on the same database and Valkey."""
    port = free_port()
    line = (PROJECT / "Procfile").read_text().partition("web: python ")[2].partition("\n")[0]
    line = line.replace("newsroom.wsgi", "tests.bench.empty_template.wsgi")
    line = line.replace("${HOST:-127.0.0.1}", "127.0.0.1").replace("$PORT", str(port))
    server = subprocess.Popen([sys.executable, *shlex.split(line)], cwd=PROJECT, env=stack.env)
    try:
        site = Site(port)
        site.wait_until_up()
        yield site
    finally:
        server.terminate()
        server.wait(10)


def time_pages(site: Site) -> dict[str, float]:
    """The median seconds of each page."""
    seconds: dict[str, list[float]] = {name: [] for name in PAGES}
    for number in range(ROUNDS + 1):
        for name, path in PAGES.items():
            seconds_of = [site.get(path) for _ in range(REQUESTS)]
            if number:  # the first round fills caches and connections
                seconds[name] += seconds_of
    return {name: statistics.median(seconds_of) for name, seconds_of in seconds.items()}


def measure(stack: RunningStack, say: Callable[[str], None] = print) -> bool:
    """Publishes articles in a running product, prints a line a page; returns whether both meet the target."""
    with TemporaryDirectory() as folder:
        published = stack.manage("publish", *file_articles(Path(folder)))
        if published.returncode:
            raise RuntimeError(published.stderr)
    with second_server(stack) as site:
        seconds_of = time_pages(site)
        uncached = {
            name: statistics.median(site.get(path, UNCACHED) for _ in range(REQUESTS))
            for name, path in PAGES.items()
        }
    say(f"empty template   {seconds_of['empty'] * 1000:.2f} ms")
    for name in ("front", "story"):
        ratio = seconds_of[name] / seconds_of["empty"]
        say(
            f"{name:<16} {seconds_of[name] * 1000:.2f} ms, {ratio:.2f} times that (target: {TARGET}); "
            f"uncached {uncached[name] * 1000:.1f} ms"
        )
    return all(seconds_of[name] <= TARGET * seconds_of["empty"] for name in ("front", "story"))


def main() -> int:
    folder = open_folder("bench-pages")
    stack = RunningStack(folder)
    stack.start()
    try:
        stack.wait_until_up()
        return 0 if measure(stack) else 1
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
