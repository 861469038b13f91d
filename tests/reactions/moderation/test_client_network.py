"""Which network a request comes from, whatever its headers claim."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.models import OutboxEntry, Salt
from reactions.moderation import client_network
from reactions.moderation.client_network import hash_client_network, purge_networks
from reactions.readers import page_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_salts() -> None:
    client_network._salt.cache_clear()


def network(address: str, forwarded: str | None = None) -> int | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return hash_client_network(RequestFactory().get("/", headers=headers, REMOTE_ADDR=address))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.254"),
        ("192.0.2.1", "::ffff:192.0.2.9"),
        ("192.0.2.1", "192.0.2.7:4711"),
        ("2001:db8:1::1", "2001:db8:1:ffff::2"),
        ("2001:db8:1::1", "[2001:db8:1::9]:4711"),
        ("fe80::1", "fe80::1%eth0"),
    ],
)
def test_addresses_of_one_network_are_one(one: str, other: str) -> None:
    assert network(one) == network(other) is not None


@pytest.mark.parametrize(
    ("one", "other"), [("192.0.2.1", "192.0.3.1"), ("2001:db8:1::1", "2001:db8:2::1")]
)
def test_other_networks_are_others(one: str, other: str) -> None:
    assert network(one) != network(other)


@pytest.mark.parametrize("address", ["", "unix:", "nonsense", "1.2.3", "::g"])
def test_what_is_no_address_is_no_network(address: str) -> None:
    assert network(address) is None


@pytest.mark.parametrize("claim", ["203.0.113.9", "203.0.113.9, 198.51.100.1", ",", "x" * 5_000])
def test_a_forged_header_changes_nothing_without_a_proxy(claim: str) -> None:
    assert network("192.0.2.1", claim) == network("192.0.2.1")


@pytest.mark.parametrize(
    ("hops", "forwarded", "counts"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),  # came past the first proxy
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(
    settings: Settings, hops: int, forwarded: str | None, counts: str
) -> None:
    expected = network(counts)
    settings.TRUSTED_PROXY_HOPS = hops

    assert network("192.0.2.1", forwarded) == expected


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counts"),
    [
        (0, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (1, "203.0.113.9", "203.0.113.9"),  # came past the proxy
        (2, "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # came past both, with a claim
        (0, None, ""),
    ],
)
def test_behind_the_front_it_is_what_the_front_saw(
    settings: Settings, proxies: int, forwarded: str | None, counts: str
) -> None:
    expected = network(counts)
    settings.BEHIND_FRONT, settings.TRUSTED_PROXY_HOPS = True, proxies + 1

    assert network("", forwarded) == expected


@pytest.mark.parametrize(
    ("front", "hops", "headers", "warns"),
    [
        (False, 0, {"X-Forwarded-For": "203.0.113.9"}, True),
        (False, 1, {"X-Forwarded-For": "203.0.113.9"}, False),
        (True, 1, {"X-Forwarded-For": "203.0.113.9"}, False),
        (True, 1, {"X-Forwarded-For": "127.0.0.1", "X-Through-Proxy": "yes"}, True),
        (True, 2, {"X-Forwarded-For": "203.0.113.9, 127.0.0.1", "X-Through-Proxy": "yes"}, False),
    ],
)
def test_a_proxy_that_no_setting_names_is_warned_of(
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    front: bool,
    hops: int,
    headers: dict[str, str],
    warns: bool,
) -> None:
    client_network._warn_of_unknown_proxy.cache_clear()
    settings.BEHIND_FRONT, settings.TRUSTED_PROXY_HOPS = front, hops

    hash_client_network(RequestFactory().get("/", headers=headers, REMOTE_ADDR=""))

    assert ("TRUSTED_PROXY_HOPS" in caplog.text) == warns


def test_another_day_has_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    today = network("192.0.2.1")
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    tomorrows = client_network._salt(day)

    assert tomorrows != client_network._salt(datetime.now(UTC).date())
    assert today == network("192.0.2.1")


def test_every_process_has_the_same_salt() -> None:
    day = datetime.now(UTC).date()
    mine = client_network._salt(day)
    client_network._salt.cache_clear()  # another process

    assert client_network._salt(day) == mine
    assert Salt.objects.count() == 1


def test_a_salt_is_destroyed_on_the_day_after_the_next() -> None:
    today = datetime.now(UTC).date()
    for age in range(4):
        client_network._salt(today - timedelta(days=age))

    purge_networks()

    assert set(Salt.objects.values_list("day", flat=True)) == {today, today - timedelta(days=1)}


def react(client: Client, article: Article, **headers: str) -> None:
    client.post("/api/v1/readers/")
    answer = client.put(
        f"/api/v1/articles/{article.slug}/reactions/mine/",
        {"reactions": ["love"]},
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 200


def test_a_put_records_the_signals_of_its_reader_and_no_more(article: Article) -> None:
    react(Client(REMOTE_ADDR="192.0.2.1"), article)

    mark = OutboxEntry.objects.get()

    assert (mark.is_first, mark.network, mark.has_page_token) == (True, network("192.0.2.1"), False)


def test_a_page_token_shows_that_the_article_was_loaded(client: Client, article: Article) -> None:
    token = client.get(f"/api/v1/articles/{article.slug}/reactions/mine/").headers["Page-Token"]

    react(client, article, **{"Page-Token": token})

    assert token == page_token(article.id)
    assert OutboxEntry.objects.get().has_page_token


def test_the_page_token_of_another_article_is_ignored(
    client: Client, article: Article, reader_id: object
) -> None:
    react(client, article, **{"Page-Token": "forged"})

    assert not OutboxEntry.objects.get().has_page_token
