"""The page, the feeds and the call of the public rankings."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import feedparser
import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from articles import workflow
from articles.models import Article, PubStatus, Section
from reactions.counting.cache_writer import write_stale_counts
from reactions.http.rankings import title_of
from reactions.kinds import BY_KEY, Kind
from reactions.models import PolicyState
from reactions.policy import set_policy
from tests.articles.syndication import feed_rules
from tests.conftest import PublishArticle
from tests.reactions.rankings import count, forget_rankings

pytestmark = pytest.mark.django_db

PAGE = "/most/love/"
CALL = "/api/v1/rankings/love/"
FEEDS = [f"/feeds/most/love/{name}" for name in ("rss.xml", "atom.xml", "feed.json")]
EVERY = [PAGE, CALL, *FEEDS]


@pytest.fixture(autouse=True)
def public(settings: Settings) -> Iterator[None]:
    settings.REACTIONS_PUBLIC_RANKINGS = ["love", "funny"]
    settings.SITE_URL = "https://news.example"
    forget_rankings()
    yield
    forget_rankings()


@pytest.fixture
def stories(publish_article: PublishArticle) -> list[Article]:
    """Three stories, the most loved first."""
    world = Section.objects.create(slug="world", name="World")
    return [
        count(
            publish_article(headline=f"Story {number}", abstract="At noon.", section=world),
            1_234 - number,
        )
        for number in range(3)
    ]


def listed(client: Client, url: str) -> list[str]:
    """The headlines, in their order."""
    response = client.get(url)
    assert response.status_code == 200
    content = response.content.decode()
    if url == CALL:
        return [each["headline"] for each in json.loads(content)["results"]]
    if url.endswith(".json"):
        return [each["title"] for each in json.loads(content)["items"]]
    if url.endswith(".xml"):
        return [each.title for each in feedparser.parse(content).entries]
    found = [name for name in ("Story 0", "Story 1", "Story 2", "Other") if f">{name}<" in content]
    return sorted(found, key=lambda name: content.index(f">{name}<"))


@pytest.mark.parametrize("url", EVERY)
def test_each_has_the_stories_in_their_order(
    url: str, stories: list[Article], client: Client
) -> None:
    assert listed(client, url) == ["Story 0", "Story 1", "Story 2"]


@pytest.mark.parametrize("url", EVERY)
@pytest.mark.parametrize("kinds", [[], ["funny"]])
def test_what_the_site_does_not_name_is_not_there(
    url: str, kinds: list[str], stories: list[Article], client: Client, settings: Settings
) -> None:
    settings.REACTIONS_PUBLIC_RANKINGS = kinds

    assert client.get(url).status_code == 404


@pytest.mark.parametrize("kind", ["hug", "LOVE", "love-"])
def test_an_unknown_kind_is_not_there(kind: str, client: Client) -> None:
    assert [client.get(url.replace("love", kind)).status_code for url in EVERY] == [404] * 5


def test_pages_lead_to_each_ranking_and_to_none_by_default(
    client: Client, settings: Settings
) -> None:
    with_links = client.get("/").content.decode()
    caches["pages"].clear()
    settings.REACTIONS_PUBLIC_RANKINGS = []
    without = client.get("/").content.decode()

    assert '<a href="/most/love/">Most loved of the week</a>' in with_links
    assert '<a href="/most/funny/">Most “Funny” of the week</a>' in with_links
    assert "/most/" not in without


@pytest.mark.parametrize("url", EVERY)
@pytest.mark.parametrize("how", ["kill", "retract", "unpublish", "hide", "unlist"])
def test_what_may_not_be_shown_leaves_at_once(
    url: str, how: str, stories: list[Article], client: Client
) -> None:
    assert listed(client, url)[0] == "Story 0"
    gone = stories[0].pk
    match how:
        case "hide":
            set_policy(article_id=gone, state=PolicyState.HIDDEN)
            write_stale_counts()
        case "unlist":
            Article.objects.filter(pk=gone).update(is_listed=False)
        case "retract":
            workflow.retract(article_id=gone, text="It never opened.")
        case _:
            getattr(workflow, how)(article_id=gone)

    assert listed(client, url) == ["Story 1", "Story 2"]


def test_another_story_takes_the_place_of_one_that_is_gone(
    publish_article: PublishArticle, client: Client
) -> None:
    first, *_ = [count(publish_article(headline=f"No {n}"), 100 - n) for n in range(12)]
    assert listed(client, CALL) == [f"No {n}" for n in range(10)]

    workflow.kill(article_id=first.pk)

    assert listed(client, CALL) == [f"No {n}" for n in range(1, 11)]


@pytest.mark.parametrize("url", EVERY)
def test_caches_may_keep_it_for_a_minute_and_revalidate_it(
    url: str, stories: list[Article], client: Client
) -> None:
    response = client.get(url)
    again = client.get(url, headers={"If-None-Match": response["ETag"]})

    assert response["Cache-Control"] == "public, max-age=60, stale-while-revalidate=60"
    assert not response.cookies
    assert "Last-Modified" not in response
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == response["ETag"]
    assert client.post(url).status_code == 405


@pytest.mark.parametrize(("url", "most"), [(PAGE, 12), (CALL, 4), (FEEDS[0], 7)])
def test_the_queries_do_not_grow_with_the_stories(
    url: str,
    most: int,
    publish_article: PublishArticle,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(12):
        count(publish_article(), 40)

    with django_assert_max_num_queries(most):
        client.get(url)


# --- the page


def test_the_page_says_what_of_which_days_and_how_many(
    stories: list[Article], client: Client
) -> None:
    page = client.get(PAGE).content.decode()

    assert '<h1 class="section-name">Most loved of the week</h1>' in page
    assert "Love 1,234" in page
    assert "At noon." in page
    assert page.count("<time") >= 2
    assert "renewed every five minutes" in page
    assert '<link rel="canonical" href="https://news.example/most/love/">' in page
    for feed in FEEDS:
        assert f'href="https://news.example{feed}"' in page


def test_a_page_without_a_story_says_so(client: Client) -> None:
    page = client.get(PAGE).content.decode()

    assert "No story has got this reaction 20 times in these days." in page
    assert "<ol" not in page.partition("<main")[2]


def test_a_site_with_kinds_of_its_own_has_their_names() -> None:
    assert title_of(BY_KEY["love"]) == "Most loved of the week"
    assert title_of(Kind("love", 2, "Herzlich", "❤️")) == "Most “Herzlich” of the week"


# --- the feeds


def test_the_feeds_are_valid_and_say_what_they_are(stories: list[Article], client: Client) -> None:
    rss, atom, json_feed = (client.get(url) for url in FEEDS)

    assert feed_rules.faults_of_rss(rss.content) == []
    assert feed_rules.faults_of_atom(atom.content) == []
    for response in (rss, atom):
        feed = feedparser.parse(
            response.content, response_headers={"content-type": response["Content-Type"]}
        )
        assert not feed.bozo
        assert feed.feed.title == "Most loved of the week · Newsroom"
        assert feed.feed.link == "https://news.example/most/love/"
    document: dict[str, Any] = json.loads(json_feed.content)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["home_page_url"] == "https://news.example/most/love/"
    assert document["feed_url"] == f"https://news.example{FEEDS[2]}"
    assert document["description"].startswith("The stories that got this reaction most often")
    assert [response["Link"] for response in (rss, atom, json_feed)] == [
        f'<https://news.example{url}>; rel="self"' for url in FEEDS
    ]


def test_there_is_no_other_form_of_feed(client: Client) -> None:
    assert client.get("/feeds/most/love/feed.xml").status_code == 404


@pytest.mark.parametrize("url", FEEDS)
def test_an_empty_feed_is_valid(url: str, client: Client) -> None:
    content = client.get(url).content

    if url.endswith("rss.xml"):
        assert feed_rules.faults_of_rss(content) == []
    elif url.endswith("atom.xml"):
        assert feed_rules.faults_of_atom(content) == []
    else:
        assert json.loads(content)["items"] == []


@pytest.mark.parametrize("url", FEEDS)
def test_a_feed_leaves_out_what_other_sites_may_not_republish(
    url: str, stories: list[Article], client: Client
) -> None:
    Article.objects.filter(pk=stories[1].pk).update(pub_status=PubStatus.WITHHELD)

    assert listed(client, url) == ["Story 0", "Story 2"]


def test_a_feed_of_the_hub_is_none_of_these(
    stories: list[Article], client: Client, settings: Settings
) -> None:
    """No ping of the hub names them: they change without an article that does."""
    settings.WEBSUB_HUB = "https://hub.example/"

    assert all(b"hub.example" not in client.get(url).content for url in FEEDS)


# --- the call


def test_the_call_has_the_ranking(stories: list[Article], client: Client) -> None:
    response = client.get(CALL)

    answer = response.json()
    start, end, as_of = (datetime.fromisoformat(answer[name]) for name in ("start", "end", "as_of"))
    assert list(answer) == ["kind", "start", "end", "as_of", "results"]
    assert answer["kind"] == "love"
    assert timedelta(days=7) <= end - start < timedelta(days=7, minutes=15)
    assert end == as_of
    assert answer["results"][0] == {
        "article": str(stories[0].pk),
        "url": f"https://news.example/articles/{stories[0].slug}/",
        "headline": "Story 0",
        "count": 1_234,
    }


def test_pages_of_every_origin_may_call(stories: list[Article], client: Client) -> None:
    response = client.get(CALL, headers={"Origin": "https://elsewhere.example"})

    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response


def test_a_parameter_is_refused_by_its_name(client: Client) -> None:
    response = client.get(f"{CALL}?limit=5")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "limit"


def test_every_process_answers_the_same_bytes(stories: list[Article], client: Client) -> None:
    from reactions.stats.public_rankings import clear_public_rankings

    first = client.get(CALL)
    count(stories[2], 5_000, ago=timedelta(hours=5))
    clear_public_rankings()  # what another process has

    assert client.get(CALL).content == first.content
