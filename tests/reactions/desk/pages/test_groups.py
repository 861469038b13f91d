"""The desk's pages of sections, authors, tags and sources."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, Source, Tag
from reactions.desk.pages import groups as module
from reactions.desk.pages.groups import GROUPS
from reactions.stats import choices
from tests.conftest import PublishArticle
from tests.reactions.desk.pages.conftest import Came, opened

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def address(name: str) -> str:
    return reverse("desk:groups", args=[name])


def lines(client: Client, name: str, **query: str) -> list[list[str]]:
    """The words of each row of the table, the sum of all among them."""
    answer = client.get(address(name), query)
    assert answer.status_code == 200, answer.content.decode()
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", answer.content.decode(), re.DOTALL):
        cells = re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL)
        words = [
            " ".join(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", each, flags=re.DOTALL).split())
            for each in cells
        ]
        found.append([unescape(each) for each in words])
    return found[1:]


@pytest.fixture
def story(publish_article: PublishArticle) -> Article:
    """In a section, with two tags, an author and a source."""
    choices.clear_choices()
    found = publish_article(
        section=Section.objects.create(slug="town", name="Town & land"),
        source=Source.objects.create(name="AFP"),
        language="de",
    )
    for position, name in enumerate(("Rail", "River")):
        tag = Tag.objects.create(slug=name.lower(), name=name)
        ArticleTag.objects.create(article=found, tag=tag, position=position)
    ada = Author.objects.create(slug="ada", name="Ada")
    ArticleAuthor.objects.create(article=found, author=ada, position=0)
    return found


def test_sections_are_listed_against_the_period_before(
    editor: Client, story: Article, publish_article: PublishArticle, came: Came
) -> None:
    came(story, love=90, angry=30)
    came(story, 8 * DAY, love=100)
    came(publish_article(), sad=1_200)

    found = lines(editor, "sections")

    assert [row[:5] for row in found] == [
        ["No section", "1,200", "new from 0", "1", "1,200.0"],
        ["Town & land", "120", "+20 % from 100", "1", "120.0"],
        ["All", "1,320", "+1,220 % from 100", "2", "660.0"],
    ]
    assert [cell for cell in found[1] if cell in ("75 %", "25 %")] == ["75 %", "25 %"]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("sections", ["Town & land"]),
        ("authors", ["Ada"]),
        ("tags", ["Rail", "River"]),
        ("sources", ["AFP"]),
    ],
)
def test_each_page_links_the_stories_and_the_file(
    editor: Client, story: Article, came: Came, name: str, names: list[str]
) -> None:
    came(story, love=7, removed=2)
    came(story, 8 * DAY, love=50)

    found = lines(editor, name, language="de", sort="-came")
    page = editor.get(address(name), {"language": "de"}).content.decode()
    link = re.search(r'<a href="([^"]+)">Download', page)
    stories = re.search(r'<th scope="row">\s*<a href="([^"]+)"', page)

    assert sorted(row[0] for row in found[:-1]) == names
    assert found[-1][:4] == ["All", "7", "−86 % from 50", "1"]
    assert found[-1][5:8] == ["0", "–", "too few"]
    assert GROUPS[name].note in page
    assert link
    file = editor.get(unescape(link[1]))
    assert file.status_code == 200
    header, *rows = csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]  # a stream
    assert [row[header.index("came")] for row in rows[:-1]] == ["7"] * len(names)
    assert stories
    answer = editor.get(unescape(stories[1]))
    assert answer.status_code == 200
    assert story.headline in answer.content.decode()


def test_the_address_has_the_range_the_comparison_and_the_order(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    for name, now, before in (("A", 100, 300), ("B", 60, 20), ("C", 40, 40)):
        section = Section.objects.create(slug=name.lower(), name=name)
        article = publish_article(section=section)
        came(article, 2 * DAY, love=now)
        came(article, 9 * DAY, love=before)

    def names(**query: str) -> list[str]:
        return [row[0] for row in lines(editor, "sections", **query)][:-1]

    assert names() == ["A", "B", "C"]
    assert names(sort="change") == ["B", "C", "A"]
    assert names(sort="-per_story") == ["C", "B", "A"]
    assert editor.get("/desk/sections/?sort=nonsense").status_code == 400
    assert lines(editor, "sections", compare="previous_week")[0][2] == "−67 % from 300"
    assert lines(editor, "sections", sort="-change")[-2][2] == "+200 % from 20"
    assert lines(editor, "sections", compare="previous_year")[1][2] == "new from 0"
    assert [row[2] for row in lines(editor, "sections") if row[0] == "C"] == ["0 % from 40"]
    page = editor.get(
        address("sections"), {"from": "2026-01-01", "to": "2026-01-02", "tz": "Asia/Kathmandu"}
    )
    assert "1 Jan 2026, 00:00 to 3 Jan 2026, 00:00" in page.content.decode()
    assert "Asia/Kathmandu" in page.content.decode()
    assert 'value="13d" selected' in editor.get(address("tags"), {"range": "13d"}).content.decode()


def test_there_are_pages(
    editor: Client, publish_article: PublishArticle, came: Came, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 1)
    for name in ("one", "two"):
        came(publish_article(section=Section.objects.create(slug=name, name=name)), love=4)

    assert "Page 2" in editor.get(address("sections")).content.decode()
    assert "Page 1" in editor.get(address("sections"), {"page": "2"}).content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tz": "Mars"}, "no time zone called “Mars”"),
        ({"range": "century"}, "A range is such as 24h"),
        ({"from": "2026-02-02", "to": "2026-01-01"}, "ends before it begins"),
        ({"author": "nobody"}, "no such author"),
        ({"compare": "never"}, "One of previous_period"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(
    editor: Client, query: dict[str, str], words: str
) -> None:
    answer = editor.get(address("tags"), query)

    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_an_empty_list_says_what_would_be_there(editor: Client) -> None:
    page = editor.get(address("authors")).content.decode()

    assert "Each author whose stories had reactions is listed here." in page


def test_authors_see_their_own_stories_and_others_nothing(
    author: User, client: Client, publish_article: PublishArticle, came: Came
) -> None:
    came(publish_article(created_by=author), love=3)
    came(publish_article(), love=50)

    assert lines(client, "sections")[-1][:2] == ["All", "3"]
    assert "Your own stories." in client.get(address("sections")).content.decode()
    client.force_login(User.objects.create_user("visitor", is_staff=True))
    assert client.get(address("sections")).status_code == 403


def test_a_page_takes_few_queries(
    editor: Client,
    story: Article,
    came: Came,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    came(story, love=3)
    editor.get(address("sections"))
    choices.clear_choices()

    with django_assert_max_num_queries(12):
        editor.get(address("sections"))


def test_views_of_the_stories_of_each_are_beside_what_came(
    editor: Client, story: Article, publish_article: PublishArticle, came: Came, settings: Settings
) -> None:
    came(story, love=30)
    opened(story, 400)
    opened(publish_article(), 100)

    found = lines(editor, "sections", sort="views")
    tags = lines(editor, "tags", sort="per_view")
    settings.REACTIONS_COUNT_VIEWS = False
    without = lines(editor, "sections")

    assert [(row[0], *row[5:7]) for row in found] == [
        ("Town & land", "400", "7.5"),
        ("No section", "100", "0.0"),
        ("All", "500", "6.0"),
    ]
    assert [(row[0], *row[5:7]) for row in tags] == [
        ("Rail", "400", "7.5"),
        ("River", "400", "7.5"),
        ("No tag", "100", "0.0"),
        ("All", "500", "6.0"),
    ]
    assert len(without[0]) == len(found[0]) - 2
