"""What everything else shows after a move: the new address, and the same article."""

import time
from typing import Any

import pytest

from articles.models import Article, Site
from articles.roles import Role
from articles.sites.moves import find_named, merge_articles, move_address
from reactions.counting.aggregate import aggregate
from reactions.readers import page_token
from tests.articles.desk.client import page, sign_in
from tests.articles.sites.sites import BLOG, make_site, publish_at
from tests.reactions.visitor import Visitor, browser, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site(is_listed=True)


def move() -> None:
    move_address(old_url=f"{BLOG}/old/", new_url=f"{BLOG}/new/")


def counts_at(path: str) -> Any:
    answer = browser().get("/api/v1/reactions/", {"articles": f"{BLOG}{path}"}).json()
    return answer["results"][0]


def test_the_feed_names_no_article_as_deleted_that_it_never_contained(site: Site) -> None:
    for path, is_listed in (("/listed/", True), ("/other/", False)):
        publish_at(site, path, is_listed=is_listed, guid=f"tag:{path}")
        merge_articles(
            article_id=find_named(f"{BLOG}{path}").pk,
            into_id=publish_at(site, f"{path}2/").pk,
        )

    feed = browser().get("/feeds/atom.xml").content.decode()

    assert 'ref="tag:/listed/"' in feed
    assert "/other/" not in feed


def test_a_tab_opened_before_a_move_counts_and_turns_nothing_back(site: Site) -> None:
    article = publish_at(site, "/old/")
    visitor = Visitor(article, **{"Page-Token": page_token(article.pk)})
    move()

    visitor.choose("love")
    seen = browser().post(
        "/api/v1/sightings/", {"url": f"{BLOG}/old/#comments"}, content_type="application/json"
    )
    aggregate()

    assert seen.json()["article"] == str(article.pk)
    assert shown(article) == {"love": 1}
    assert Article.objects.get(pk=article.pk).canonical_url == f"{BLOG}/new/"


def test_the_new_address_leads_to_the_article_within_two_seconds(site: Site) -> None:
    article = publish_at(site, "/old/")
    assert "error" in counts_at("/new/")

    move()
    moved_at = time.monotonic()
    while "error" in (answer := counts_at("/new/")):
        assert time.monotonic() < moved_at + 2
        time.sleep(0.02)

    assert answer["article"] == str(article.pk)
    assert counts_at("/old/") == answer


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/articles/{slug}/",
        "/api/v1/articles/{slug}/ninjs/",
        "/feeds/rss.xml",
        "/feeds/atom.xml",
        "/feeds/feed.json",
        "desk",
    ],
)
def test_everything_shows_the_new_address_and_not_the_old_one(site: Site, path: str) -> None:
    article = publish_at(site, "/old/", is_listed=True)
    client = sign_in(Role.PUBLISHER) if path == "desk" else browser()
    address = page(article) if path == "desk" else path.format(slug=article.slug)
    before = client.get(address).content.decode()

    move()
    after = client.get(address).content.decode()

    assert (f"{BLOG}/old/" in before, f"{BLOG}/new/" in after) == (True, True)
    assert f"{BLOG}/old/" not in after
