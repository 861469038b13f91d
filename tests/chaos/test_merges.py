"""`make chaos`: whatever dies while an article with many reactions is merged, each reader counts once in the end."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.chaos.test_faults import DIE, SETUP, WORKER, Site
from tests.load import Api, Load
from tests.servers import RunningStack

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

ROWS = 20_000  # twenty batches
RATE = 60
RECOVERY_SECONDS = 60

PUBLISH = """
from django.utils import timezone
from articles.models import Article, Site
now = timezone.now()
site, _ = Site.objects.get_or_create(name="Chaos", defaults=dict(origins=["https://chaos.example.org"]))
for slug in {slugs}:
    Article.objects.create(
        site=site, slug=slug, guid=slug, headline=slug, state="published",
        first_published_at=now, published_at=now)
"""
FILL = """
WITH article AS (
  SELECT id FROM articles_article WHERE slug = '{slug}'
), reader AS (
  SELECT gen_random_uuid() AS id FROM generate_series(1, {rows})
), row AS (
  INSERT INTO reactions_reaction
         (article_id, reader_id, kinds, held, counted, was_counted, erased, changed_at)
  SELECT article.id, reader.id, 4, false, 0, 0, false, now() FROM article, reader
  RETURNING article_id, reader_id
), entry AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM row
)
SELECT count(*) FROM row
"""
LEFT = """
SELECT (SELECT count(*) FROM reactions_outboxentry)
     + (SELECT count(*) FROM reactions_reaction r JOIN articles_article a ON a.id = r.article_id
         WHERE a.slug = '{slug}')
"""
MERGE = """
from articles.models import Article
from articles.sites.moves import merge_articles
def merge():
    merge_articles(
        article_id=Article.objects.get(slug="{old}").pk, into_id=Article.objects.get(slug="{new}").pk)
"""
# Where the process that merges is killed, and the code that kills it there.
DEATHS = {
    "before its commit": "from django.db import transaction\nwith transaction.atomic():\n    merge()\n    die()\n",
    "after its commit": "from reactions.http import widget\nwidget.settle_merges = die\nmerge()\n",
    "in a batch": "from reactions import move\nrows = move.rows\n"
    "move.rows = lambda name, *a, **o: [rows(name, *a, **o), name == 'move_reactions' and die()][0]\n"
    "merge()\n",
    "between two batches": "from reactions import move\nfrom reactions.http import widget\ncalls = []\n"
    "widget._SETTLE_SECONDS = 30\n"
    "move._is_far_behind = lambda: calls.append(1) or (len(calls) > 1 and die())\nmerge()\n",
}


@dataclass
class Pair:
    """An article with many reactions, and the one that it is merged into."""

    site: Site
    old: str
    new: str

    def wait_until_counted(self) -> None:
        """Until nothing waits, and nothing is left of the old article."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while self.site.query(LEFT.format(slug=self.old)):
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def run(self, code: str) -> int:
        """Runs this code in a process with the product's settings, and ends with its exit code."""
        code = SETUP + DIE + MERGE.format(old=self.old, new=self.new) + code
        started = [sys.executable, "-c", code]
        return subprocess.run(
            started, **self.site.process(), check=False, timeout=RECOVERY_SECONDS
        ).returncode


@pytest.fixture
def pair(stack: RunningStack) -> Pair:
    site = Site(stack)
    slugs = [f"{name}-{uuid4().hex[:8]}" for name in ("old", "new")]
    done = stack.manage("shell", "-c", PUBLISH.format(slugs=slugs))
    assert done.returncode == 0, done.stderr
    assert site.query(FILL.format(slug=slugs[0], rows=ROWS)) == ROWS
    return Pair(site, *slugs)


@pytest.mark.parametrize("where", DEATHS)
def test_a_merge_whose_process_is_killed_counts_each_reader_once(
    stack: RunningStack, pair: Pair, where: str
) -> None:
    with Load(stack.url, [pair.old, pair.new], rate=RATE) as load:
        time.sleep(1)
        ended = pair.run(DEATHS[where])
        if where == "before its commit":
            assert pair.run("merge()\n") == 0
        time.sleep(2)
    pair.wait_until_counted()
    dry_run = stack.manage("reconcile", "--dry-run")

    assert ended == -signal.SIGKILL
    assert load.refused == 0, load.statuses
    with Api(stack.url) as api:
        total = api.total(pair.new)
        assert api.total(pair.old) == total
    assert load.acknowledged <= total - ROWS <= load.acknowledged + load.in_doubt
    assert dry_run.returncode == 0, dry_run.stdout


def test_workers_that_are_killed_while_they_move_rows_count_each_reader_once(
    stack: RunningStack, pair: Pair
) -> None:
    with Load(stack.url, [pair.old, pair.new], rate=RATE) as load:
        assert pair.run(DEATHS["after its commit"]) == -signal.SIGKILL
        for _ in range(6):
            pair.site.kill_children_of(WORKER)
            time.sleep(0.7)
    pair.wait_until_counted()

    with Api(stack.url) as api:
        total = api.total(pair.new)
    assert load.acknowledged <= total - ROWS <= load.acknowledged + load.in_doubt
    assert stack.manage("reconcile", "--dry-run").returncode == 0
