"""One story at the desk."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article, Correction
from reactions.counting.aggregate import aggregate
from reactions.counts import get_counts
from reactions.kinds import pack
from reactions.models import Alert, Annotation, Reaction, Wave
from reactions.record import set_reactions
from reactions.stats.pace import rebuild_pace
from reactions.stats.story import fitting_step
from tests.conftest import PublishArticle
from tests.reactions.desk.pages.conftest import QUARTER, Came, opened, quarter

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def page_of(client: Client, article: Article, **query: str) -> str:
    answer = client.get(reverse("desk:story", args=[article.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def cells(page: str, first: str) -> list[str]:
    """The row of a table that begins with this, without its tags."""
    (row,) = [
        each
        for each in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
        if first in re.sub(r"\s+", " ", each)
    ]
    found = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", each)).strip() for each in found]


def test_it_has_the_numbers_of_the_rows(editor: Client, article: Article) -> None:
    for key in ("love", "love", "sad", "wow"):
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    Reaction.objects.update(changed_at=datetime(2024, 12, 8, 9, 50, tzinfo=UTC))
    aggregate()

    page = page_of(editor, article, interval="hour", tz="Asia/Kathmandu")

    shown = dict(re.findall(r'data-current="(\w+)">(\d+)<', page))
    counts = get_counts(article.id)
    assert counts is not None
    assert {key: int(count) for key, count in shown.items()} == counts.counts
    assert "out <time" in page
    # In Kathmandu, five hours and three quarters ahead, an hour begins at a quarter past.
    assert cells(page, "Sun 8 Dec, 15:00") == [
        "Sun 8 Dec, 15:00",
        "",
        "",
        "2",
        "",
        "",
        "1",
        "1",
        "4",
        "0",
    ]


def test_a_story_without_reactions_says_so(editor: Client, article: Article) -> None:
    page = page_of(editor, article)

    assert "No reader has reacted yet." in page
    assert "Reactions that a moderation rule holds are listed here." in page


def test_shares_and_usual_need_twenty_reactions(
    editor: Client, article: Article, came: Came
) -> None:
    came(article, love=19)
    few = page_of(editor, article)
    came(article, QUARTER, sad=1)
    enough = page_of(editor, article)

    assert "too few" in few
    assert "95.0 %" not in few
    assert "95.0 %" in enough
    assert "too few" not in enough


def test_what_happened_is_marked_on_the_chart(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    begin = quarter(timedelta(hours=10))
    article = publish_article(first_published_at=begin)
    came(article, timedelta(hours=10), love=40)
    came(article, timedelta(hours=1), angry=40)
    Correction.objects.create(
        article=article, text="The name was wrong.", version=2, published_at=begin + 2 * HOUR
    )
    Wave.objects.create(
        article_id=article.pk,
        rule="surge",
        started_at=begin + 3 * HOUR,
        last_at=begin + 3 * HOUR,
        size=1_200,
        network_count=3,
    )
    Annotation.objects.create(
        article_id=article.pk, at=begin + 4 * HOUR, text="On the radio", editor="editor"
    )
    Annotation.objects.create(article_id=uuid4(), at=begin, text="Of another", editor="editor")
    Alert.objects.create(article_id=article.pk, rule="mood", figures={}, raised_at=begin + 5 * HOUR)

    page = page_of(editor, article)

    moments = re.findall(r'<li value="(\d)">\s*<time[^>]*>[^<]*</time>\s*([^<]*?)\s*<', page)
    assert [number for number, _ in moments] == ["1", "2", "3", "4", "5"]
    assert moments[0][1] == "Published"
    assert moments[1][1] == "Correction: The name was wrong."
    assert moments[2][1].startswith("Wave of 1,200: ")
    assert moments[3][1] == "On the radio (editor)"
    assert moments[4][1] == "Alert: mood turn"
    drawn = ["published", "correction", "wave", "note", "alert"]
    assert re.findall(r"figures-at-(\w+)", page) == drawn


def test_a_note_is_added_in_the_zone_of_the_page_and_deleted(
    editor: Client, article: Article
) -> None:
    address = reverse("desk:story", args=[article.pk]) + "?tz=Asia/Kathmandu"

    editor.post(address, {"at": "2024-12-08T15:30", "text": "On the radio"})
    note = Annotation.objects.get()
    editor.post(address, {"delete": str(note.pk)})

    assert (note.at, note.article_id) == (datetime(2024, 12, 8, 9, 45, tzinfo=UTC), article.pk)
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("sent", [{"at": "soon"}, {"text": ""}, {"text": "x" * 201}])
def test_a_note_that_is_none_is_shown_again(
    editor: Client, article: Article, sent: dict[str, str]
) -> None:
    fields = {"at": "2024-12-08T15:30", "text": "On the radio"} | sent

    answer = editor.post(reverse("desk:story", args=[article.pk]), fields)

    assert "A note has a moment and at most 200 characters." in answer.content.decode()
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", "0"])
def test_a_note_that_is_not_there_cannot_be_deleted(
    editor: Client, article: Article, number: str
) -> None:
    answer = editor.post(reverse("desk:story", args=[article.pk]), {"delete": number}, follow=True)

    assert "That note is not there." in answer.content.decode()


def test_authors_see_their_own_story_and_delete_their_own_notes(
    client: Client, author: User, publish_article: PublishArticle
) -> None:
    own, other = publish_article(created_by=author), publish_article()
    note = Annotation.objects.create(
        article_id=own.pk, at=quarter(), text="Of an editor", editor="editor"
    )

    assert client.get(reverse("desk:story", args=[own.pk])).status_code == 200
    assert client.get(reverse("desk:story", args=[other.pk])).status_code == 404
    client.post(reverse("desk:story", args=[own.pk]), {"delete": str(note.pk)})
    assert Annotation.objects.exists()


def test_the_first_day_is_drawn_over_comparable_stories(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    now = datetime.now(UTC)
    for number in range(20):
        usual = publish_article(first_published_at=quarter(timedelta(days=2)))
        came(usual, timedelta(days=2) - QUARTER, like=20 + number)
    rebuild_pace(now=now)
    article = publish_article(first_published_at=quarter(2 * HOUR))
    came(article, 2 * HOUR, love=90)

    page = page_of(editor, article)

    assert 'class="figures-band"' in page
    assert "the middle half of the 20 stories of the site" in page
    assert cells(page, "1 hour") == ["1 hour", "90", "30", "25–34", "38"]
    assert "top 5 %" in page
    assert "24 hours</th>" not in page


def test_without_comparable_stories_there_is_no_band(
    editor: Client, article: Article, came: Came
) -> None:
    came(article, love=90)

    page = page_of(editor, article)

    assert "figures-band" not in page
    assert "once 20 of the last 28 days are of the same age" in page


@pytest.mark.parametrize(
    ("hours", "wanted", "step"),
    [
        (20, "", "15m"),
        (26, "", "hour"),
        (26, "15m", "hour"),
        (26, "day", "day"),
        (90 * 24, "hour", "day"),
        (900 * 24, "", "month"),
        (90_000 * 24, "", "month"),
        (20, "second", "15m"),
    ],
)
def test_an_interval_is_as_long_as_fits(hours: int, wanted: str, step: str) -> None:
    assert fitting_step(timedelta(hours=hours), wanted) == step


def test_a_longer_interval_than_asked_for_is_said(
    editor: Client, article: Article, came: Came
) -> None:
    came(article, love=1)

    page = page_of(editor, article, range="28d", interval="15m")

    assert "the interval is longer than you asked for" in page
    assert '<option value="day" selected>' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tz": "Mars/Olympus"}, "There is no time zone called “Mars/Olympus”"),
        ({"range": "100y"}, "A range is such as"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    editor: Client, article: Article, query: dict[str, str], words: str
) -> None:
    answer = editor.get(reverse("desk:story", args=[article.pk]), query)

    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_an_hour_that_comes_twice_is_two_rows(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    first = datetime(2024, 11, 3, 5, 0, tzinfo=UTC)
    article = publish_article(first_published_at=first)
    now = datetime.now(UTC)
    came(article, now - first, love=3)
    came(article, now - first - HOUR, sad=4)

    page = page_of(editor, article, tz="America/New_York", interval="hour")

    assert cells(page, "Sun 3 Nov, 01:00 (UTC-0400)")[-2] == "3"
    assert cells(page, "Sun 3 Nov, 01:00 (UTC-0500)")[-2] == "4"


def test_old_addresses_of_the_page_lead_to_it(editor: Client, article: Article) -> None:
    old = reverse("admin:reactions_statistics", args=[article.pk])

    answer = editor.get(f"{old}?interval=day")

    assert answer["Location"] == reverse("desk:story", args=[article.pk]) + "?interval=day"


def test_it_costs_a_dozen_statements(
    editor: Client,
    article: Article,
    came: Came,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(90):
        came(article, number * QUARTER, love=3, sad=2, angry=1, like=1, wow=1, funny=1, dislike=1)

    with django_assert_max_num_queries(12):
        page = page_of(editor, article)

    assert len(page) < 120 * 1_024


def test_it_has_views_and_the_reactions_since_the_first_one(
    editor: Client, article: Article, came: Came, settings: Settings
) -> None:
    day = timedelta(days=1)
    came(article, 3 * day, love=500)  # before views were counted
    opened(article, 300, day)
    opened(article, 100)
    came(article, day - QUARTER, love=10)

    page = page_of(editor, article)
    settings.REACTIONS_COUNT_VIEWS = False
    without = page_of(editor, article)

    (views,) = re.findall(r"data-views>\s*([^<]*?)\s*<", page)
    assert (views, re.findall(r"data-per-view>([^<]*)<", page)) == ("400", ["2.5"])
    assert "Views since" in page
    assert "iews" not in without.replace("Saved views", "")


def test_of_few_views_no_reactions_are_given(editor: Client, article: Article) -> None:
    none = page_of(editor, article)
    opened(article, 19)

    assert re.findall(r"data-per-view>([^<]*)<", none) == ["–"]
    assert re.findall(r"data-per-view>([^<]*)<", page_of(editor, article)) == ["too few"]
