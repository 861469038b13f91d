"""The desk's list of stories: windows, filters, order, search, saved views."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import ArticleAuthor, ArticleTag, Author, Section, Source, Tag
from reactions.desk.pages import stories as module
from reactions.models import SavedView
from reactions.stats import choices
from reactions.stats.pace import rebuild_pace
from tests.conftest import PublishArticle
from tests.reactions.desk.pages.conftest import Came, opened

pytestmark = pytest.mark.django_db

PAGE = reverse("desk:stories")
DAY = timedelta(days=1)


def listed(client: Client, **query: str) -> list[str]:
    """The headlines, in order."""
    answer = client.get(PAGE, query)
    assert answer.status_code == 200, answer.content.decode()
    return re.findall(r'<th scope="row">\s*<a [^>]*>([^<]*)</a>', answer.content.decode())


def test_it_lists_what_came_in_a_window(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    many, few = publish_article(headline="Many"), publish_article(headline="Few")
    publish_article(headline="None")
    came(many, love=1_500, angry=500)
    came(few, sad=12, removed=3)
    came(publish_article(headline="Before"), 10 * DAY, love=90)

    page = editor.get(PAGE).content.decode()

    assert listed(editor) == ["Many", "Few"]
    assert listed(editor, range="28d") == ["Many", "Before", "Few"]
    assert "2,012 came; 2 stories" in page
    assert "75 %" in page
    assert page.count("too few") == 1


@pytest.mark.parametrize(
    ("sort", "headlines"),
    [
        ("came", ["Angry", "Glad", "Sad"]),
        ("-came", ["Sad", "Glad", "Angry"]),
        ("left", ["Sad", "Angry", "Glad"]),
        ("sad", ["Sad", "Angry", "Glad"]),
        ("-love", ["Angry", "Sad", "Glad"]),
    ],
)
def test_any_figure_sorts_it(
    editor: Client,
    publish_article: PublishArticle,
    came: Came,
    sort: str,
    headlines: list[str],
) -> None:
    came(publish_article(headline="Glad"), love=60)
    came(publish_article(headline="Angry"), angry=70, sad=10, removed=1)
    came(publish_article(headline="Sad"), sad=30, love=10, removed=2)

    found = listed(editor, sort=sort)

    known = [each for each in headlines if each in found]
    assert (found[0], found[-1], set(found)) == (known[0], known[-1], set(headlines))


def test_filters_and_both_windows_narrow_it(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    world = Section.objects.create(slug="world", name="World")
    now = datetime.now(UTC)
    new = publish_article(
        headline="New", section=world, language="de", first_published_at=now - DAY / 2
    )
    old = publish_article(headline="Old", source=Source.objects.create(name="Wire"))
    ada = Author.objects.create(slug="ada", name="Ada")
    ArticleAuthor.objects.create(article=new, author=ada, position=0)
    tag = Tag.objects.create(slug="sea", name="Sea")
    ArticleTag.objects.create(article=old, tag=tag, position=0)
    came(new, love=30)
    came(old, love=20)

    assert listed(editor, section="world") == ["New"]
    assert listed(editor, author="ada") == ["New"]
    assert listed(editor, language="de") == ["New"]
    assert listed(editor, tag="sea") == ["Old"]
    assert listed(editor, source="Wire") == ["Old"]
    assert listed(editor, published="24h") == ["New"]
    assert listed(editor, section="world", tag="sea") == []


def test_a_chosen_filter_is_offered_though_the_list_is_cut(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "_MOST", 1)
    Tag.objects.create(slug="a", name="A")
    Tag.objects.create(slug="b", name="B")

    page = editor.get(PAGE, {"tag": "b"}).content.decode()

    assert re.search(r'<option value="b"\s+selected>b</option>', page)


def test_the_search_is_that_of_the_site(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    came(publish_article(headline="A ferry sails", body_html="<p>To the island.</p>"), love=5)
    came(publish_article(headline="The council votes"), love=9)

    assert listed(editor, q="island") == ["A ferry sails"]
    assert listed(editor, q="nothing of it") == []


def test_a_search_that_finds_many_says_that_it_looks_at_the_newest(
    editor: Client, publish_article: PublishArticle, came: Came, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FOUND", 1)
    came(publish_article(headline="A ferry"), love=5)
    newest = publish_article(headline="Another ferry", first_published_at=datetime.now(UTC))
    came(newest, love=5)

    page = editor.get(PAGE, {"q": "ferry"}).content.decode()

    assert "The search found more stories" in page
    assert listed(editor, q="ferry") == ["Another ferry"]


def test_authors_see_their_own_stories(
    client: Client, author: User, publish_article: PublishArticle, came: Came
) -> None:
    came(publish_article(headline="Own", created_by=author), love=5)
    came(publish_article(headline="Of another"), love=50)

    assert listed(client) == ["Own"]
    assert "5 came; 1 story" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tz": "Mars/Olympus"}, "no time zone called"),
        ({"range": "100y"}, "A range is such as"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "ends before it begins"),
        ({"to": "2026-03-01"}, "Choose the first date, too."),
        ({"section": "nowhere"}, "There is no such section here."),
        ({"sort": "'; DROP TABLE"}, "One of came, left"),
        ({"published": "soon"}, "A range is such as"),
        ({"tag": "\0"}, "a text that can be stored"),
    ],
)
def test_what_is_unknown_is_refused(editor: Client, query: dict[str, str], words: str) -> None:
    answer = editor.get(PAGE, query)

    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_dates_are_in_the_address(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    article = publish_article(headline="Of a day")
    came(article, 3 * DAY, love=5)
    day = (datetime.now(UTC) - 3 * DAY).date().isoformat()

    assert listed(editor, **{"from": day, "to": day}) == ["Of a day"]
    assert listed(editor, **{"from": day}) == ["Of a day"]
    assert listed(editor, **{"from": "2020-01-01", "to": "2020-01-02"}) == []


def test_what_is_usual_is_said_as_on_today(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    now = datetime.now(UTC)
    for number in range(20):
        usual = publish_article(first_published_at=now - 2 * DAY)
        came(usual, 2 * DAY, like=20 + number)
    rebuild_pace(now=now)
    for headline, count in (("Top", 90), ("Ordinary", 30)):
        came(publish_article(headline=headline, first_published_at=now - DAY / 2), love=count)

    page = editor.get(PAGE, {"published": "24h"}).content.decode()

    assert listed(editor, published="24h", sort="against_usual") == ["Top", "Ordinary"]
    assert page.count("top 5 %") == 1
    assert len(re.findall(r"[\d.]+× usual", page)) == 1


@pytest.mark.parametrize("query", ["", "?range=28d&tag=sea&published=7d&tz=Asia/Tokyo"])
def test_the_list_is_a_file_too(
    editor: Client, publish_article: PublishArticle, came: Came, query: str
) -> None:
    new = publish_article(headline="New", first_published_at=datetime.now(UTC) - DAY)
    tag = Tag.objects.create(slug="sea", name="Sea")
    ArticleTag.objects.create(article=new, tag=tag, position=0)
    came(new, love=5)

    page = editor.get(f"{PAGE}{query}").content.decode()
    (address,) = re.findall(r'href="([^"]*format=csv[^"]*)"', page)
    answer = editor.get(unescape(address))

    assert answer.status_code == 200
    assert "New" in b"".join(answer).decode()


def test_a_view_is_saved_and_deleted(editor: Client) -> None:
    address = f"{PAGE}?{urlencode({'range': '28d', 'sort': 'angry', 'page': '3', 'other': 'x'})}"

    editor.post(address, {"name": "Angry this month"})
    view = SavedView.objects.get()
    page = editor.get(PAGE).content.decode()
    editor.post(PAGE, {"delete": str(view.pk)})

    assert (view.name, view.query) == ("Angry this month", "range=28d&sort=angry")
    assert f'href="{PAGE}?range=28d&amp;sort=angry"' in page
    assert not SavedView.objects.exists()


def test_a_view_of_the_same_name_is_replaced(editor: Client) -> None:
    editor.post(f"{PAGE}?range=7d", {"name": "Mine"})
    editor.post(f"{PAGE}?range=28d", {"name": "Mine"})

    assert SavedView.objects.get().query == "range=28d"


@pytest.mark.parametrize("name", ["", "  ", "\0"])
def test_a_view_needs_a_name(editor: Client, name: str) -> None:
    answer = editor.post(PAGE, {"name": name}, follow=True)

    assert "Name the view to save it." in answer.content.decode()
    assert not SavedView.objects.exists()


def test_views_are_limited_and_those_of_others_are_left_alone(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_VIEWS", 1)
    other = User.objects.create_user("other")
    theirs = SavedView.objects.create(user=other, page="stories", name="Theirs")
    editor.post(PAGE, {"name": "First"})
    answer = editor.post(PAGE, {"name": "Second"}, follow=True)
    editor.post(PAGE, {"delete": str(theirs.pk)})

    assert "You have 1 views: delete one first." in answer.content.decode()
    assert set(SavedView.objects.values_list("name", flat=True)) == {"First", "Theirs"}


def test_it_is_paged_and_costs_the_same_however_long(
    editor: Client,
    publish_article: PublishArticle,
    came: Came,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(module.PAGE + 2):
        came(publish_article(headline=f"Story {number}"), love=100 - number, sad=1)

    with django_assert_max_num_queries(12):
        page = editor.get(PAGE).content.decode()

    assert page.count('<th scope="row">') == module.PAGE
    assert listed(editor, page="2") == [f"Story {module.PAGE}", f"Story {module.PAGE + 1}"]
    assert "Page 2" in page
    assert len(page) < 120 * 1_024


def test_it_has_views_and_reactions_for_a_hundred_of_them(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    read, moving = publish_article(headline="Read"), publish_article(headline="Moving")
    opened(read, 4_000, DAY)
    opened(moving, 200, DAY)
    opened(publish_article(headline="Little"), 19, DAY)
    came(read, DAY, love=100)
    came(moving, DAY, sad=30)

    page = editor.get(PAGE).content.decode()

    assert listed(editor, sort="views") == ["Read", "Moving", "Little"]
    assert listed(editor, sort="per_view") == ["Moving", "Read", "Little"]
    assert "Views, approximate" in page
    numbers = [each.strip() for each in re.findall(r'<td class="number">([^<]*)</td>', page)]
    for expected in (["4,000", "2.5"], ["200", "15.0"], ["19", "–"]):
        assert any(numbers[n : n + 2] == expected for n in range(len(numbers)))
    assert (
        "views,per_view"
        in b"".join(
            editor.get(reverse("stats-articles"), {"format": "csv"}).streaming_content  # type: ignore[attr-defined]  # of a stream
        ).decode()
    )


def test_where_no_views_are_counted_there_is_nothing_of_them(
    editor: Client, publish_article: PublishArticle, came: Came, settings: Settings
) -> None:
    settings.REACTIONS_COUNT_VIEWS = False
    came(publish_article(), love=1)

    assert "iews, approximate" not in editor.get(PAGE).content.decode()
    assert editor.get(PAGE, {"sort": "views"}).status_code == 400
    answer = editor.get(reverse("stats-articles")).json()
    assert "views" not in answer["query"]["metrics"]
