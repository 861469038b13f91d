"""The limits of the API: what a key and a network may send, and what each answer says of it."""

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from articles.api.api_keys import issue_key
from articles.models import ApiKey, Article, Site
from reactions.cache import limits
from reactions.moderation import rate_limits
from reactions.readers import new_reader
from tests.reactions.moderation.test_rate_limits import metric
from tests.reactions.rate_limits import nothing_taken

pytestmark = pytest.mark.django_db

ARTICLES, MY_KEY = "/api/v1/articles/", "/api/v1/keys/me/"
LIMITS = ("KEY_READS_PER_MINUTE", "KEY_WRITES_PER_MINUTE", "CALLS_PER_NETWORK_MINUTE")


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Settings) -> Iterator[None]:
    for name in LIMITS:
        setattr(settings, name, 3)
    settings.WRONG_KEYS_PER_NETWORK_HOUR, settings.WRONG_KEYS_PER_NETWORK_AT_ONCE = 60, 3
    with nothing_taken():
        yield


@pytest.fixture
def bearer() -> dict[str, str]:
    key = issue_key(name="CMS", scopes=["articles:write", "stats:read"])
    return {"Authorization": f"Bearer {key}"}


def statuses(answers: list[Any]) -> list[int]:
    return [answer.status_code for answer in answers]


def post(client: Client, headers: dict[str, str], body: str = "{}", path: str = ARTICLES) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


# --- keys


def test_a_key_reads_and_writes_so_much_a_minute(client: Client, bearer: dict[str, str]) -> None:
    reads = [client.get(MY_KEY, headers=bearer) for _ in range(4)]
    writes = [post(client, bearer) for _ in range(4)]
    other = {"Authorization": f"Bearer {issue_key(name='CMS', scopes=['stats:read'])}"}

    assert statuses(reads) == [200, 200, 200, 429]
    assert statuses(writes) == [400, 400, 400, 429]
    assert client.get(MY_KEY, headers=other).status_code == 200
    assert reads[3]["Content-Type"] == "application/problem+json"
    assert reads[3].json()["code"] == "throttled"
    assert 1 <= int(reads[3]["Retry-After"]) <= 60
    assert metric(client, 'refused_total{limit="key-reads"}') == 1


def test_each_answer_says_what_is_left(client: Client, bearer: dict[str, str]) -> None:
    reads = [client.get(MY_KEY, headers=bearer) for _ in range(4)]

    assert {answer["RateLimit-Policy"] for answer in reads} == {'"key-reads";q=3;w=60'}
    left = [re.fullmatch(r'"key-reads";r=(\d+);t=(\d+)', answer["RateLimit"]) for answer in reads]
    assert [int(each[1]) for each in left if each] == [2, 1, 0, 0]
    resets = [int(each[2]) for each in left if each]
    assert all(n * 20 - 20 < reset <= n * 20 for n, reset in enumerate(resets[:3], 1))
    assert left[3]
    assert left[3][2] == reads[3]["Retry-After"]  # both name the same moment


def test_400_401_403_404_and_304_say_it_too(
    client: Client, article: Article, settings: Settings
) -> None:
    for name in LIMITS:
        setattr(settings, name, 100)
    bearer = {"Authorization": f"Bearer {issue_key(name='CMS', scopes=['webhooks:manage'])}"}
    ninjs = f"{ARTICLES}{article.pk}/ninjs/"
    etag = client.get(ninjs)["ETag"]

    answers = [
        client.get(ninjs, headers={"If-None-Match": etag}),
        client.get(ARTICLES, {"nothing": "x", "before": "x"}),
        client.get("/api/v1/waves/"),
        client.get("/api/v1/waves/", headers=bearer),
        client.get("/api/v1/nothing/"),
        client.get(f"{ARTICLES}nothing/"),
    ]

    assert statuses(answers) == [304, 400, 401, 403, 404, 404]
    assert all("RateLimit" in each and "RateLimit-Policy" in each for each in answers)


def test_malformed_bodies_count(client: Client, bearer: dict[str, str], settings: Settings) -> None:
    settings.KEY_WRITES_PER_MINUTE = 50
    broken = [post(client, bearer, "{") for _ in range(100)]

    # 50 at once, and what is earned while they are sent.
    refused = statuses(broken).count(429)
    assert 0 < refused <= 50
    assert statuses(broken).count(400) == 100 - refused


def test_all_threads_that_wait_as_long_as_told_pass(
    bearer: dict[str, str], settings: Settings
) -> None:
    settings.KEY_READS_PER_MINUTE = 600  # 10 a second
    key, seen = ApiKey.objects.get(), threading.local()
    together = threading.Barrier(20)

    def call() -> float:
        request: Any = type("Request", (), {"META": {"REQUEST_METHOD": "GET"}, "COOKIES": {}})()
        wait = rate_limits.take_of_key(key, request)
        standing = rate_limits.standing_of(request)
        assert standing
        seen.told = int(standing.headers["RateLimit"].rpartition("=")[2]) if wait else 0
        return wait

    def obey(_: int) -> tuple[int, float]:
        together.wait(10)
        call()
        told = seen.told
        time.sleep(told)
        return told, call() if told else 0

    while not call():
        pass
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(obey, range(20)))

    assert all(again == 0 for _, again in results), results
    assert max(told for told, _ in results) <= 60
    assert any(told for told, _ in results)


# --- networks


def test_a_network_without_a_key_has_a_limit_of_its_own(
    client: Client, bearer: dict[str, str]
) -> None:
    wrong = [
        client.get(path) for path in (ARTICLES, "/api/v1/waves/", "/api/v1/nothing/", ARTICLES)
    ]

    assert statuses(wrong) == [200, 401, 404, 429]
    assert wrong[3]["RateLimit-Policy"] == '"network-calls";q=3;w=60'
    assert client.get(MY_KEY, headers=bearer).status_code == 200


def test_what_strangers_send_takes_nothing_from_a_key(
    client: Client, bearer: dict[str, str]
) -> None:
    guess = {"Authorization": bearer["Authorization"][:-4] + "AAAA"}
    for _ in range(5):
        client.get(MY_KEY, headers=guess)
        client.get(f"{ARTICLES}nothing/")

    assert client.get(MY_KEY, headers=bearer)["RateLimit"].startswith('"key-reads";r=2;')


def test_clients_behind_a_trusted_proxy_have_budgets_of_their_own(settings: Settings) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    proxy = Client(REMOTE_ADDR="10.0.0.1")

    def through(client: str) -> int:
        return int(proxy.get(ARTICLES, headers={"X-Forwarded-For": client}).status_code)

    first = [through("192.0.2.1") for _ in range(4)]
    second = [through("198.51.100.1") for _ in range(3)]
    forged = [through(f"203.0.113.{n}, 198.51.100.1") for n in range(3)]

    assert (first, second) == ([200, 200, 200, 429], [200, 200, 200])
    assert forged == [429, 429, 429]


def test_a_forged_address_gives_no_budget_without_a_proxy(client: Client) -> None:
    answers = [client.get(ARTICLES, headers={"X-Forwarded-For": f"192.0.{n}.1"}) for n in range(5)]

    assert statuses(answers) == [200, 200, 200, 429, 429]


def test_readers_and_their_widgets_are_not_limited_by_it(client: Client, article: Article) -> None:
    reader = {"Authorization": f"Reader {new_reader().token}"}
    counts = f"{ARTICLES}{article.pk}/reactions/"
    for _ in range(5):
        answers = [
            client.get(counts),
            client.get("/api/v1/reactions/", {"articles": article.slug}),
            client.get(f"{counts}mine/", headers=reader),
            client.put(
                f"{counts}mine/", '{"reactions": ["love"]}', "application/json", headers=reader
            ),
            client.get("/api/v1/sites/here/"),
        ]
        assert statuses(answers) == [200] * 5
        assert not any("RateLimit" in answer for answer in answers)


def test_options_is_never_limited(client: Client) -> None:
    answers = [client.options(ARTICLES) for _ in range(5)]

    assert statuses(answers) == [204] * 5
    assert client.get(ARTICLES)["RateLimit"].startswith('"network-calls";r=2;')


def test_a_page_of_another_origin_can_read_a_429(client: Client) -> None:
    Site.objects.create(name="Blog", origins=["https://blog.example"])
    page = {"Origin": "https://blog.example"}
    answers = [client.get(ARTICLES, headers=page) for _ in range(4)]

    assert statuses(answers) == [200, 200, 200, 429]
    assert answers[3]["Access-Control-Allow-Origin"] == "*"
    exposed = answers[3]["Access-Control-Expose-Headers"]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= {*exposed.split(", ")}


def test_a_new_reader_is_told_what_is_left(client: Client, settings: Settings) -> None:
    settings.NEW_READERS_PER_NETWORK_HOUR = settings.NEW_READERS_PER_NETWORK_AT_ONCE = 2
    answers = [Client().post("/api/v1/readers/") for _ in range(3)]

    assert statuses(answers) == [201, 201, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"new_readers";q=2;w=3600'}
    assert answers[1]["RateLimit"].startswith('"new_readers";r=0;t=')
    assert answers[2]["RateLimit"].endswith(f"t={answers[2]['Retry-After']}")


@pytest.mark.parametrize("limit", LIMITS)
def test_zero_is_no_limit(
    limit: str, client: Client, bearer: dict[str, str], settings: Settings
) -> None:
    setattr(settings, limit, 0)
    calls: dict[str, Any] = {
        "KEY_READS_PER_MINUTE": lambda: client.get(MY_KEY, headers=bearer),
        "KEY_WRITES_PER_MINUTE": lambda: post(client, bearer),
        "CALLS_PER_NETWORK_MINUTE": lambda: client.get(ARTICLES),
    }

    answers = [calls[limit]() for _ in range(5)]

    assert 429 not in statuses(answers)
    assert not any("RateLimit" in answer for answer in answers)


def test_without_redis_reads_and_keys_pass_and_are_counted_later(
    client: Client, bearer: dict[str, str], settings: Settings
) -> None:
    url, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/valkey.sock"
    reads = [client.get(ARTICLES) for _ in range(5)]
    own = [client.get(MY_KEY, headers=bearer) for _ in range(5)]

    settings.REDIS_URL = url
    limits.redis_breaker.reset()
    client.get(ARTICLES)

    assert statuses([*reads, *own]) == [200] * 10
    assert not any("RateLimit" in answer for answer in [*reads, *own])
    assert metric(client, 'unlimited_total{limit="network-calls"}') == 5
    assert metric(client, 'unlimited_total{limit="key-reads"}') == 5


# --- keys in the wrong place


@pytest.mark.parametrize("name", ["key", "api_key", "API_KEY", "apikey", "access_token"])
def test_a_key_in_the_address_is_refused_by_name(name: str, client: Client) -> None:
    response = client.get(ARTICLES, {name: "nr_1234567890_secret"})

    assert (response.status_code, response.json()["code"]) == (
        400,
        "misplaced_key",
    )
    assert name.lower() in response.json()["detail"]
    assert "Authorization: Bearer" in response.json()["detail"]
    assert "secret" not in response.content.decode()


def test_a_key_in_another_header_is_refused_by_name(client: Client) -> None:
    response = client.get(ARTICLES, headers={"X-API-Key": "nr_1234567890_secret"})

    assert response.status_code == 400
    assert "X-Api-Key" in response.json()["detail"]
    assert "Authorization: Bearer" in response.json()["detail"]
    assert "secret" not in json.dumps(response.json())
