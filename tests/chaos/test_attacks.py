"""`make chaos`: what fraudulent requests change, sent through real proxies, and how many honest readers are held.

`make attacks` also writes the results to docs/moderation.md. Each attack has an article and networks of its own.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from articles.models import Article
from newsroom.stack.environment import recorded_environment
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.models import Reaction
from tests.chaos.attack_table import RESULTS, ROWS, Attack, write_rows
from tests.chaos.proxies import running_proxies
from tests.conftest import PublishArticle
from tests.load import publish
from tests.races.rival import at_once
from tests.reactions.crowds import NOON, arrive, plausible_networks
from tests.reactions.oracle import totals
from tests.servers import PROJECT, RunningStack, running_stack

pytestmark = pytest.mark.chaos

CEILING = 20  # REACTIONS_PER_NETWORK_ARTICLE
THREADS = 4
PROXIES = ("Caddy", "nginx", "HAProxy")
SIMULATED = "simulated time"

COUNTED = """
SELECT count FROM reactions_articlecount
 WHERE article_id = (SELECT id FROM articles_article WHERE slug = %(slug)s)
"""
HELD = """
SELECT count(*) FROM reactions_reaction
 WHERE held AND article_id = (SELECT id FROM articles_article WHERE slug = %(slug)s)
"""
WAVES = """
SELECT rule, size, network_count FROM reactions_wave
 WHERE article_id = (SELECT id FROM articles_article WHERE slug = %(slug)s) ORDER BY size DESC
"""
MINT = """
import sys, time, django
django.setup()
now = time.time
time.time = lambda: now() - {age}
from reactions.readers import new_reader
print("\\n".join(new_reader().token for _ in range({count})))
"""

_second_bytes = count(1)


@pytest.fixture(scope="module", autouse=True)
def published() -> Iterator[None]:
    """Writes the table where ATTACKS=write asks for it."""
    yield
    if os.environ.get("ATTACKS") == "write":
        write_rows(RESULTS)


@pytest.fixture(scope="module")
def site() -> Iterator[RunningStack]:
    """The product without a front of its own, for the proxies of the tests."""
    with running_stack("attacks", TRUSTED_PROXY_HOPS="1", FRONT="none") as started:
        yield started


@pytest.fixture(scope="module")
def ports(site: RunningStack) -> Iterator[dict[str, int]]:
    with running_proxies(int(site.env["PORT"])) as ports:
        yield ports


class Cheat:
    """Requests to one article as fast as four threads send them."""

    def __init__(self, site: RunningStack, ports: dict[str, int]) -> None:
        self.site = site
        self.ports = ports
        self.through = "Caddy"
        self.slug = f"attacked-{uuid4().hex[:8]}"
        publish(site, [self.slug])
        self.statuses: Counter[int] = Counter()
        self._second_byte = next(_second_bytes)

    def address(self, network: int) -> str:
        """An address in one of this attack's own networks."""
        return f"127.{self._second_byte}.{network}.9"

    def mint(self, number: int, *, age: timedelta = timedelta(0)) -> list[str]:
        """Tokens that the product gave out so long ago, to other networks."""
        code = MINT.format(count=number, age=age.total_seconds())
        environment = {**self.site.env, **recorded_environment(self.site.data)}
        environment["DJANGO_SETTINGS_MODULE"] = "newsroom.settings"
        made = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return made.stdout.split()

    def press(
        self,
        tokens: Sequence[str],
        *,
        networks: int = 1,
        headers: Sequence[dict[str, str]] = ({},),
        has_page: bool = False,
    ) -> None:
        """A PUT with each token, from one of so many networks and with one of these headers after the other."""
        page = self.page_token() if has_page else {}
        requests = [
            (
                self.address(n % networks),
                {"Authorization": f"Reader {token}"} | page | headers[n % len(headers)],
            )
            for n, token in enumerate(tokens)
        ]
        self._in_threads(lambda each: self._put(*each), requests)

    def get_token_and_press(self, number: int, *, has_page: bool = False) -> None:
        """A new reader for each press, all from one network."""
        page = self.page_token() if has_page else {}

        def act(_: int) -> None:
            status, answer = self._ask("POST", "readers/", self.address(1), {})
            if status != 201:
                self.statuses[status] += 1
                return
            token = json.loads(answer)["token"]
            self._put(self.address(1), {"Authorization": f"Reader {token}"} | page)

        self._in_threads(act, range(number))

    def page_token(self) -> dict[str, str]:
        path = f"articles/{self.slug}/reactions/mine/"
        with closing(self._connect(self.address(0))) as client:
            client.request("GET", f"/api/v1/{path}")
            response = client.getresponse()
            response.read()
            return {"Page-Token": response.headers["Page-Token"]}

    def result(self, name: str, through: str | None = None) -> Attack:
        """What it changed, once every reaction is moderated, aggregated and public; notes it for the table."""
        counted = self._public()
        ((held,),) = self._query(HELD)
        refused = sum(number for status, number in self.statuses.items() if status != 200)
        sent = self.statuses.total()
        return note(name, through or self.through, sent, refused, counted, held)

    def waves(self) -> list[tuple[str, int, int]]:
        """Rule, size and networks of each wave, the largest first."""
        return self._query(WAVES)

    def _put(self, address: str, headers: dict[str, str]) -> None:
        path = f"articles/{self.slug}/reactions/mine/"
        status, _ = self._ask("PUT", path, address, headers, b'{"reactions": ["love"]}')
        self.statuses[status] += 1

    def _ask(
        self, method: str, path: str, address: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Over the thread's connection from this address."""
        connections = self._local.__dict__.setdefault("connections", {})
        if address not in connections:
            connections[address] = self._connect(address)
        client = connections[address]
        client.request(
            method, f"/api/v1/{path}", body, {"Content-Type": "application/json", **headers}
        )
        response = client.getresponse()
        return response.status, response.read()

    def _connect(self, address: str) -> HTTPConnection:
        port = self.ports[self.through]
        return HTTPConnection("127.0.0.1", port, timeout=20, source_address=(address, 0))

    def _in_threads(self, act: Callable[[Any], None], each: Sequence[Any]) -> None:
        self._local = threading.local()

        def run(mine: Sequence[Any]) -> None:
            for one in mine:
                act(one)
            for connection in self._local.__dict__.get("connections", {}).values():
                connection.close()

        threads = [
            threading.Thread(target=run, args=[each[number::THREADS]]) for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self.statuses.total(), "No request was answered."

    def _public(self) -> int:
        deadline = time.perf_counter() + 30
        shown = -1
        while time.perf_counter() < deadline:
            ((entries,),) = self._query("SELECT count(*) FROM reactions_outboxentry")
            counted = sum(number for (number,) in self._query(COUNTED))
            shown = int(
                json.loads(self.site.get(f"api/v1/articles/{self.slug}/reactions/"))["total"]
            )
            if entries == 0 and shown == counted:
                return shown
            time.sleep(0.1)
        raise AssertionError(f"Not all was counted and public within half a minute: {shown}.")

    def _query(self, select: str) -> list[Any]:
        url = recorded_environment(self.site.data)["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            return connection.execute(select, {"slug": self.slug}).fetchall()


def note(name: str, through: str, sent: int, refused: int, counted: int, held: int) -> Attack:
    assert (name, through) in ROWS
    attack = Attack(name, through, sent, refused, counted, held)
    RESULTS.append(attack)
    return attack


@pytest.fixture
def cheat(site: RunningStack, ports: dict[str, int]) -> Cheat:
    return Cheat(site, ports)


@pytest.mark.parametrize(
    ("through", "presses"), [("Caddy", 10_000), ("nginx", 1_000), ("HAProxy", 1_000)]
)
def test_a_loop_from_one_address_moves_the_count_by_its_ceiling(
    cheat: Cheat, through: str, presses: int
) -> None:
    cheat.through = through
    cheat.press(cheat.mint(presses))

    attack = cheat.result("A loop from one address, each press as another reader")

    assert cheat.statuses == {200: presses}
    assert (attack.counted, attack.held) == (CEILING, presses - CEILING)
    assert [(rule, networks) for rule, _, networks in cheat.waves()] == [("network_story", 1)]


def test_a_loop_that_asks_for_each_token_gets_few(cheat: Cheat) -> None:
    cheat.get_token_and_press(2_000)

    attack = cheat.result("The same loop, which asks for a token for each press")

    assert cheat.statuses.keys() == {200, 429}
    assert attack.counted == CEILING
    assert 280 <= attack.held <= 400  # three hundred at once, and one every six seconds
    assert attack.refused == 2_000 - attack.counted - attack.held


SPOOFS = {
    "Made-up X-Forwarded-For, X-Real-IP and Forwarded": [
        "X-Forwarded-For",
        "X-Real-IP",
        "Forwarded",
    ],
    "The same with underscores, in every mixture": [
        "X_Forwarded_For",
        "X-Forwarded_For",
        "X_Forwarded-For",
        "x_forwarded_for",
        "X_Real_IP",
    ],
}


@pytest.mark.parametrize("through", PROXIES)
@pytest.mark.parametrize("name", SPOOFS)
def test_a_made_up_address_changes_nothing(cheat: Cheat, name: str, through: str) -> None:
    cheat.through = through
    headers = [
        dict.fromkeys(SPOOFS[name], f"{20 + n}.{n % 250}.0.1")
        if n % 2
        else {SPOOFS[name][n // 2 % len(SPOOFS[name])]: f"{20 + n}.{n % 250}.0.1, 198.51.100.7"}
        for n in range(100)
    ]

    cheat.press(cheat.mint(500), headers=headers)
    attack = cheat.result(name)

    assert (attack.counted, attack.held) == (CEILING, 500 - CEILING)


@pytest.mark.parametrize("what", ["unreadable address", "missing address"])
def test_clients_without_an_address_are_one_network(cheat: Cheat, what: str) -> None:
    cheat.through = what
    name = (
        f"A proxy that forwards {'no' if what.startswith('missing') else 'an unreadable'} address"
    )

    cheat.press(cheat.mint(150), networks=150)
    attack = cheat.result(name, "HAProxy")

    assert (attack.counted, attack.held) == (CEILING, 150 - CEILING)


@pytest.mark.parametrize("has_page", [False, True])
def test_the_same_spread_over_fifty_networks_is_held_as_a_wave(
    cheat: Cheat, has_page: bool
) -> None:
    presses = 2_500 if has_page else 10_000
    cheat.press(cheat.mint(presses), networks=50, has_page=has_page)
    attack = cheat.result(f"Fifty networks, {'each loads' if has_page else 'none loads'} the page")

    assert attack.counted <= (50 * CEILING if has_page else 100)
    assert attack.held == presses - attack.counted
    assert max(networks for _, _, networks in cheat.waves()) >= 45


@pytest.mark.parametrize(
    ("ago", "age"), [("ten minutes", timedelta(minutes=10)), ("a day", timedelta(days=1))]
)
def test_tokens_of_earlier_are_no_history(cheat: Cheat, ago: str, age: timedelta) -> None:
    cheat.press(cheat.mint(350, age=age), networks=70)
    attack = cheat.result(f"350 tokens of {ago} earlier from 70 networks, no page loaded")

    assert attack.counted <= 100  # REACTIONS_WITHOUT_PAGE_PER_HOUR
    assert attack.held == 350 - attack.counted


def test_one_token_shared_by_a_thousand_clients_is_one_reader(cheat: Cheat) -> None:
    cheat.press(cheat.mint(1) * 1_000, networks=250)
    attack = cheat.result("One token shared by a thousand clients")

    assert cheat.statuses == {200: 1_000}
    assert (attack.counted, attack.held) == (1, 0)


def test_a_forged_token_has_no_effect(cheat: Cheat) -> None:
    forged = ["-1", "unknown", "x" * 300, "forged.1w4CxM.AAAA", f"{cheat.mint(1)[0][:-1]}~"]

    cheat.press(forged * 100)
    attack = cheat.result("Forged tokens")

    assert cheat.statuses == {401: 500}
    assert (attack.counted, attack.held) == (0, 0)


def test_a_lecture_hall_is_held_beyond_the_ceiling_until_an_editor_decides(cheat: Cheat) -> None:
    cheat.get_token_and_press(300, has_page=True)
    attack = cheat.result("Honest: a lecture hall of 300 behind one address, at once")

    assert cheat.statuses == {200: 300}  # the limit of new readers lets them all in
    assert (attack.counted, attack.held) == (CEILING, 300 - CEILING)
    assert len(cheat.waves()) == 1  # one decision releases them


def total(article_id: UUID) -> int:
    return sum(totals(article_id).values())


def simulated(name: str, *articles: Article) -> Attack:
    """What became of the reactions to these articles, noted for the table."""
    sent = Reaction.objects.filter(article_id__in=[each.id for each in articles])
    counted = sum(total(each.id) for each in articles)
    return note(name, SIMULATED, sent.count(), 0, counted, sent.filter(held=True).count())


@pytest.mark.django_db
def test_a_slow_loop_is_held_by_the_ceiling_of_a_day(article: Article) -> None:
    for hour in range(24):
        for minute in (0, 31):
            at = NOON + timedelta(hours=hour, minutes=minute)
            arrive(article.id, [7] * 10, at=at, every=timedelta(minutes=3))
            aggregate()

    attack = simulated("A loop from one address, twenty an hour for a day", article)

    assert (attack.counted, attack.held) == (100, 380)


@pytest.mark.django_db(transaction=True)
def test_two_aggregators_share_the_ceiling_of_a_network(publish_article: PublishArticle) -> None:
    articles = [publish_article() for _ in range(40)]
    for article in articles:
        arrive(article.id, [7] * 10)

    halves = [[article.id for article in articles[n::2]] for n in range(2)]
    # A short wait for a lock sets articles aside for the next batch: on a busy machine that would be all.
    patient = partial(aggregate_batch, lock_milliseconds=10_000)
    at_once([partial(patient, only=half) for half in halves])
    aggregate()
    attack = simulated(
        "One network, ten on each of forty articles within a minute, two workers at once", *articles
    )

    assert 60 <= attack.counted <= 60 + 2 * 60 // 16
    assert attack.counted + attack.held == 400


@pytest.mark.django_db
def test_a_backlog_of_an_outage_holds_no_honest_reader(publish_article: PublishArticle) -> None:
    """A campus behind one address, two readers a minute; judged as one minute, forty would be held."""
    articles = [publish_article() for _ in range(10)]
    for minute in range(50):
        for number in range(2):
            article = articles[(2 * minute + number) % len(articles)]
            arrive(article.id, [7], at=NOON + timedelta(minutes=minute, seconds=20 * number))

    aggregate()
    attack = simulated(
        "Honest: 100 readers behind one address while no worker runs for 50 minutes", *articles
    )

    assert (attack.counted, attack.held) == (100, 0)


@pytest.mark.django_db
def test_an_honest_crowd_is_held_for_less_than_one_percent(article: Article) -> None:
    """100,000 readers, 2,000 a minute, in a plausible mix of networks."""
    networks, step = plausible_networks(100_000), timedelta(seconds=60 / 2_000)

    for start in range(0, 100_000, 5_000):
        arrive(article.id, networks[start : start + 5_000], at=NOON + start * step, every=step)
        while aggregate_batch(most=500).entries:
            pass
    attack = simulated("Honest: a crowd of 100,000 in a plausible mix of networks", article)

    assert attack.held < 1_000
    assert attack.counted == 100_000 - attack.held
