"""How fast articles come in and feeds go out: `python -m tests.bench.importing`.

In this process alone, with PostgreSQL of its own, so that the figures are those of one core.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.servers import SERVERS

ARTICLES = 1000
FEED_ARTICLES = 100
PARAGRAPH = (
    "The bridge opened at <em>noon</em> with a band, a speech and a crowd that had waited for nine"
    " years, and <strong>no one</strong> was hurt, the police said, while the market on the other"
    " bank sold out of bread by two."
)


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """Of one import of many ninjs articles, from bytes to committed rows."""

    articles: int
    seconds: float
    cpu_seconds: (
        float  # of this process; the rest of the time is PostgreSQL's, or another process's
    )
    bare_cpu_seconds: float  # to read the same JSON and to clean the same bodies, and nothing else
    target: float = 150.0  # articles a second
    target_ratio: float = 40.0

    @property
    def articles_per_second(self) -> float:
        return self.articles / self.seconds

    @property
    def ratio(self) -> float:
        """To the bare work: of a slow or busy machine it is the same as of another."""
        return self.cpu_seconds / self.bare_cpu_seconds

    @property
    def passed(self) -> bool:
        return self.articles_per_second >= self.target and self.ratio <= self.target_ratio


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """Of one feed, from request to answer, when nothing is cached."""

    form: str
    articles: int
    cpu_milliseconds: float
    target: float = 40.0

    @property
    def passed(self) -> bool:
        return self.cpu_milliseconds <= self.target


def measure_import(articles: int = ARTICLES) -> ImportFigures:
    """Import so many articles of 300 words as a feed of one document. Leaves them published."""
    from articles.formats import READERS
    from articles.ingest import Action, ingest_stories

    content = json.dumps([_ninjs(number) for number in range(articles)]).encode()
    started, started_cpu = time.perf_counter(), time.process_time()
    read = READERS["ninjs"](content, name="bench.json", zone=UTC)
    outcomes = ingest_stories(read)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    if {outcome.action for outcome in outcomes} != {Action.CREATED}:
        raise RuntimeError("the stories were here before; measure with a database of its own")
    return ImportFigures(articles, seconds, cpu_seconds, _bare_cpu_seconds(content))


def _bare_cpu_seconds(content: bytes) -> float:
    """The best of three rounds."""
    from articles import markup

    spent = []
    for _ in range(3):
        started = time.process_time()
        for item in json.loads(content):
            markup.sanitise(item["bodies"][0]["value"], is_foreign=True)
        spent.append(time.process_time() - started)
    return min(spent)


def measure_feed(form: str = "rss.xml", *, rounds: int = 10) -> FeedFigures:
    """The site's feed of the newest articles: the best of some rounds, which is what the code takes."""
    from django.test import Client

    from articles.syndication import feeds

    client, usual = Client(), feeds.ARTICLES_PER_FEED
    feeds.ARTICLES_PER_FEED = FEED_ARTICLES  # half as many in daily life
    spent = []
    for _ in range(rounds + 1):  # the first one loads what is loaded once
        started = time.process_time()
        answer = client.get(f"/feeds/{form}")
        spent.append((time.process_time() - started) * 1000)
    feeds.ARTICLES_PER_FEED = usual
    if answer.status_code != 200:
        raise RuntimeError(f"the feed answered {answer.status_code}")
    return FeedFigures(form, FEED_ARTICLES, min(spent[1:]))


def _ninjs(number: int) -> dict[str, object]:
    published = datetime(2024, 12, 8, tzinfo=UTC) + timedelta(minutes=number)
    body = f"<p>DAMASCUS, Dec 8 (AFP) — {PARAGRAPH}</p>" + f"<p>{PARAGRAPH}</p>" * 7
    return {
        "uri": f"tag:bench.example,2024:{number}",
        "type": "text",
        "version": "1",
        "firstCreated": published.isoformat(),
        "pubStatus": "usable",
        "language": "en",
        "headlines": [{"role": "main", "value": f"Bridge number {number} is open"}],
        "descriptions": [{"role": "summary", "value": "It took nine years."}],
        "bodies": [{"role": "main", "contentType": "text/html", "value": body}],
        "by": "Ann Lee",
        "people": [{"rel": "author", "name": "Ann Lee"}],
        "subjects": [
            {"rel": "section", "name": "World"},
            {"rel": "tag", "name": f"Town {number % 50}"},
            {"uri": "medtop:20000001"},
        ],
        "infoSources": [{"role": "source", "name": "Bench"}],
    }


def main() -> int:
    SERVERS.start()
    os.environ["ALLOWED_HOSTS"] = "testserver"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    imported = measure_import()
    print(
        f"import   {imported.articles_per_second:.0f} stories/s of {imported.articles}"
        f" (target: {imported.target:.0f}), {1000 * imported.cpu_seconds / ARTICLES:.1f} ms of CPU each,"
        f" {imported.ratio:.1f} times the bare work (target: {imported.target_ratio:.0f})"
    )
    feeds = [measure_feed(form) for form in ("rss.xml", "atom.xml", "feed.json")]
    for feed in feeds:
        print(
            f"feed     {feed.form}: {feed.cpu_milliseconds:.1f} ms of CPU for {feed.articles} stories"
            f" (target: {feed.target:.0f})"
        )
    if len(sys.argv) > 1:  # the file that the whole benchmark reads
        slowest = max(feed.cpu_milliseconds for feed in feeds)
        figures = [imported.articles_per_second, imported.ratio, slowest]
        Path(sys.argv[1]).write_text(json.dumps(figures))
    return 0 if imported.passed and all(feed.passed for feed in feeds) else 1


if __name__ == "__main__":
    try:
        code = main()
    finally:
        SERVERS.stop()
    sys.exit(code)
