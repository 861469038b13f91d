"""What the front costs: reactions and counts through it beside web alone, and the bytes of pages that leave it."""

import gzip
import re
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.utils import timezone

from tests.bench.load_generator import Load, hot, spread
from tests.bench.reading import counts
from tests.bench.table import Row, Samples, at_least, at_most, compared
from tests.bench.testbed import Server
from tests.bench.workload import ARTICLES, Workload, make_readers
from tests.bench.writing import counted_round, fill, rates, returning, run, warm
from tests.servers import PROJECT

CONNECTIONS = 32
LENGTH = 4_200  # characters of an article's body, about 700 words
# Prose of different words, as a site's is: the same sentence again and again would be a few bytes.
PROSE = sorted((PROJECT / "docs" / "decisions").glob("*.md"))


def measure(workload: Workload) -> Iterator[Row]:
    readers = make_readers(workload.effort.readers)
    articles = spread(workload.articles, len(readers))
    fill(workload, readers, articles)
    put = returning(workload, readers, articles)
    get = Load(workload.testbed.data, map(counts, hot(workload.articles, ARTICLES)))
    with workload.testbed.behind_front() as front:
        servers = {"front": front, "web": workload.ours}
        runs = {}
        for name, server in servers.items():
            warm(workload, server, put)
            runs[f"put, {name}"] = counted_round(workload, server, put, CONNECTIONS)
        for name, server in servers.items():
            runs[f"get, {name}"] = run(workload, server, get, CONNECTIONS)
        with workload.aggregating():
            found = workload.alternate(runs)
        rate = {name: rates(results) for name, results in found.items()}
        yield compared(
            f"PUT through the front / directly, {CONNECTIONS} connections",
            rate["put, front"],
            rate["put, web"],
            at_least(0.8),
        )
        yield compared(
            f"GET counts through the front / directly, {CONNECTIONS} connections",
            rate["get, front"],
            rate["get, web"],
        )
        yield from _bytes(workload, front)


def _bytes(workload: Workload, front: Server) -> Iterator[Row]:
    publish_prose(workload)
    for name, path in (("front page", "/"), ("article page", "/articles/prose-0/")):
        sent, whole = sizes(front, path)
        yield compared(
            f"{name} through the front, body: compressed / not",
            Samples([sent / 1000], "kB"),
            Samples([whole / 1000], "kB"),
        )
        yield Row(
            f"{name} through the front", Samples([sent / 1000], "kB"), target=at_most(5, "kB")
        )


def publish_prose(workload: Workload) -> None:
    """Articles of an ordinary length, newer than all others."""
    texts = [file.read_text("utf-8") for file in PROSE]
    now = timezone.now().isoformat()
    with TemporaryDirectory() as folder:
        files = []
        for number in range(len(texts)):
            files.append(Path(folder) / f"prose-{number}.md")
            files[-1].write_text(_article(texts[number:] + texts[:number], number, now), "utf-8")
        workload.testbed.manage("publish", *map(str, files))


def _article(texts: Sequence[str], number: int, published_at: str) -> str:
    headline, *paragraphs = (
        re.sub(r"[^\w .,:;’–-]|\s+", " ", paragraph).strip()
        for text in texts
        for paragraph in text.split("\n\n")
        if not paragraph.startswith(("|", "-"))
    )
    abstract = " ".join(paragraphs)[:120].rpartition(" ")[0]
    body = "\n\n".join(paragraphs)[:LENGTH]
    return (
        f"---\nheadline: {headline!r}\nslug: prose-{number}\nabstract: {abstract!r}\n"
        "dateline: {place: Damascus, country: SY, date: 2024-12-08, source: AFP, style: afp}\n"
        f"byline: Newsroom staff\nsection: Section {number % 5}\ntags: [Bridges, Syria, Noon]\n"
        f"published_at: {published_at}\n---\n\n{body}\n"
    )


def sizes(server: Server, path: str) -> tuple[int, int]:
    """Bytes of the body as a browser receives it, and of the same without compression."""
    parts = urlsplit(server.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}.")
    is_compressed = answer.headers["Content-Encoding"] == "gzip"
    return len(body), len(gzip.decompress(body)) if is_compressed else len(body)
