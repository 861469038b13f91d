"""`POST sightings/`, and articles that are named by their URL."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article, ArticleAddress, Sighting
from articles.models import Site as KnownSite
from articles.sites.sightings import verify_due
from reactions.cache.slugs import clear_slugs
from reactions.default_policies import refresh_articles, save_default_policy
from reactions.models import DefaultPolicy
from tests.articles.sites.conftest import blog as blog
from tests.articles.sites.conftest import see as see
from tests.articles.sites.pages import page
from tests.articles.test_http_client import Site
from tests.articles.test_http_client import site as site

pytestmark = pytest.mark.django_db

MANY = "/api/v1/reactions/"


def sight(client: Client, body: Any) -> Any:
    return client.post("/api/v1/sightings/", json.dumps(body), content_type="application/json")


@pytest.fixture
def bridge(site: Site, see: Any) -> Article:
    site.answers["/bridge"] = page()
    article: Article = see("/bridge")
    return article


def test_a_first_sight_waits_for_a_worker_and_becomes_an_article(
    client: Client, site: Site, blog: KnownSite
) -> None:
    site.answers["/bridge"] = page()
    url = site.url("/bridge?utm=1")

    first = sight(client, {"url": url})
    again = sight(client, {"url": url})
    verify_due()
    found = sight(client, {"url": url})

    assert (first.status_code, first["Retry-After"], first["Cache-Control"]) == (
        202,
        "1",
        "no-store",
    )
    assert again.json() == first.json() == {"article": None, "state": "pending"}
    assert found.json() == {"article": str(Article.objects.get().pk), "state": "registered"}
    assert found.status_code == 200


def test_what_is_refused_is_named(client: Client, site: Site, blog: KnownSite) -> None:
    site.answers["/untitled"] = page("")
    sight(client, {"url": site.url("/untitled")})
    verify_due()

    refused = sight(client, {"url": site.url("/untitled")})
    unknown = sight(client, {"url": "https://web.archive.org/x"})

    assert (refused.status_code, refused.json()["code"]) == (422, "no_title")
    assert (unknown.status_code, unknown.json()["code"]) == (403, "unknown_site")
    assert "web.archive.org" in unknown.json()["detail"]
    assert not Article.objects.exists()


@pytest.mark.parametrize("body", [[], {}, {"url": ""}, {"url": "x" * 2_000}, {"url": "a", "x": 1}])
def test_another_body_is_refused(client: Client, db: None, body: Any) -> None:
    answered = sight(client, body)

    assert (answered.status_code, answered.json()["code"]) == (400, "invalid")


def test_a_network_and_a_site_have_limits(
    client: Client, site: Site, blog: KnownSite, settings: Settings
) -> None:
    settings.SIGHTINGS_PER_NETWORK_HOUR, settings.SIGHTINGS_PER_NETWORK_AT_ONCE = 1, 1
    first = sight(client, {"url": site.url("/a")})
    of_network = sight(client, {"url": site.url("/b")})
    settings.SIGHTINGS_PER_NETWORK_HOUR, settings.SIGHTINGS_PER_SITE_HOUR = 0, 1
    of_site = sight(client, {"url": site.url("/b")})

    assert first.status_code == 202
    assert (of_network.status_code, of_site.status_code) == (429, 429)
    assert int(of_network["Retry-After"]) > 1
    assert Sighting.objects.count() == 1


def test_every_spelling_of_an_address_has_the_same_counts(
    client: Client,
    bridge: Article,
    blog: KnownSite,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    host = bridge.url.removeprefix("http://").removesuffix("/bridge")
    spellings = [
        f"http://{host}/bridge",
        f"http://{host}/bridge/",
        f"http://{host}//bridge/index.html",
        f"http://{host}/bridge?utm=a%2Cb#x",
        str(bridge.pk),
        bridge.slug,
        f"http://testserver/articles/{bridge.slug}/",
        f"http://{host}/other",
        "https://elsewhere.example/bridge",
    ]
    settings_url = {"articles": ",".join(spellings)}

    answered = client.get(MANY, settings_url).json()["results"]
    again = client.get(MANY, settings_url).json()["results"]

    assert again == answered
    assert [each.get("article") for each in answered[:6]] == [str(bridge.pk)] * 6
    assert [each["article"] for each in answered if "error" in each] == spellings[-3:]


def test_an_address_that_moves_is_found_within_a_second(client: Client, bridge: Article) -> None:
    url = bridge.url
    before = client.get(MANY, {"articles": url}).json()["results"][0]
    ArticleAddress.objects.all().delete()
    clear_slugs()

    after = client.get(MANY, {"articles": url}).json()["results"][0]

    assert before["article"] == str(bridge.pk)
    assert "error" in after


def test_a_site_has_a_default_policy(client: Client, bridge: Article, blog: KnownSite) -> None:
    def allowed() -> list[str]:
        found: list[str] = client.get(MANY, {"articles": bridge.url}).json()["results"][0][
            "allowed"
        ]
        return found

    every = allowed()
    save_default_policy(DefaultPolicy(name="Blog", site=blog, allowed=0b101))
    refresh_articles()

    assert len(every) == 7
    assert allowed() == ["like", "love"]


def test_the_list_call_has_the_articles_of_a_site_where_it_is_named(
    client: Client, bridge: Article
) -> None:
    every = client.get("/api/v1/articles/").json()["results"]
    of_site = client.get("/api/v1/articles/", {"site": "blog"}).json()["results"]

    assert every == []
    assert [each["url"] for each in of_site] == [bridge.url]
    assert client.get(f"/api/v1/articles/{bridge.pk}/").json()["url"] == bridge.url
