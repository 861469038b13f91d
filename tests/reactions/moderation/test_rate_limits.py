"""The limits of new readers and of wrong keys from one network, counted by a real Redis."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from articles.api.api_keys import issue_key
from articles.models import Article
from reactions.cache import limits
from reactions.cache import redis as redis_cache
from reactions.cache.local_limits import LocalLimits
from reactions.models import Reaction
from reactions.moderation.client_network import hash_client_network
from reactions.moderation.rate_limits import NEW_READERS, WRONG_KEYS, take
from tests.reactions.http.test_form import form_of
from tests.reactions.rate_limits import nothing_taken
from tests.scraping import scrape

pytestmark = pytest.mark.django_db

READERS, WAVES = "/api/v1/readers/", "/api/v1/waves/"


@pytest.fixture(autouse=True)
def _three_at_once(settings: Settings) -> Iterator[None]:
    """Three at once and one in a minute, of which nothing is taken yet."""
    for name in ("NEW_READERS", "WRONG_KEYS"):
        setattr(settings, f"{name}_PER_NETWORK_HOUR", 60)
        setattr(settings, f"{name}_PER_NETWORK_AT_ONCE", 3)
    with nothing_taken():
        yield


def from_network(address: str = "192.0.2.1") -> Any:
    return RequestFactory(REMOTE_ADDR=address).post("/")


def key_of(address: str) -> str:
    return f"rate_limit:{{new_readers:{hash_client_network(from_network(address))}}}"


def metric(client: Client, name: str) -> float:
    text = scrape(client).content.decode()
    (line,) = [line for line in text.splitlines() if line.startswith(f"newsroom_rate_limit_{name}")]
    return float(line.split()[-1])


def test_so_many_at_once_and_then_one_when_it_is_earned(settings: Settings) -> None:
    waits = [take(NEW_READERS, from_network()) for _ in range(5)]

    assert waits[:3] == [0, 0, 0]
    # What is refused takes nothing; two who are refused at once are not told to come at once.
    assert 59 < waits[3] <= 60 < 179 < waits[4] <= 180
    settings.NEW_READERS_PER_NETWORK_HOUR = 36_000_000  # one is earned in a tenth of a millisecond
    redis_cache.client().delete(key_of("192.0.2.1"))
    assert [take(NEW_READERS, from_network()) for _ in range(20)] == [0] * 20


def test_a_network_takes_nothing_from_another_nor_from_another_limit() -> None:
    for _ in range(4):
        take(NEW_READERS, from_network())

    assert take(NEW_READERS, from_network("192.0.2.200")) > 0  # the same /24
    assert take(NEW_READERS, from_network("198.51.100.1")) == 0
    assert take(WRONG_KEYS, from_network()) == 0


def test_clients_without_a_readable_address_share_one_limit() -> None:
    waits = [take(NEW_READERS, from_network(address)) for address in ("", "?", "unix:", "x")]

    assert [wait > 0 for wait in waits] == [False, False, False, True]


def test_processes_that_ask_at_once_take_no_more_together(settings: Settings) -> None:
    settings.NEW_READERS_PER_NETWORK_AT_ONCE = 50
    request = from_network()
    take(
        NEW_READERS, request
    )  # the salt of the day is read here, not on the connections of threads

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: take(NEW_READERS, request), range(200)))

    assert waits.count(0) == 49


def test_a_network_is_forgotten_when_all_it_took_is_earned_again() -> None:
    for _ in range(2):
        take(NEW_READERS, from_network())

    assert 119_000 < redis_cache.client().pttl(key_of("192.0.2.1")) <= 120_000


def test_what_was_promised_is_forgotten_when_its_time_has_come() -> None:
    for _ in range(20):
        take(NEW_READERS, from_network())

    # No longer than all three are earned, however many were refused.
    assert 179_000 < redis_cache.client().pttl(key_of("192.0.2.1")) <= 180_000


def test_a_server_whose_clock_was_ahead_refuses_no_longer_than_one_that_was_not() -> None:
    take(NEW_READERS, from_network())
    redis_cache.client().set(key_of("192.0.2.1"), f"{10**16} {10**16}")

    assert 59 < take(NEW_READERS, from_network()) <= 180  # the window


def test_what_an_earlier_release_wrote_is_read() -> None:
    now = int(time.time() * 1_000_000)
    redis_cache.client().set(key_of("192.0.2.1"), now + 119_000_000)  # two of three

    waits = [take(NEW_READERS, from_network()) for _ in range(2)]

    assert waits[0] == 0
    assert 50 < waits[1] <= 60


def test_nobody_is_told_to_wait_longer_than_the_window() -> None:
    waits = [take(NEW_READERS, from_network()) for _ in range(30)]

    assert max(waits) <= 180


@pytest.mark.parametrize("setting", ["HOUR", "AT_ONCE"])
def test_zero_is_no_limit(settings: Settings, setting: str) -> None:
    setattr(settings, f"NEW_READERS_PER_NETWORK_{setting}", 0)

    assert [take(NEW_READERS, from_network()) for _ in range(10)] == [0] * 10


def test_new_readers_are_refused_and_those_who_have_a_token_never() -> None:
    first = Client()
    answers = [client.post(READERS) for client in (first, Client(), Client(), Client())]
    refused = answers[3]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert not refused.cookies
    token = {"Authorization": f"Reader {answers[1].json()['token']}"}
    assert first.post(READERS).status_code == 200
    assert Client().post(READERS, headers=token).status_code == 200
    assert metric(first, 'refused_total{limit="new_readers"}') == 1


def test_the_form_makes_no_more_readers_than_the_api(client: Client, article: Article) -> None:
    action, fields = form_of(client, article)
    for _ in range(3):
        Client().post(action, fields | {"reactions": "love"})

    page = client.post(action, fields | {"reactions": "love"}, follow=True).content.decode()

    assert "Many readers have come from your network just now." in page
    assert not client.cookies
    assert not Reaction.objects.exists()


def test_wrong_keys_are_refused_and_a_right_one_never() -> None:
    key = issue_key(name="Desk", scopes=["reactions:manage"])
    wrong = {"Authorization": "Bearer nr_1234567890_wrong"}

    answers = [Client().get(WAVES, headers=wrong) for _ in range(5)]
    right = Client().get(WAVES, headers={"Authorization": f"Bearer {key}"})

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[3].json()["code"] == "throttled"
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert right.status_code == 200


def test_without_redis_each_process_has_a_ceiling_for_readers_and_wrong_keys(
    client: Client, settings: Settings
) -> None:
    url, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/valkey.sock"
    wrong = {"Authorization": "Bearer nr_1234567890_wrong"}
    readers = [Client().post(READERS) for _ in range(5)]
    guesses = [client.get(WAVES, headers=wrong).status_code for _ in range(5)]
    assert "newsroom_rate_limit" not in scrape(client).content.decode()

    settings.REDIS_URL = url
    limits.redis_breaker.reset()
    Client().post(READERS)

    assert [answer.status_code for answer in readers] == [201, 201, 201, 429, 429]
    assert 1 <= int(readers[3]["Retry-After"]) <= 60
    assert guesses == [401, 401, 401, 429, 429]
    for limit in ("new_readers", "wrong_keys"):
        assert metric(client, f'unlimited_total{{limit="{limit}"}}') == 3
        assert metric(client, f'refused_total{{limit="{limit}"}}') == 2


def test_a_ceiling_remembers_the_networks_that_were_seen_last() -> None:
    ceiling = LocalLimits(most=2)
    first = [ceiling.take("a", 1_000_000, 1)[0] for _ in range(2)]
    for other in ("b", "c"):
        ceiling.take(other, 1_000_000, 1)

    assert first[0] == 0 < first[1] <= 1_000_000
    assert ceiling.take("a", 1_000_000, 1)[0] == 0
    assert ceiling.take("c", 1_000_000, 1)[0] > 0
