"""The Open Heart Protocol: what its elements and forms send counts once a reader."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from articles.models import Article, ArticleAddress, Site
from reactions.counting.aggregate import aggregate
from reactions.models import PolicyState, Reaction, Salt
from reactions.moderation import client_network
from reactions.policy import set_policy
from reactions.readers import new_reader
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

BLOG = "https://blog.example"


@pytest.fixture(autouse=True)
def _on(settings: Settings) -> None:
    settings.OPEN_HEART = True
    client_network._salt.cache_clear()


def send(client: Client, address: str, body: str, **extra: Any) -> Any:
    return client.post(
        f"/openheart/{address}", body.encode(), content_type="text/plain;charset=UTF-8", **extra
    )


def from_computer(number: int, agent: str = "Firefox") -> dict[str, Any]:
    return {"REMOTE_ADDR": f"192.0.2.{number}", "HTTP_USER_AGENT": agent}


def kinds_of(article: Article) -> list[int]:
    return sorted(Reaction.objects.filter(article_id=article.id).values_list("kinds", flat=True))


def test_it_is_off_by_default(client: Client, article: Article, settings: Settings) -> None:
    settings.OPEN_HEART = False

    assert send(client, article.slug, "❤️").status_code == 404
    assert client.get(f"/openheart/{article.slug}").status_code == 404


@pytest.mark.parametrize("end", ["", "/"])
def test_counts_are_read_by_emoji(client: Client, article: Article, end: str) -> None:
    send(client, article.slug, "❤️")
    aggregate()

    response = client.get(f"/openheart/{article.slug}{end}")

    counts = {"👍": 0, "👎": 0, "❤️": 1, "😂": 0, "😠": 0, "😢": 0, "😮": 0}
    assert (response.status_code, response.json()) == (200, counts)
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("body", ["❤️", "❤", "❤️=", "❤️ and more", "❤️\r\n"])
def test_what_follows_the_emoji_is_ignored(client: Client, article: Article, body: str) -> None:
    response = send(client, article.slug, body)

    assert (response.status_code, response.json()["❤️"]) == (200, 1)
    assert kinds_of(article) == [0b100]


def test_skin_tones_are_one_kind(client: Client, article: Article) -> None:
    assert send(client, article.slug, "👍🏽").json()["👍"] == 1


@pytest.mark.parametrize("body", ["", "🥨", "love", "❤️\u200d🔥", " ❤️", "\udcff"])
def test_another_emoji_is_refused(client: Client, article: Article, body: str) -> None:
    response = client.post(
        f"/openheart/{article.slug}", body.encode("utf-8", "surrogateescape"), "text/plain"
    )

    assert response.status_code == 400
    assert "😮" in response.json()["errors"][0]["detail"]
    assert kinds_of(article) == []


def test_an_anonymous_client_is_one_reader_a_day(client: Client, article: Article) -> None:
    for _ in range(3):
        send(client, article.slug, "❤️", **from_computer(1))
    send(client, article.slug, "😂", **from_computer(1))  # another choice replaces the first
    send(client, article.slug, "❤️", **from_computer(2))
    send(client, article.slug, "❤️", **from_computer(2, agent="Safari"))

    assert kinds_of(article) == [0b100, 0b100, 0b1000]


def test_the_hash_is_another_one_for_another_article_and_day(
    client: Client, publish_article: PublishArticle, article: Article
) -> None:
    other = publish_article()
    for each in (article, other):
        send(client, each.slug, "❤️", **from_computer(1))
    Salt.objects.all().delete()
    client_network._salt.cache_clear()
    send(client, article.slug, "❤️", **from_computer(1))

    assert len({*Reaction.objects.values_list("reader_id", flat=True)}) == 3


def test_a_reader_with_a_cookie_or_token_is_that_reader(client: Client, article: Article) -> None:
    reader = new_reader()
    send(client, article.slug, "❤️", HTTP_AUTHORIZATION=f"Reader {reader.token}")
    client.cookies["reader"] = reader.token
    send(client, article.slug, "❤️")

    assert [*Reaction.objects.values_list("reader_id", flat=True)] == [reader.id]


def test_a_token_that_is_not_valid_records_nothing(client: Client, article: Article) -> None:
    response = send(client, article.slug, "❤️", HTTP_AUTHORIZATION="Reader forged")

    assert (response.status_code, kinds_of(article)) == (401, [])


def test_a_site_names_its_article_by_url(client: Client, publish_article: PublishArticle) -> None:
    site = Site.objects.create(name="Blog", origins=[BLOG])
    url = f"{BLOG}/2024/bridge/"
    article = publish_article(site=site, canonical_url=url)
    ArticleAddress.objects.create(
        article=article, site=site, url=url, key="blog.example/2024/bridge", is_canonical=True
    )

    response = client.post(
        f"/openheart/?url={url}?utm_source=x", "❤️".encode(), "text/plain", HTTP_ORIGIN=BLOG
    )

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == BLOG
    assert kinds_of(article) == [0b100]


def test_a_page_of_no_site_cannot_react_for_its_visitors(client: Client, article: Article) -> None:
    response = send(client, article.slug, "❤️", HTTP_ORIGIN="https://evil.example")

    assert (response.status_code, kinds_of(article)) == (403, [])


def test_a_form_leads_back_to_the_story(client: Client, article: Article) -> None:
    response = send(client, article.slug, "❤️=\r\n", HTTP_SEC_FETCH_MODE="navigate")

    assert (response.status_code, response["Location"]) == (303, article.url)
    assert kinds_of(article) == [0b100]


def test_closed_hidden_and_unknown_articles_refuse(client: Client, article: Article) -> None:
    set_policy(article_id=article.id, state=PolicyState.CLOSED)
    closed = send(client, article.slug, "❤️").status_code
    set_policy(article_id=article.id, state=PolicyState.HIDDEN)

    assert closed == 409
    assert send(client, article.slug, "❤️").status_code == 404
    assert client.get(f"/openheart/{UUID(int=1)}").status_code == 404
    assert send(client, "unknown", "❤️").status_code == 404
    assert kinds_of(article) == []


def test_new_readers_of_a_network_are_limited(
    client: Client, article: Article, settings: Settings
) -> None:
    settings.NEW_READERS_PER_NETWORK_HOUR = 60
    settings.NEW_READERS_PER_NETWORK_AT_ONCE = 2

    answers = [
        send(client, article.slug, "❤️", **from_computer(200, agent=f"Robot {number}"))
        for number in range(4)
    ]

    assert [each.status_code for each in answers] == [200, 200, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
