"""Full-text search: as a filter of the API, and as a page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from articles.api import articles
from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, State, Tag
from articles.pages import search
from articles.pages.search import Place

pytestmark = pytest.mark.django_db

PublishArticle = Callable[..., Article]
LIST = "/api/v1/articles/"


def found(client: Client, words: str, **asked: str) -> list[str]:
    response = client.get(LIST, {"q": words, **asked})
    assert response.status_code == 200, response.content
    return [entry["headline"] for entry in response.json()["results"]]


def page_of(client: Client, words: str, **asked: str) -> str:
    response = client.get("/search/", {"q": words, **asked})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("language", "body", "words"),
    [
        ("en", "The bridges reopened.", "bridge reopening"),
        ("en-GB", "The bridges reopened.", "bridge"),
        ("de", "Die Brücken wurden geöffnet.", "brücke"),
        ("fr", "Les ponts sont ouverts.", "pont"),
        ("ru", "Мосты открыты.", "мост"),
        ("ar", "افتتاح الجسر", "الجسر"),
        ("tlh", "bridges", "bridges"),
    ],
)
def test_an_article_is_found_by_the_forms_of_its_own_language(
    language: str, body: str, words: str, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(headline="-", language=language, body_html=f"<p>{body}</p>")

    assert found(client, words) == ["-"]


def test_a_language_without_rules_is_taken_word_for_word(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(headline="bridges", language="tlh")

    assert found(client, "bridge") == []


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ('"old bridge"', True),
        ('"bridge old"', False),
        ("tunnel or bridge", True),
        ("bridge -old", False),
        ("bridge -tunnel", True),
        ("bridge tunnel", False),
        ("-tunnel", False),
        ("the", False),
        ("", False),
    ],
)
def test_words_are_as_in_a_search_engine(
    words: str, is_found: bool, publish_article: PublishArticle
) -> None:
    publish_article(headline="The old bridge")

    assert search.find(Article.objects.public(), words).exists() is is_found


def test_the_headline_counts_more_than_what_is_below_it(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(headline="Body", body_html="<p>An elephant.</p>")
    publish_article(headline="Byline", byline="Elephant")
    publish_article(headline="Abstract", abstract="An elephant.")
    publish_article(headline="An elephant")

    assert found(client, "elephant") == ["An elephant", "Abstract", "Byline", "Body"]


def test_an_article_is_found_by_its_tags_and_authors(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article()
    tag, author = Tag(slug="syria", name="Syria"), Author(slug="ada", name="Ada Lovelace")
    tag.save()
    author.save()
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    ArticleAuthor.objects.create(article=article, author=author, position=1)

    assert found(client, "syria") == found(client, "lovelace") == [article.headline]
    assert found(client, "syria -bridge") == []


def test_markup_is_not_searched(publish_article: PublishArticle, client: Client) -> None:
    publish_article(body_html='<p>A <em>white</em> <a href="https://elephant.example/">one</a></p>')

    assert found(client, "white") == ["The bridge is open"]
    assert found(client, "elephant") == found(client, "href") == []


def test_an_edit_is_found_at_once(article: Article, client: Client) -> None:
    article.headline = "A tunnel"
    article.save()

    assert found(client, "tunnel") == ["A tunnel"]


@pytest.mark.parametrize("state", set(State) - {"published", "corrected", "retracted"})
def test_an_article_that_is_not_public_is_not_found(
    state: State, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(headline="A secret", state=state)

    assert found(client, "secret") == []
    assert "No story says" in page_of(client, "secret")


def test_the_other_filters_hold(publish_article: PublishArticle, client: Client) -> None:
    world = Section.objects.create(slug="world", name="World")
    publish_article(headline="A bridge here", section=world)
    publish_article(headline="A bridge there", language="de")

    assert found(client, "bridge", section="world") == ["A bridge here"]
    assert found(client, "bridge", language="de") == ["A bridge there"]


def test_pages_of_results_lead_on_and_back_while_articles_arrive(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "ARTICLES_PER_ANSWER", 2)
    noon = datetime(2024, 12, 8, 12, tzinfo=UTC)
    for number in range(7):  # of these, pairs have the same rank and time
        publish_article(
            headline=f"Story {number}",
            body_html="<p>bridge</p>" * (number // 4 + 1),
            published_at=noon + timedelta(hours=number // 2),
        )
    everything = [each.headline for each in search.best(
        search.find(Article.objects.public(), "bridge"), size=50
    ).articles]  # fmt: skip

    pages, url = [], f"{LIST}?q=bridge"
    while url:
        answer = client.get(url).json()
        pages.append(answer)
        publish_article(headline="A bridge that came later")
        following = urlsplit(answer["next"] or "")
        url = answer["next"] and f"{following.path}?{following.query}"

    seen = [entry["headline"] for answer in pages for entry in answer["results"]]
    assert seen == everything
    back = urlsplit(pages[-1]["previous"])
    answer = client.get(f"{back.path}?{back.query}").json()
    assert answer["results"] == pages[-2]["results"]
    assert pages[0]["previous"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "bridge", "before": "0-0193a5c07d1e70008000000000000000"},
        {"q": "bridge", "before": "nonsense"},
        {"q": "bridge", "before": "0x1.8p-3_nonsense"},
        {"q": "bridge", "before": "0x1.8p+9999_0-0193a5c07d1e70008000000000000000"},
        {"before": "0x1.8p-3_0-0193a5c07d1e70008000000000000000"},
        {"q": "x" * 201},
    ],
)
def test_an_invalid_query_is_400(asked: dict[str, str], client: Client) -> None:
    assert client.get(LIST, asked).status_code == 400


@given(
    rank=st.floats(min_value=0, max_value=1),
    microseconds=st.integers(0, 10**16),
    article_id=st.uuids(),
)
def test_a_position_in_the_results_is_read_back_exactly(
    rank: float, microseconds: int, article_id: UUID
) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    place = Place(at, article_id, rank)

    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "words", ["'", '"', "-", "or", "\x00", "!&|:*()<->", "a" * 5000, "😀", "%"]
)
def test_no_words_are_an_error(words: str, article: Article, client: Client) -> None:
    page_of(client, words)


def test_an_article_too_long_to_index_can_still_be_published(
    publish_article: PublishArticle,
) -> None:
    words = " ".join(f"Elefant{number}" for number in range(300_000))

    publish_article(body_html=f"<p>{words}</p>")

    assert search.find(Article.objects.public(), "Elefant1").exists()


def test_the_page_marks_the_words_and_nothing_else_is_markup(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(
        headline='<script>alert("x")</script> Bridges & <img src=x onerror=alert(1)>',
        abstract="<b>A bridge</b>",
        body_html="<p>A &lt;script&gt; and a bridge &amp; <em>more</em></p>",
    )

    html = page_of(client, "bridge")

    assert "<mark>Bridges</mark> &amp;" in html
    assert "<mark>bridge</mark> &amp;" in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<script|<img|<b>|<em>|<[^>]*onerror", html)


def test_the_words_asked_for_are_text(client: Client) -> None:
    html = page_of(client, '"><script>alert(1)</script>')

    assert "<script" not in html
    assert 'value="&quot;&gt;&lt;script&gt;' in html


def test_the_page_leads_on_to_every_result(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RESULTS_PER_PAGE", 2)
    slugs = {publish_article(headline="A bridge").slug for _ in range(5)}
    seen: list[str] = []

    url = "/search/?q=bridge"
    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'<h2[^>]*><a href="/articles/([^"]+)/"', html)
        following = re.search(r'rel="next"\s+href="([^"]+)"', html)
        url = f"/search/{following[1].replace('&amp;', '&')}" if following else ""

    assert sorted(seen) == sorted(slugs)


def test_the_page_without_words_asks_for_them(client: Client) -> None:
    html = client.get("/search/").content.decode()

    assert 'role="search"' in html
    assert '<label for="search-words">' in html
    assert "No story says" not in html
    assert client.get("/search/", {"q": "a", "after": "nonsense"}).status_code == 404


def test_a_search_takes_as_many_queries_however_much_it_finds(
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        publish_article()

    with django_assert_num_queries(2):
        page_of(client, "bridge")


def test_search_uses_its_index(db: None) -> None:
    words = [f"word{number}" for number in range(1000)]
    Article.objects.bulk_create(
        Article(guid=f"tag:example.org,2024:{word}", slug=word, headline=word) for word in words
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE articles_article")

    plan = search.find(Article.objects.public(), "word7").explain()

    assert "Bitmap Index Scan on articles_by_search" in plan


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_undone() -> None:
    call_command("migrate", "articles", "0002", verbosity=0)

    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = 'articles_by_search'")
        assert cursor.fetchone()
