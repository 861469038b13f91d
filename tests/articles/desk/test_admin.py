"""The desk searches articles, names sections and revokes keys."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.api.api_keys import find_key, issue_key
from articles.ingest import ingest_stories
from articles.models import ApiKey, Article, Source
from articles.roles import Role
from tests.articles.conftest import read, with_changes
from tests.articles.desk.client import save, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    (outcome,) = ingest_stories([read(with_changes())])
    return outcome.article


def test_the_list_of_articles_can_be_searched(article: Article, admin_client: Client) -> None:
    found = admin_client.get("/desk/articles/article/", {"q": "bridge"}).content.decode()
    nothing = admin_client.get("/desk/articles/article/", {"q": "zebra"}).content.decode()

    assert article.headline in found
    assert article.headline not in nothing


def test_an_article_shows_its_dateline_and_its_tags(article: Article, admin_client: Client) -> None:
    html = admin_client.get(f"/desk/articles/article/{article.pk}/change/").content.decode()

    assert "DAMASCUS, Dec 8 (AFP) —" in html
    assert "Bridges\nSyria" in html


@pytest.mark.parametrize("model", ["section", "tag"])
def test_sections_and_tags_can_be_named(model: str, admin_client: Client) -> None:
    response = admin_client.post(f"/desk/articles/{model}/add/", {"name": "Sport", "slug": "sport"})
    again = admin_client.post(f"/desk/articles/{model}/add/", {"name": "Sport", "slug": "sport"})

    assert response.status_code == 302
    assert "already exists" in again.content.decode()


def test_a_slug_that_no_url_could_hold_is_refused(admin_client: Client) -> None:
    response = admin_client.post("/desk/articles/section/add/", {"name": "A/B", "slug": "a/b"})

    assert "is not a slug" in response.content.decode()


def test_a_key_is_listed_without_its_secret_and_can_be_revoked(admin_client: Client) -> None:
    key = issue_key(name="Dashboard", scopes=["stats:read"])
    row = ApiKey.objects.get()

    page = admin_client.get("/desk/articles/apikey/").content.decode()
    detail = admin_client.get(f"/desk/articles/apikey/{row.pk}/change/").content.decode()
    assert "Dashboard" in page
    assert key.split("_", 2)[2] not in page + detail
    assert bytes(row.secret_hash).hex() not in page + detail

    admin_client.post(
        "/desk/articles/apikey/", {"action": "revoke", "_selected_action": [row.pk]}, follow=True
    )
    assert find_key(key) is None


def test_a_feed_is_added_and_shows_how_it_went(admin_client: Client) -> None:
    source = Source.objects.create(name="AFP")
    feed = {"url": "https://wire.example/rss", "source": source.pk, "interval_seconds": 300}
    due = {"next_poll_at_0": "2026-01-01", "next_poll_at_1": "00:00:00"}

    added = admin_client.post("/desk/articles/feed/add/", {**feed, **due, "active": "on"})

    assert added.status_code == 302
    assert "https://wire.example/rss" in admin_client.get("/desk/articles/feed/").content.decode()


def test_an_account_is_created_with_a_role(admin_client: Client) -> None:
    password = {"password1": "correct horse", "password2": "correct horse"}
    role = Group.objects.get(name=Role.AUTHOR)

    admin_client.post("/desk/auth/user/add/", {"username": "maria", **password})
    maria = User.objects.get(username="maria")
    url = f"/desk/auth/user/{maria.pk}/change/"
    answer = save(admin_client, url, "user_form", groups=[role.pk], is_staff="on", is_active="on")

    assert answer.status_code == 302
    assert "Authors" in admin_client.get("/desk/auth/user/").content.decode()
    assert User.objects.get(username="maria").has_perm("articles.add_article")


def test_the_menu_has_no_link_that_the_user_may_not_open(db: None) -> None:
    seeing = sign_in(Role.STATISTICS).get("/desk/").content.decode()

    assert "/desk/reactions/reactedarticle/" in seeing
    assert "/desk/articles/article/" not in seeing
    assert "/desk/auth/user/" not in seeing
