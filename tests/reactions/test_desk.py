"""The desk's list of stories with their counts, and a story's statistics page."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from reactions.counts import get_counts
from reactions.fold import fold
from reactions.kinds import KINDS, pack
from reactions.models import Reaction
from reactions.record import set_reactions
from tests.conftest import PublishArticle

LIST = reverse("admin:reactions_reactedarticle_changelist")
LIST_COLUMNS = ("headline", "published_at", "total", *(kind.key for kind in KINDS))


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    fold()


def test_the_list_shows_and_sorts_by_each_count(
    editor: Client, publish_article: PublishArticle
) -> None:
    quiet, loud = publish_article(headline="Quiet"), publish_article(headline="Loud")
    react(quiet, "sad")
    react(loud, "love", "love", "wow")
    position = LIST_COLUMNS.index("total") + 1

    page = editor.get(LIST, {"o": f"-{position}"}).content.decode()

    assert page.index("Loud") < page.index("Quiet")
    assert re.findall(r">\s*3\s*<", page)


def test_every_column_of_counts_sorts(editor: Client, publish_article: PublishArticle) -> None:
    for kind in KINDS:
        react(publish_article(headline=f"Mostly {kind.key}"), kind.key)

    for position, kind in enumerate(KINDS, start=LIST_COLUMNS.index("total") + 2):
        page = editor.get(LIST, {"o": f"-{position}"}).content.decode()
        headlines = re.findall(r"Mostly (\w+)", page)
        assert headlines[0] == kind.key


def test_the_list_costs_the_same_however_long(
    editor: Client,
    publish_article: PublishArticle,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(30):
        publish_article()

    with django_assert_max_num_queries(8):
        assert editor.get(LIST).status_code == 200


def test_the_statistics_page_has_the_numbers_of_the_rows(editor: Client, article: Article) -> None:
    react(article, "love", "love", "sad", "wow")
    Reaction.objects.update(changed_at=datetime(2024, 12, 8, 9, 50, tzinfo=UTC))

    page = editor.get(
        reverse("admin:reactions_statistics", args=[article.id]),
        {"interval": "hour", "tz": "Asia/Kathmandu"},
    ).content.decode()

    told = dict(re.findall(r'data-current="(\w+)">(\d+)<', page))
    counts = get_counts(article.id)
    assert counts is not None
    assert {key: int(count) for key, count in told.items()} == counts.counts
    table = page[page.index("statistics-series") :]
    assert [int(added) for added in re.findall(r"\+(\d+)", table)] == [2, 1, 1]
    assert "Asia/Kathmandu" in page
    assert page.count('class="kind-') >= 3 + len(KINDS)


def test_the_statistics_of_a_story_without_reactions_say_so(
    editor: Client, article: Article
) -> None:
    page = editor.get(reverse("admin:reactions_statistics", args=[article.id])).content.decode()

    assert "No reader has reacted yet." in page


def test_an_unknown_zone_or_interval_falls_back(editor: Client, article: Article) -> None:
    response = editor.get(
        reverse("admin:reactions_statistics", args=[article.id]),
        {"interval": "week", "tz": "Mars/Olympus"},
    )

    assert response.status_code == 200


def test_strangers_are_asked_to_sign_in(client: Client, article: Article) -> None:
    for address in (LIST, reverse("admin:reactions_statistics", args=[article.id])):
        response = client.get(address)
        assert response.status_code == 302
        assert "/desk/login/" in response["Location"]


def test_editors_without_permission_see_nothing(client: Client, article: Article) -> None:
    client.force_login(User.objects.create_user("intern", is_staff=True))

    assert client.get(LIST).status_code == 403
    assert client.get(reverse("admin:reactions_statistics", args=[article.id])).status_code == 404


@pytest.mark.parametrize(
    ("action", "state"),
    [("closed_reactions", "closed"), ("hidden_reactions", "hidden"), ("open_reactions", "open")],
)
def test_an_editor_closes_hides_and_opens_reactions(
    editor: Client, article: Article, action: str, state: str
) -> None:
    editor.post(LIST, {"action": action, "_selected_action": [str(article.id)]})
    fold()

    counts = get_counts(article.id)
    assert counts is not None
    assert counts.state == state
