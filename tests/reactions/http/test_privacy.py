"""What is stored: the page that says it, the export, and erasure, in a browser without JavaScript."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from articles.models import Article
from articles.workflow import unpublish
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import ArticleCount, Reaction
from reactions.readers import new_reader, page_token
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.reactions.visitor import Visitor, browser

pytestmark = pytest.mark.django_db

PAGE, EXPORT, ERASE = "/privacy/", "/privacy/export/", "/privacy/erase/"


@pytest.fixture
def reader(article: Article) -> Client:
    """A browser whose reader loves the article."""
    visitor = Visitor(article)
    visitor.choose("love")
    return visitor.client


def text_of(response: Any) -> str:
    html = response.content.decode()
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<main")[2]).split())


def erase(client: Client, **headers: str) -> Any:
    """The answer after the button of the confirmation was pressed."""
    form = client.get(ERASE).content.decode()
    (token,) = re.findall(r'name="token" value="([^"]+)"', form)
    return client.post(ERASE, {"token": token}, headers=headers)


def test_every_page_leads_to_what_is_stored(article: Article, client: Client) -> None:
    for path in ("/", article.get_absolute_url(), "/search/", PAGE):
        foot = client.get(path).content.decode().partition('<footer class="colophon">')[2]
        assert f'<a href="{PAGE}">What is stored</a>' in foot


def test_a_visitor_learns_what_would_be_stored_and_that_nothing_is(client: Client) -> None:
    response = client.get(PAGE)

    text = text_of(response)
    assert "Nothing. This browser has no cookie of a reader" in text
    assert (
        "A cookie named reader with a random number, from your first reaction on, for 13 months"
        in text
    )
    assert ERASE not in response.content.decode()
    assert not response.cookies


def test_a_reader_sees_their_reactions_and_what_can_be_done(
    reader: Client, article: Article
) -> None:
    response = reader.get(PAGE)

    text = text_of(response)
    assert "1 reaction is stored that was made with this browser." in text
    assert "The bridge is open Love" in text
    assert f'href="{article.get_absolute_url()}"' in response.content.decode()
    assert response["Cache-Control"] == "private, no-store, no-transform"
    assert "not counted" not in text


def test_a_story_that_is_gone_is_named_by_nothing_but_that(
    reader: Client, article: Article
) -> None:
    unpublish(article_id=article.pk)

    text = text_of(reader.get(PAGE))

    assert "A story that is no longer public Love" in text
    assert "The bridge" not in text


def test_the_export_is_the_apis_as_a_file(reader: Client) -> None:
    response = reader.get(EXPORT)

    assert response.json() == reader.get("/api/v1/readers/me/export/").json()
    assert response["Content-Disposition"] == 'attachment; filename="reactions.json"'
    assert response["Cache-Control"] == "private, no-store, no-transform"


def test_a_reader_is_erased_after_a_confirmation(reader: Client, article: Article) -> None:
    aggregate()
    assert "1 reaction and the cookie of this browser are deleted." in text_of(reader.get(ERASE))
    assert Reaction.objects.exists()

    response = erase(reader)

    assert response["Location"] == f"{PAGE}?done=erased"
    assert response.cookies["reader"]["max-age"] == 0
    aggregate()
    assert not Reaction.objects.exists()
    assert sum(ArticleCount.objects.values_list("count", flat=True)) == 0
    after = text_of(reader.get(response["Location"]))
    assert "You are forgotten" in after
    assert "Nothing. This browser has no cookie of a reader" in after


def test_erasing_twice_is_harmless_and_spares_other_readers(
    reader: Client, article: Article
) -> None:
    other = Visitor(article)
    other.choose("sad")
    form = {"token": page_token_of(reader)}

    answers = [reader.post(ERASE, form).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert other.mine() == ["sad"]


def page_token_of(client: Client) -> str:
    (token,) = re.findall(r'name="token" value="([^"]+)"', client.get(ERASE).content.decode())
    return str(token)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/"},
    ],
)
def test_a_form_of_another_site_erases_nobody(
    headers: dict[str, str], reader: Client, article: Article
) -> None:
    assert erase(reader, **headers).status_code == 403
    assert reader.get(f"/api/v1/articles/{article.id}/reactions/mine/").json()["reactions"] == [
        "love"
    ]


@pytest.mark.parametrize("token", ["", "x", "of the article"])
def test_the_token_of_the_form_is_needed(token: str, reader: Client, article: Article) -> None:
    sent = page_token(article.id) if token == "of the article" else token

    assert reader.post(ERASE, {"token": sent}).status_code == 403
    assert Reaction.objects.filter(erased=False).exists()


def test_asking_for_the_page_of_erasure_erases_nothing(reader: Client) -> None:
    assert reader.get(ERASE).status_code == reader.head(ERASE).status_code == 200
    assert Reaction.objects.filter(erased=False).exists()


def test_a_visitor_without_a_cookie_has_nothing_to_confirm(client: Client) -> None:
    assert client.get(ERASE)["Location"] == PAGE


@pytest.mark.parametrize("cookie", ["rubbish", "x" * 500])
def test_a_bad_cookie_is_no_reader_and_can_be_deleted(cookie: str, client: Client) -> None:
    client.cookies["reader"] = cookie

    assert "Nothing." in text_of(client.get(PAGE))
    assert client.get(EXPORT).json() == {"reactions": []}


def test_a_cookie_of_before_the_move_to_https_is_replaced(settings: Settings) -> None:
    settings.READER_COOKIE = "__Host-reader"
    settings.READER_COOKIES = ["__Host-reader", "reader"]
    client = browser()
    client.cookies["reader"] = new_reader().token

    response = client.get(PAGE)

    assert response.cookies["__Host-reader"].value
    assert response.cookies["reader"]["max-age"] == 0


def test_the_page_takes_as_many_queries_however_many_reactions(
    reader: Client, publish_article: PublishArticle, django_assert_num_queries: Any
) -> None:
    reader_id = Reaction.objects.get().reader_id
    for _ in range(60):
        set_reactions(article_id=publish_article().id, reader_id=reader_id, kinds=pack(["wow"]))

    with django_assert_num_queries(
        3
    ):  # the reactions, their stories, the sections of the navigation
        response = reader.get(PAGE)

    assert "61 reactions are stored" in text_of(response)
    assert response.content.decode().count("<li>") < 70
    assert "The download has the older ones, too." in text_of(response)


def test_addresses_are_the_ones_that_the_widget_names() -> None:
    assert reverse("reactions:privacy") == PAGE


def test_a_reader_of_another_sites_pages_sees_downloads_and_erases_their_reactions(
    client: Client, reader: Client, article: Article
) -> None:
    elsewhere = new_reader()
    set_reactions(article_id=article.id, reader_id=elsewhere.id, kinds=pack(["wow"]))
    sent = {"reader": elsewhere.token}

    page = reader.post(PAGE, sent)
    export = reader.post(EXPORT, sent)
    asked = reader.post(ERASE, sent).content.decode()
    (token,) = re.findall(r'name="token" value="([^"]+)"', asked)
    erased = reader.post(ERASE, sent | {"token": token})

    assert "1 reaction is stored" in text_of(page)
    assert "Wow" in text_of(page)
    assert page.content.decode().count(f'name="reader" value="{elsewhere.token}"') == 1
    assert [each["reactions"] for each in export.json()["reactions"]] == [["wow"]]
    assert f'name="reader" value="{elsewhere.token}"' in asked
    assert erased["Location"] == f"{PAGE}?done=erased"
    assert "reader" not in erased.cookies
    assert not Reaction.objects.filter(reader_id=elsewhere.id).exists()
    assert "no-store" in page["Cache-Control"]
    # The reader of the cookie is another one, and stays.
    assert "Love" in text_of(reader.get(PAGE))


def test_a_token_that_is_not_valid_is_of_no_reader(client: Client, article: Article) -> None:
    page = client.post(PAGE, {"reader": "no token"})

    assert "Nothing. This browser has no cookie of a reader" in text_of(page)
    assert client.post(ERASE, {"reader": "no token"})["Location"] == PAGE


def test_it_says_what_views_leave_behind_where_they_are_counted(
    client: Client, settings: Settings
) -> None:
    on = text_of(client.get(PAGE))
    settings.REACTIONS_COUNT_VIEWS = False

    assert "about how many browsers opened it" in on
    assert "about how many browsers opened it" not in text_of(client.get(PAGE))
