"""The page cache, and conditional requests to it."""

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from articles.editing import edit_article
from articles.models import Article, ArticleAuthor, ArticleTag, Author, Correction, Section, Tag
from articles.pages import page_cache
from articles.pagination import Position
from articles.workflow import correct, kill, unpublish
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import write_stale_counts
from reactions.kinds import pack
from reactions.record import set_reactions
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

LISTS = ["/", "/sections/world/", "/authors/ada/", "/tags/syria/"]
PAGES = [*LISTS, "/articles/bridge/", "/corrections/"]
GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}
# Queries and headers that change no page.
IRRELEVANT: list[tuple[str, dict[str, str]]] = [
    ("utm_source=newsletter&utm_medium=e-mail", {}),
    ("fbclid=IwAR0&reaction=%3Cscript%3E", {}),
    ("", {"Cookie": "_ga=GA1.2.3; csrftoken=of-another-program; messages=x; readers=1"}),
    ("", {"Cookie": "reader="}),
    ("", {"Cookie": "reader=not-a-token"}),
    ("", {"Cookie": f"reader={'x' * 500}"}),
    ("", {"Cookie": "sessionid=of-an-editor"}),
    ("", {"Cookie": "sessionid=0123456789abcdefghijklmnopqrstuv"}),
    ("", {"Authorization": "Basic bmV3czpyb29t"}),
    ("", {"Authorization": "Reader not-a-token"}),
]


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    """An article that every page shows."""
    section = Section.objects.create(slug="world", name="World")
    article = publish_article(slug="bridge", section=section)
    author = Author.objects.create(slug="ada", name="Ada")
    tag = Tag.objects.create(slug="syria", name="Syria")
    ArticleAuthor.objects.create(article=article, author=author, position=1)
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    return correct(article_id=article.pk, text="It was ten.")


def is_rendered(response: Any) -> bool:
    """Whether the page was rendered for this answer, and not taken from the cache."""
    return "articles/base.html" in [template.name for template in response.templates]


def stored_pages() -> int:
    return len(caches["pages"]._cache)  # type: ignore[attr-defined]  # of Django's cache in memory


def react(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    write_stale_counts()


@pytest.mark.parametrize("url", PAGES)
def test_an_unchanged_page_is_a_304_and_costs_one_query(
    url: str, article: Article, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(url)

    with django_assert_num_queries(1):
        again = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], first["Cache-Control"])
    assert not first.cookies
    assert not again.cookies


@pytest.mark.parametrize("url", PAGES)
def test_a_cached_page_is_the_rendered_page(url: str, article: Article, client: Client) -> None:
    first, second = client.get(url), client.get(url)

    assert second.content == first.content
    assert dict(second.items()) == dict(first.items())


@pytest.mark.parametrize("url", PAGES)
def test_what_the_desk_does_shows_at_once(url: str, article: Article, client: Client) -> None:
    before = client.get(url)

    edit_article(article_id=article.pk, changes={"headline": "It is shut"}, expected_version=None)
    edited = client.get(url, headers={"If-None-Match": before["ETag"]})
    unpublish(article_id=article.pk)
    gone = client.get(url, headers={"If-None-Match": edited["ETag"]})

    assert b"It is shut" in edited.content
    assert gone.status_code == (404 if url == "/articles/bridge/" else 200)
    assert b"It is shut" not in gone.content


def test_a_killed_article_is_gone_at_once_for_a_conditional_get(
    article: Article, client: Client
) -> None:
    before = client.get("/articles/bridge/")

    kill(article_id=article.pk)

    headers = {
        "If-None-Match": before["ETag"],
        "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    assert client.get("/articles/bridge/", headers=headers).status_code == 410


@pytest.mark.parametrize("url", ["/", "/articles/bridge/"])
def test_a_reaction_changes_the_page(url: str, article: Article, client: Client) -> None:
    before = client.get(url)

    react(article)

    after = client.get(url, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


def test_reactions_are_read_once_in_their_interval(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_cache, "REACTIONS_FRESH_SECONDS", 60)
    before = client.get("/articles/bridge/")

    react(article)

    assert client.get("/articles/bridge/").content == before.content


@pytest.mark.parametrize("url", PAGES)
def test_a_crowd_costs_no_query(
    url: str,
    article: Article,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(page_cache, "VERSION_FRESH_SECONDS", 60)
    client.get(url)

    with django_assert_num_queries(0):
        client.get(url)


def test_a_new_name_shows_when_the_page_expires(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_cache, "LIFETIME", 0)
    client.get("/")

    Section.objects.update(name="Abroad")

    assert b"Abroad" in client.get("/").content


def test_a_readers_choice_is_on_their_own_page_alone(article: Article, client: Client) -> None:
    client.get("/articles/bridge/")
    reader = Client()
    reader.post("/api/v1/readers/")
    reader.put(
        f"/api/v1/articles/{article.pk}/reactions/mine/",
        '{"reactions": ["love"]}',
        content_type="application/json",
    )

    own, others = reader.get("/articles/bridge/"), client.get("/articles/bridge/")

    assert b'aria-pressed="true"' in own.content
    assert own["Cache-Control"] == "private, no-cache, no-transform"
    assert own["Vary"] == others["Vary"] == "Cookie, Accept-Encoding"
    assert b'aria-pressed="true"' not in others.content
    assert "public" in others["Cache-Control"]
    again = reader.get("/articles/bridge/", headers={"If-None-Match": own["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("url", ["/", "/articles/bridge/", "/corrections/"])
def test_what_does_not_change_a_page_gets_the_same_copy(
    url: str, article: Article, client: Client
) -> None:
    plain = client.get(url)

    for query, headers in IRRELEVANT:
        again = client.get(f"{url}?{query}", headers=headers)
        head = client.head(f"{url}?{query}", headers=headers)
        known = client.get(f"{url}?{query}", headers={**headers, "If-None-Match": plain["ETag"]})

        assert not any(map(is_rendered, (again, head, known)))
        assert again.content == plain.content
        assert dict(again.items()) == dict(head.items()) == dict(plain.items())
        assert not any(each.cookies for each in (again, head, known))
        assert known.status_code == 304


@pytest.mark.parametrize("url", PAGES)
def test_a_page_shows_nothing_of_what_does_not_change_it(
    url: str, article: Article, client: Client
) -> None:
    Article.objects.update(updated_at=datetime(2025, 1, 1, tzinfo=UTC))
    plain = client.get(url)

    for query, headers in IRRELEVANT:
        caches["pages"].clear()
        rendered = client.get(f"{url}?{query}", headers=headers)

        assert is_rendered(rendered)
        assert rendered.content == plain.content
        assert dict(rendered.items()) == dict(plain.items())
        assert not rendered.cookies


def test_any_number_of_queries_is_one_page(article: Article, client: Client) -> None:
    answers = [client.get(f"/articles/bridge/?a={n}&reaction={n}") for n in range(100)]
    answers += [client.get(f"/?q={n}", headers={"Cookie": f"a={n}"}) for n in range(100)]

    assert sum(map(is_rendered, answers)) == 2
    assert stored_pages() == 2


@pytest.mark.parametrize("url", [*LISTS, "/corrections/"])
def test_a_position_to_which_no_link_leads_is_not_stored(
    url: str, article: Article, client: Client
) -> None:
    for number in range(5):
        position = number if url == "/corrections/" else f"{number}-{uuid4().hex}"
        assert client.get(f"{url}?before={position}").status_code == 200
        assert client.get(f"{url}?before=no{position}").status_code == 404

    assert stored_pages() == 0


def test_a_further_page_of_a_list_is_stored_under_its_position(
    article: Article, client: Client
) -> None:
    place = str(Position.of(Article.objects.public().get()))
    correction = Correction.objects.get().pk
    for url, before in (("/", place), ("/sections/world/", place), ("/corrections/", correction)):
        first = client.get(f"{url}?before={before}")

        # The same position, written in another way.
        again = client.get(f"{url}?utm_source=x&before=1&before=0{before}")

        assert f'{url}?before={before}"'.encode() in first.content
        assert (again.content, is_rendered(again)) == (first.content, False)
        assert first.content != client.get(url).content


def test_a_readers_page_is_their_own_whatever_else_they_send(
    article: Article, client: Client
) -> None:
    client.get("/articles/bridge/")
    client.post("/api/v1/readers/")
    client.cookies["_ga"] = "GA1.2.3"

    for url in ("/articles/bridge/", "/articles/bridge/?reaction=too_many&utm_source=x"):
        for answer in (client.get(url), client.get(url)):
            assert is_rendered(answer)
            assert "private" in answer["Cache-Control"]
            assert "Cookie" in answer["Vary"]
    assert stored_pages() == 1
    assert b"one reaction too many" not in Client().get("/articles/bridge/").content


def test_a_token_that_has_expired_is_none(
    article: Article, client: Client, settings: Settings
) -> None:
    client.get("/articles/bridge/")
    client.post("/api/v1/readers/")

    settings.READER_LIFETIME = timedelta(seconds=-1)
    page = client.get("/articles/bridge/")

    assert not is_rendered(page)
    assert "public" in page["Cache-Control"]


def test_a_reader_by_authorization_gets_the_page_of_all(article: Article, client: Client) -> None:
    token = client.post("/api/v1/readers/").json()["token"]

    page = Client().get("/articles/bridge/", headers={"Authorization": f"Reader {token}"})

    assert "public" in page["Cache-Control"]


@pytest.mark.parametrize("url", LISTS)
def test_a_list_is_the_same_for_every_reader(url: str, article: Article, client: Client) -> None:
    client.cookies["reader"] = "another"

    assert client.get(url)["Vary"] == "Accept-Encoding"


def test_a_signed_in_editor_gets_an_uncached_page(
    article: Article, admin_client: Client, client: Client
) -> None:
    client.get("/")
    Author.objects.update(name="Grace")

    assert b"Grace" not in client.get("/").content
    assert b"Grace" in admin_client.get("/").content
    assert b"Grace" not in client.get("/").content
    assert not admin_client.get("/").cookies


def test_a_session_that_has_ended_is_none(
    article: Article, admin_client: Client, client: Client
) -> None:
    client.get("/")
    Session.objects.update(expire_date=timezone.now())

    page = admin_client.get("/")

    assert not is_rendered(page)
    assert page["Vary"] == "Accept-Encoding"


def test_an_article_that_is_unmodified_since_is_a_304(article: Article, client: Client) -> None:
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    Article.objects.update(updated_at=long_ago)
    first = client.get("/articles/bridge/")

    again = client.get("/articles/bridge/", headers={"If-Modified-Since": first["Last-Modified"]})
    Article.objects.update(updated_at=long_ago + timedelta(seconds=1))
    changed = client.get("/articles/bridge/", headers={"If-Modified-Since": first["Last-Modified"]})

    assert (again.status_code, changed.status_code) == (304, 200)


def test_a_second_that_is_not_over_is_no_last_modified(article: Article, client: Client) -> None:
    Article.objects.update(updated_at=timezone.now() + timedelta(seconds=5))

    response = client.get("/articles/bridge/")

    assert "ETag" in response
    assert "Last-Modified" not in response


def test_a_notice_is_on_a_page_of_its_own(article: Article, client: Client) -> None:
    client.get("/articles/bridge/")

    page = client.get("/articles/bridge/?reaction=closed")
    again = client.get("/articles/bridge/?utm_source=mail&reaction=closed")
    other = client.get("/articles/bridge/?reaction=another")

    assert b"to this story are closed" in page.content
    assert (again.content, is_rendered(again)) == (page.content, False)
    assert b"to this story are closed" not in other.content
    assert not is_rendered(other)


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_compressed_for_who_accepts_it(
    url: str, article: Article, client: Client
) -> None:
    plain = client.get(url)
    caches["pages"].clear()

    for answer in (client.get(url, headers=GZIP), client.get(url, headers=GZIP)):
        assert answer["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.content) == plain.content
        assert answer["ETag"] == f'{plain["ETag"][:-1]}-gzip"'
        assert answer["Vary"] == plain["Vary"]
        assert "Accept-Encoding" in plain["Vary"]
        known = client.get(url, headers={**GZIP, "If-None-Match": answer["ETag"]})
        assert (known.status_code, known["ETag"]) == (304, answer["ETag"])
        assert known["Vary"] == answer["Vary"]
    assert client.head(url, headers=GZIP)["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=1.0, *;q=0", True),
        ("gzip;q=0, br", False),
        ("gzip; q=0.000", False),
        ("x-gzip2", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_page_is_compressed_as_the_client_asks(
    accepted: str, is_compressed: bool, article: Article, client: Client
) -> None:
    page = client.get("/", headers={"Accept-Encoding": accepted})

    assert page.has_header("Content-Encoding") == is_compressed


def test_a_readers_own_page_is_not_compressed(article: Article, client: Client) -> None:
    client.get("/articles/bridge/")
    client.post("/api/v1/readers/")

    page = client.get("/articles/bridge/", headers=GZIP)

    assert "Content-Encoding" not in page
    assert "no-transform" in page["Cache-Control"]
    known = client.get("/articles/bridge/", headers={**GZIP, "If-None-Match": page["ETag"]})
    assert known.status_code == 304


def test_a_page_accepts_only_get_and_head(article: Article) -> None:
    assert Client().post("/").status_code == 405


def test_the_head_of_a_page_is_asked_for_alone(article: Article, client: Client) -> None:
    page, head = client.get("/"), client.head("/")

    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == page["ETag"]


def test_a_cached_page_is_served_while_the_database_is_unreachable(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = client.get("/articles/bridge/")

    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("articles.pages.views.find_article_version", unreachable)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", unreachable)

    assert client.get("/articles/bridge/").content == before.content
    client.cookies["sessionid"] = "0123456789abcdefghijklmnopqrstuv"
    assert client.get("/articles/bridge/").content == before.content
