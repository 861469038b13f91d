"""Answers that shared caches may hold set no cookie."""

import pytest
from django.test import Client

from articles.models import Article
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

BAD_TOKEN = {"Cookie": "csrftoken=of-another-program"}


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    return publish_article(slug="bridge")


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/search/?q=bridge",
        "/feeds/rss.xml",
        "/sitemap.xml",
        "/api/v1/articles/",
        "/api/v1/articles/bridge/reactions/",
    ],
)
def test_a_bad_csrf_cookie_is_not_replaced_by_what_caches_share(
    url: str, article: Article, client: Client
) -> None:
    response = client.get(url, headers=BAD_TOKEN)

    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert dict(response.items()) == dict(Client().get(url).items())


def test_the_desk_replaces_a_bad_csrf_cookie(article: Article, client: Client) -> None:
    assert client.get("/desk/login/", headers=BAD_TOKEN).cookies["csrftoken"].value
