"""The articles' JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from articles.api import articles
from articles.ingest import ingest_stories
from articles.models import Article, State
from tests.articles.conftest import read, with_changes

pytestmark = pytest.mark.django_db

LIST = "/api/v1/articles/"
PublishArticle = Callable[..., Article]


@pytest.fixture
def article() -> Article:
    (outcome,) = ingest_stories([read(with_changes())])
    return outcome.article


def headlines(client: Client, **asked: str) -> list[str]:
    response = client.get(LIST, asked)
    assert response.status_code == 200, response.content
    return [entry["headline"] for entry in response.json()["results"]]


@pytest.mark.parametrize("address", ["id", "slug"])
def test_an_article_is_answered_in_full(
    address: str, article: Article, client: Client, settings: Settings
) -> None:
    settings.SITE_URL, settings.TIME_ZONE = "https://news.example", "Europe/Berlin"

    answer = client.get(f"{LIST}{getattr(article, address)}/").json()

    reactions = answer.pop("reactions")
    assert answer == {
        "id": str(article.id),
        "slug": "bridge-opens",
        "url": "https://news.example/articles/bridge-opens/",
        "headline": "The bridge is open",
        "abstract": "It took nine years.",
        "body_html": "<p>It opened at <em>noon</em>, with a band.</p>",
        "dateline": {
            "text": "DAMASCUS, Dec 8 (AFP) —",
            "place": "Damascus",
            "date": "2024-12-08",
            "source": "AFP",
        },
        "byline": "Newsroom staff",
        "authors": [],
        "section": {"slug": "world", "name": "World"},
        "tags": [{"slug": "bridges", "name": "Bridges"}, {"slug": "syria", "name": "Syria"}],
        "language": "en",
        "site": None,
        "lead_image": {
            "caption": "The bridge at noon.",
            "alt_text": "",
            "credit": "",
            "url": None,
            "width": None,
            "height": None,
            "focal_point": {"x": 0.5, "y": 0.5},
            "renditions": [],
        },
        "media": [],
        "first_published_at": "2024-12-08T09:23:00Z",
        "published_at": "2024-12-08T09:23:00Z",
        "published_offset": "+03:00",
        "content_modified_at": "2024-12-08T09:23:00Z",
        "version": 1,
        "corrections": [],
    }
    assert set(reactions) == {"state", "allowed", "counts", "total"}


def test_what_an_article_does_not_have_is_null(
    publish_article: PublishArticle, client: Client
) -> None:
    answer = client.get(f"{LIST}{publish_article().slug}/").json()

    assert (answer["dateline"], answer["section"], answer["lead_image"]) == (None, None, None)


@pytest.mark.parametrize(
    "address", ["nothing", "0193a5c0-7d1e-7000-8000-000000000000", "%00", "x" * 2000]
)
def test_an_article_that_is_not_there_is_404(address: str, client: Client) -> None:
    response = client.get(f"{LIST}{address}/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_draft_is_404(publish_article: PublishArticle, client: Client) -> None:
    draft = publish_article(state=State.DRAFT)

    assert client.get(f"{LIST}{draft.id}/").status_code == 404
    assert headlines(client) == []


def test_the_list_is_newest_first_without_the_text(article: Article, client: Client) -> None:
    ingest_stories([read(with_changes(("bridge-opens", "later"), ("12:23", "12:24")))])

    answer = client.get(LIST).json()

    assert [entry["slug"] for entry in answer["results"]] == ["later", "bridge-opens"]
    assert (answer["next"], answer["previous"]) == (None, None)
    assert "body_html" not in answer["results"][0]
    assert set(answer["results"][0]["reactions"]) == {"total"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"section": "world"}, True),
        ({"section": "sport"}, False),
        ({"tag": "syria"}, True),
        ({"tag": "Syria"}, False),
        ({"source": "afp"}, True),
        ({"source": "AP"}, False),
        ({"language": "EN"}, True),
        ({"language": "en-GB"}, False),
        ({"published_after": "2024-12-08T09:23:00Z"}, True),
        ({"published_after": "2024-12-08T09:23:01Z"}, False),
        ({"published_before": "2024-12-08T09:23:00Z"}, False),
        ({"published_before": "2024-12-08T12:23:01+03:00"}, True),
        ({"section": "world", "tag": "sport"}, False),
    ],
)
def test_the_list_can_be_filtered(
    asked: dict[str, str], found: bool, article: Article, client: Client
) -> None:
    assert headlines(client, **asked) == (["The bridge is open"] if found else [])


def test_a_language_finds_its_regions(publish_article: PublishArticle, client: Client) -> None:
    publish_article(language="en-GB")
    publish_article(language="eng")

    assert len(headlines(client, language="en")) == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"published_after": "yesterday"}, "published_after"),
        ({"published_before": "2024-13-08T00:00:00Z"}, "published_before"),
        ({"before": "yesterday"}, "before"),
        ({"after": f"{'9' * 18}-{'0' * 32}"}, "after"),
        ({"before": f"1-{'0' * 32}", "after": f"1-{'0' * 32}"}, "after"),
        ({"section": "\0"}, "section"),
        ({"tag": ""}, "tag"),
    ],
)
def test_an_invalid_filter_is_400_and_named(
    asked: dict[str, str], field: str, client: Client
) -> None:
    response = client.get(LIST, asked)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_links_lead_through_all_pages_and_back(
    publish_article: PublishArticle,
    client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SITE_URL = "http://testserver"
    monkeypatch.setattr(articles, "ARTICLES_PER_ANSWER", 2)
    start = datetime(2024, 12, 8, tzinfo=UTC)
    for hour in range(5):
        publish_article(published_at=start + timedelta(hours=hour), language="ar")
    publish_article(language="en")

    there = follow(client, f"{LIST}?language=ar", "next")
    back = follow(client, there[-1]["url"], "previous")

    hours = [entry["published_at"][11:13] for page in there for entry in page["results"]]
    assert hours == ["04", "03", "02", "01", "00"]
    assert len(back) == 3
    assert back[-1]["results"][0]["published_at"][11:13] == "04"


def follow(client: Client, url: str, link: str) -> list[dict[str, Any]]:
    pages = []
    while url:
        answer = client.get(url).json()
        pages.append({**answer, "url": url})
        url = answer[link]
    return pages


@pytest.mark.parametrize("url", [LIST, f"{LIST}bridge-opens/"])
def test_an_answer_sets_no_cookie_and_may_be_shared(
    url: str, article: Article, client: Client
) -> None:
    response = client.get(url)

    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")


def test_the_list_takes_two_queries_however_long_it_is(
    article: Article, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        ingest_stories([read(with_changes(("bridge-opens", f"story-{number}")))])

    with django_assert_max_num_queries(3):  # and one for the counts
        assert len(headlines(client)) == 6
