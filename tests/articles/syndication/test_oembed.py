"""oEmbed: links to articles on other sites."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from articles.models import Article, ArticleAuthor, ArticleURL, Author, State

pytestmark = pytest.mark.django_db

ARTICLE = "https://news.example/articles/bridge/"
PublishArticle = Callable[..., Article]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"


def test_an_article_is_described(publish_article: PublishArticle, client: Client) -> None:
    publish_article(slug="bridge", headline="<b>&", byline="Ada & Béla")

    response = client.get("/oembed/", {"url": ARTICLE, "maxwidth": "300", "format": "json"})

    assert response["Content-Type"].startswith("application/json")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json() == {
        "version": "1.0",
        "type": "link",
        "title": "<b>&",
        "url": ARTICLE,
        "provider_name": "Newsroom",
        "provider_url": "https://news.example/",
        "cache_age": 60,
        "author_name": "Ada & Béla",
    }


def test_authors_are_named(publish_article: PublishArticle, client: Client) -> None:
    article = publish_article(slug="bridge")
    for position, name in enumerate(["Ada", "Bela"]):
        author = Author.objects.create(slug=name.lower(), name=name)
        ArticleAuthor.objects.create(article=article, author=author, position=position)

    answer = client.get("/oembed/", {"url": ARTICLE}).json()

    assert answer["author_name"] == "Ada, Bela"
    assert answer["author_url"] == "https://news.example/authors/ada/"


def test_an_article_is_found_where_it_used_to_be(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(slug="bridge-opens")
    ArticleURL.objects.create(slug="bridge", article=article)

    answer = client.get("/oembed/", {"url": ARTICLE}).json()

    assert answer["url"] == "https://news.example/articles/bridge-opens/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://news.example/",
        "https://news.example/articles/other/",
        "https://news.example/articles/%00/",
        "https://elsewhere.example/articles/bridge/",
        "javascript://news.example/articles/bridge/",
        "https://news.example:1/articles/bridge/",
        "http://[/articles/bridge/",
        "/articles/bridge/",
    ],
)
def test_another_address_is_404(url: str, publish_article: PublishArticle, client: Client) -> None:
    publish_article(slug="bridge")

    assert client.get("/oembed/", {"url": url}).status_code == 404


@pytest.mark.parametrize("state", set(State) - {"published", "corrected", "retracted"})
def test_an_article_that_is_not_public_is_404(
    state: State, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge", state=state)

    assert client.get("/oembed/", {"url": ARTICLE}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"format": "xml"}, 501), ({"maxwidth": "wide"}, 400), ({"maxheight": "0"}, 400)],
)
def test_an_unsupported_parameter_is_refused(
    asked: dict[str, str], status: int, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge")

    assert client.get("/oembed/", {"url": ARTICLE, **asked}).status_code == status


def test_an_unchanged_answer_is_304(publish_article: PublishArticle, client: Client) -> None:
    publish_article(slug="bridge")
    first = client.get("/oembed/", {"url": ARTICLE})

    again = client.get("/oembed/", {"url": ARTICLE}, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
