"""A mirror by the change feed and a receiver of webhooks end with the truth, whatever died meanwhile.

Readers react, an editor publishes, corrects, unpublishes and kills; transactions commit late on connections of their own;
processes are killed. MIRROR_MINUTES says for how long.
"""

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest

from tests.chaos.test_faults import WORKER, Site
from tests.load import KINDS, Api, UnexpectedStatus
from tests.reactions.webhooks.receiver import Received, Receiver, answer_with, receiving
from tests.servers import RunningStack, running_stack

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

MINUTES = float(os.environ.get("MIRROR_MINUTES", "3"))
ARTICLES = 30
SETTLES_SECONDS = 90
_FAILURES = (OSError, HTTPException, UnexpectedStatus)


class Program:
    """A mirror that calls the API over HTTP, and starts again where its cursor has expired."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self.cursor = ""
        self.content: dict[str, int] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.restarts = 0

    def read(self, wait: int = 0) -> bool:
        """One page; whether there is more."""
        query = {"limit": 20, **({"cursor": self.cursor, "wait": wait} if self.cursor else {})}
        connection = HTTPConnection(self._host, self._port, timeout=40)
        try:
            connection.request("GET", f"/api/v1/changes/?{urlencode(query)}")
            answer = connection.getresponse()
            body = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status == 410:
            self.restarts += 1
            self.cursor, self.content, self.counts = "", {}, {}
            return True
        if answer.status != 200:
            raise UnexpectedStatus(answer.status, json.dumps(body).encode())
        for each in body["results"]:
            article = each["article"]
            if each["kind"] == "gone":
                self.content.pop(article, None)
                self.counts.pop(article, None)
            elif each["kind"] == "content":
                self.content[article] = each["version"]
            else:
                self.counts[article] = each["counts"]
        self.cursor = body["next"]
        return bool(body["more"])


class Told:
    """What a program knows that only hears of webhooks, in any order and twice."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.public: dict[str, bool] = {}
        self.counts: dict[str, tuple[int, int]] = {}

    def hear(self, received: Received) -> None:
        type_ = received.message["type"]
        for each in received.results:
            article, version = str(each["article"]), int(each["version"])
            if type_ == "reactions.changed":
                if version > self.counts.get(article, (0, 0))[0]:
                    self.counts[article] = (version, each["total"])
            elif version > self.versions.get(article, 0):
                self.versions[article] = version
                self.public[article] = each["url"] is not None


def edit(site: Site, chance: random.Random) -> None:
    """One act of an editor, in a process of its own connection; a third of them commit a while later."""
    acts = chance.choice(["correct", "correct", "correct", "unpublish", "publish", "kill"])
    code = f"""
import random, time
from django.db import transaction
from articles import workflow
from articles.models import Article
chance = random.Random({chance.randrange(10**9)})
for _ in range(12):
    article = chance.choice(list(Article.objects.filter(slug__startswith="mirror-").exclude(state="killed")))
    act = "{acts}" if chance.random() < 0.3 else chance.choice(["correct", "unpublish", "publish"])
    if act == "kill" and Article.objects.filter(slug__startswith="mirror-", state="killed").count() > 8:
        act = "correct"
    more = {{"text": "It was so."}} if act == "correct" else {{}}
    try:
        with transaction.atomic():
            getattr(workflow, act)(article_id=article.pk, **more)
            time.sleep(chance.choice([0, 0, 0.05, 0.4]))
    except workflow.TransitionNotAllowed:
        pass
"""
    site.run(code)


def repeat(act: Callable[[], object], ends_at: float, pause: float) -> None:
    while time.monotonic() < ends_at:
        with suppress(*_FAILURES, psycopg.Error, subprocess.TimeoutExpired):
            act()
        time.sleep(pause)


def publish_all(site: Site) -> None:
    code = f"""
from django.utils import timezone
from articles import workflow
from articles.models import Article
for n in range({ARTICLES}):
    draft = Article.objects.create(
        guid=f"tag:mirror,2026:{{n}}", slug=f"mirror-{{n}}", headline=f"Story {{n}}",
        body_markdown="It is.", body_html="<p>It is.</p>",
    )
    workflow.publish(article_id=draft.pk)
"""
    assert site.run(code) == 0


def truth(site: Site) -> tuple[dict[str, int], dict[str, int]]:
    with psycopg.connect(site.database_url) as connection:
        versions = connection.execute(
            "SELECT id, version FROM articles_article"
            " WHERE state IN ('published', 'corrected', 'retracted') AND is_listed"
        ).fetchall()
        totals = connection.execute(
            "SELECT c.article_id, sum(c.count)::int FROM reactions_articlecount c JOIN articles_article a"
            " ON a.id = c.article_id AND a.state IN ('published', 'corrected', 'retracted') GROUP BY 1"
        ).fetchall()
    return {str(each): version for each, version in versions}, {
        str(each): total for each, total in totals
    }


def test_a_mirror_and_a_receiver_end_with_the_truth() -> None:
    with (
        running_stack("mirror", TRUSTED_PROXY_HOPS="1", FETCH_NETWORKS="127.0.0.0/8") as stack,
        receiving() as receiver,
    ):
        site = Site(stack)
        told = Told()
        chance = random.Random(7)

        def answer(handler: Any) -> None:
            if chance.random() < 0.2:
                answer_with(chance.choice([500, 503]))(handler)
                return
            answer_with(204)(handler)

        receiver.secret = add_webhook(stack, receiver)
        receiver.answer, receiver.hears = answer, told.hear
        samples, _ = truth(site)  # came out before the webhook was there
        publish_all(site)
        mirror = Program(stack.url)
        run_for(MINUTES * 60, stack, site, random.Random(8), mirror)
        chance.random = lambda: 1.0  # type: ignore[method-assign]  # no failure any more

        until = time.monotonic() + SETTLES_SECONDS
        while True:
            with suppress(*_FAILURES):
                while mirror.read():
                    pass
            versions, totals = truth(site)
            known = {each: sum(counts.values()) for each, counts in mirror.counts.items()}
            public = {each for each, is_public in told.public.items() if is_public}
            of_hooks = {each: total for each, (_, total) in told.counts.items() if each in totals}
            if (
                mirror.content == versions
                and {each: known.get(each) for each in totals} == totals
                and public == versions.keys() - samples.keys()
                and {each: total for each, total in of_hooks.items() if total}
                == {each: total for each, total in totals.items() if total}
            ):
                break
            assert time.monotonic() < until, (
                mirror.content,
                versions,
                known,
                totals,
                public,
                of_hooks,
            )
            time.sleep(1)

        # How many are public at the end is chance; all were, with counts, for a while.
        assert len(told.public) == ARTICLES
        assert len(told.counts) >= ARTICLES / 3
        assert receiver.refused == []
        assert mirror.restarts == 0  # a restart of PostgreSQL is the same server
        assert stack.manage("reconcile", "--dry-run").returncode == 0


def add_webhook(stack: RunningStack, receiver: Receiver) -> str:
    issued = stack.manage("issue_key", "Mirror", "--scopes", "webhooks:manage")
    key = next(word for word in issued.stdout.split() if word.startswith("nr_"))
    types = ["article.published", "article.updated", "article.corrected", "article.unpublished"]
    with Api(stack.url) as api:
        made = api.ask(
            "POST",
            "webhooks/",
            {
                "url": receiver.url,
                "types": [*types, "article.killed", "reactions.changed"],
                "interval": 1,
            },
            Authorization=f"Bearer {key}",
        )
    return str(made["secret"])


def run_for(
    seconds: float, stack: RunningStack, site: Site, chance: random.Random, mirror: Program
) -> None:
    ends_at = time.monotonic() + seconds

    def react() -> None:
        with Api(stack.url) as api:
            for _ in range(20):
                api.react(f"mirror-{chance.randrange(ARTICLES)}", chance.choice(KINDS))

    threads = [
        threading.Thread(target=repeat, args=(react, ends_at, 0.1)),
        threading.Thread(target=repeat, args=(lambda: edit(site, chance), ends_at, 0.5)),
        threading.Thread(target=repeat, args=(lambda: mirror.read(wait=5), ends_at, 0.2)),
    ]
    for thread in threads:
        thread.start()
    faults: list[Callable[[], object]] = [
        lambda: site.kill(WORKER),
        lambda: site.kill("granian"),
        lambda: site.kill("--queues slow"),
        lambda: site.kill("valkey-server"),
        lambda: site.kill("bin/postgres"),
    ]
    pause = seconds / (len(faults) + 1)
    for fault in faults:
        time.sleep(pause)
        fault()
    for thread in threads:
        thread.join()
