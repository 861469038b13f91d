"""`make chaos`: the effect of real fraudulent requests, and of an honest crowd."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from articles.models import Article
from newsroom.stack.environment import recorded_environment
from reactions.counting.aggregate import aggregate_batch
from reactions.models import Reaction
from tests.load import Api, UnexpectedStatus, publish
from tests.reactions.crowds import NOON, arrive, plausible_networks
from tests.reactions.oracle import totals
from tests.servers import RunningStack

pytestmark = pytest.mark.chaos

CEILING = 20
THREADS = 4

TOTALS = """
SELECT count FROM reactions_articlecount
 WHERE article_id = (SELECT id FROM articles_article WHERE slug = %(slug)s)
"""
WAVES = """
SELECT rule, size, network_count FROM reactions_wave
 WHERE article_id = (SELECT id FROM articles_article WHERE slug = %(slug)s) ORDER BY size DESC
"""


class Cheat:
    """Requests as fast as four connections send them; each as a reader who was made elsewhere, if it names none."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.slug = f"attacked-{uuid4().hex[:8]}"
        publish(stack, [self.slug])
        self.statuses: Counter[int] = Counter()

    def send(self, count: int, **headers: str) -> None:
        self.send_each([headers] * count)

    def send_each(self, requests: list[dict[str, str]]) -> None:
        threads = [
            threading.Thread(target=self._send, args=[requests[number::THREADS]])
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, requests: list[dict[str, str]]) -> None:
        path = f"articles/{self.slug}/reactions/mine/"
        with Api(self.stack.url) as api:
            for headers in requests:
                if not headers.keys() & {"Authorization", "Cookie"}:
                    headers = {**headers, "Authorization": api.new_reader()}
                try:
                    api.ask("PUT", path, {"reactions": ["love"]}, **headers)
                    self.statuses[200] += 1
                except UnexpectedStatus as error:
                    self.statuses[error.status] += 1

    def public(self) -> int:
        """The public total, once every reaction is moderated and aggregated."""
        deadline = time.perf_counter() + 30
        with Api(self.stack.url) as api:
            while time.perf_counter() < deadline:
                ((entries,),) = self._query("SELECT count(*) FROM reactions_outboxentry")
                counted = sum(count for (count,) in self._query(TOTALS))
                if entries == 0 and (shown := api.total(self.slug)) == counted:
                    return shown
                time.sleep(0.1)
        raise AssertionError("Not all was counted and public within half a minute.")

    def waves(self) -> list[tuple[str, int, int]]:
        """Rule, size and networks of each wave, the largest first."""
        return self._query(WAVES)

    def _query(self, select: str) -> list[Any]:
        url = recorded_environment(self.stack.data)["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            return connection.execute(select, {"slug": self.slug}).fetchall()


@pytest.fixture
def cheat(stack: RunningStack) -> Cheat:
    return Cheat(stack)


def test_a_loop_from_one_address_moves_the_count_by_its_ceiling(cheat: Cheat) -> None:
    cheat.send(10_000, **{"X-Forwarded-For": "203.0.113.7"})

    assert cheat.statuses == {200: 10_000}
    assert cheat.public() == CEILING
    assert [(rule, networks) for rule, _, networks in cheat.waves()] == [("network_story", 1)]


def test_a_loop_with_made_up_addresses_behind_our_proxy_is_one_address(cheat: Cheat) -> None:
    """The client's own claim is left of the address that the proxy saw."""
    chance = random.Random(3)
    made_up = (f"{chance.randint(1, 250)}.{n % 250}.0.1, 203.0.114.7" for n in range(1_000))

    cheat.send_each([{"X-Forwarded-For": forwarded} for forwarded in made_up])

    assert cheat.public() == CEILING


def test_the_same_spread_over_fifty_networks_is_held_as_a_wave(cheat: Cheat) -> None:
    requests = [{"X-Forwarded-For": f"198.18.{n % 50}.9"} for n in range(10_000)]

    cheat.send_each(requests)

    assert cheat.public() <= 50 * CEILING
    assert sum(size for _, size, _ in cheat.waves()) >= 9_000
    assert max(networks for _, _, networks in cheat.waves()) >= 45


def test_one_token_shared_by_a_thousand_clients_is_one_reader(
    cheat: Cheat, stack: RunningStack
) -> None:
    with Api(stack.url) as api:
        token = str(api.ask("POST", "readers/")["token"])
    shared = {"Authorization": f"Reader {token}"}

    cheat.send_each([shared | {"X-Forwarded-For": f"198.19.{n % 250}.9"} for n in range(1_000)])

    assert cheat.statuses == {200: 1_000}
    assert cheat.public() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "reader=-1"},
        {"Cookie": "reader=forged.1w4CxM.AAAA"},
        {"Authorization": "Reader unknown"},
        {"Authorization": f"Reader {'x' * 300}"},
    ],
)
def test_a_forged_token_has_no_effect(cheat: Cheat, headers: dict[str, str]) -> None:
    cheat.send(200, **headers)

    assert cheat.statuses == {401: 200}
    assert cheat.public() == 0


@pytest.mark.django_db
def test_an_honest_crowd_is_held_for_less_than_one_percent(article: Article) -> None:
    """100,000 readers, 2,000 a minute, in a plausible mix of networks."""
    networks, step = plausible_networks(100_000), timedelta(seconds=60 / 2_000)

    for start in range(0, 100_000, 5_000):
        arrive(article.id, networks[start : start + 5_000], at=NOON + start * step, every=step)
        while aggregate_batch(most=500).entries:
            pass

    held = Reaction.objects.filter(held=True).count()
    assert held < 1_000
    assert sum(totals(article.id).values()) == 100_000 - held
