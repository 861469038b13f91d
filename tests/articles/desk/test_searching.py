"""The search of the desk's list."""

from collections.abc import Iterator
from datetime import UTC, datetime

import lxml.html
import pytest
from django.test import Client
from pytest_django import Settings

from articles.desk import searching
from articles.editing import create_draft
from articles.models import Article
from articles.roles import Role
from tests.articles.desk.client import LIST, sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_words_of_other_tests() -> Iterator[None]:
    searching.clear_vocabulary()
    yield
    searching.clear_vocabulary()


@pytest.fixture
def editor() -> Client:
    return sign_in(Role.EDITOR)


@pytest.fixture
def drafts() -> None:
    create_draft(
        values={
            "headline": "The harbour is dredged",
            "slug": "harbour",
            "slugline": "PORT-WORKS",
            "body_markdown": "The **ferries** waited for high water at noon.",
            "tags": ["Shipping lanes"],
            "authors": [{"name": "Ingeborg Solli"}],
        }
    )
    create_draft(values={"headline": "Kelp forest returns", "slug": "kelp", "language": "en"})
    times = {"harbour": datetime(2025, 11, 23, 23, 30, tzinfo=UTC)}
    for slug, at in times.items():
        Article.objects.filter(slug=slug).update(first_created_at=at)


def found(client: Client, query: str) -> list[str]:
    page = lxml.html.fromstring(client.get(LIST, {"q": query}).content.decode())  # type: ignore[no-untyped-call]  # lxml's
    rows = page.xpath("//table[@id='result_list']//a[contains(@href, '/change/')]/@href")
    slugs = {str(a.pk): a.slug for a in Article.objects.all()}
    return sorted({slug for row in rows for pk, slug in slugs.items() if pk in row})


@pytest.mark.parametrize(
    "query",
    [
        *("ferry", "ferries waited", '"high water"', "harbour ferry", "dredging"),
        *("shipping", "shipping ferry", "solli", "Ingeborg noon", "port-wo", "harbou"),
        *("2025-11-24", "ferry 2025-11-24", "24 November 2025", "24 Nov. 2025 noon", "2025-11"),
    ],
)
def test_a_story_is_found_by_its_text_tags_authors_and_days(
    query: str, editor: Client, drafts: None, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Oslo"

    assert found(editor, query) == ["harbour"]


@pytest.mark.parametrize(
    "query", ["ferry kelp", '"water high"', "2025-11-23", "2025-10", "2026-13-01", "99 Foo 2026"]
)
def test_every_term_must_be_in_the_story(
    query: str, editor: Client, drafts: None, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Oslo"

    assert found(editor, query) == []


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("habrour", "harbour"),
        ("harbor", "harbour"),
        ("Ingebrog", "ingeborg"),
        ("shiping lanes", "shipping"),
        ("dredgde ferry", "dredged"),
    ],
)
def test_a_word_with_a_slip_is_found_and_the_list_says_so(
    query: str, corrected: str, editor: Client, drafts: None
) -> None:
    assert found(editor, query) == ["harbour"]
    assert f"These stories have “{corrected}” instead of" in text_of(editor.get(LIST, {"q": query}))


@pytest.mark.parametrize("query", ["xyzzy", "habrour xyzzy", "\0x", '"', "' OR 1=1 --"])
def test_what_resembles_no_word_finds_nothing_and_breaks_nothing(
    query: str, editor: Client, drafts: None
) -> None:
    assert found(editor, query) in ([], ["harbour", "kelp"])


def test_an_author_finds_no_draft_of_others(drafts: None) -> None:
    assert found(sign_in(Role.AUTHOR), "ferry") == []
