"""The times of a story, and what a retracted one says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from django.utils.safestring import SafeString
from lxml import html
from pytest_django import Settings

from articles.hooks import NullHooks, Widget, register_hooks
from articles.models import Article
from articles.workflow import retract
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)


class Readers(NullHooks):
    def widget(self, request: HttpRequest, article: Article) -> Widget:
        return Widget(
            write=lambda: SafeString("<p>How was it?</p>"), chip=lambda: SafeString("❤️ 3")
        )


@pytest.fixture(autouse=True)
def readers() -> Iterator[None]:
    before = register_hooks(Readers())
    yield
    register_hooks(before)


def page(client: Client, article: Article) -> html.HtmlElement:
    content = client.get(article.get_absolute_url()).content
    parsed: html.HtmlElement = html.document_fromstring(content)  # type: ignore[no-untyped-call]  # lxml has no types
    return parsed


def published(client: Client, article: Article) -> str:
    (line,) = page(client, article).xpath("//p[@class='meta']/span[contains(., 'Published')]")
    return " ".join(str(line.xpath("string()")).split())


def test_a_story_has_the_time_of_its_place_and_that_of_the_site(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(dateline_place="Damascus", dateline_country="SY", published_at=NOON)

    assert published(client, article) == "Published 8 December 2024, 12:23 in Damascus (09:23 UTC)"


def test_where_the_site_has_another_day_it_says_so(
    publish_article: PublishArticle, client: Client
) -> None:
    late = datetime(2024, 12, 8, 22, 30, tzinfo=UTC)
    article = publish_article(dateline_place="Damascus", dateline_country="SY", published_at=late)

    assert published(client, article) == (
        "Published 9 December 2024, 01:30 in Damascus (8 December 2024, 22:30 UTC)"
    )


@pytest.mark.parametrize("place", ["", "Lower Wendling", "London"])
def test_the_sites_zone_stands_alone_where_the_place_has_no_other(
    place: str, publish_article: PublishArticle, client: Client
) -> None:
    """Lower Wendling is too small to be known; London’s clocks show UTC in winter."""
    article = publish_article(dateline_place=place, dateline_country="GB", published_at=NOON)

    assert published(client, article) == "Published 8 December 2024, 09:23 UTC"


def test_a_time_of_today_begins_with_how_long_ago_it_was(
    publish_article: PublishArticle, client: Client, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    now = timezone.now()
    recent = publish_article(published_at=now - timedelta(hours=3, minutes=1))
    older = publish_article(published_at=now - timedelta(hours=25))

    assert published(client, recent).startswith("Published 3 hours ago · ")
    assert "IST" in published(client, recent)
    assert "ago" not in published(client, older)


def test_a_retracted_story_says_so_where_it_is_read_alone(article: Article, client: Client) -> None:
    retract(article_id=article.pk, text="It was not.")

    root = page(client, article)

    assert root.findtext(".//title", "").strip() == "Retracted: The bridge is open · Newsroom"
    assert root.xpath("//meta[@property='og:title']/@content") == ["Retracted: The bridge is open"]


def test_readers_of_a_retracted_story_are_not_asked_what_they_feel(
    article: Article, client: Client
) -> None:
    before = page(client, article).xpath("string(//main)")
    retract(article_id=article.pk, text="It was not.")

    after = page(client, article).xpath("string(//main)")

    assert ("How was it?" in before, "❤️ 3" in before) == (True, True)
    assert ("How was it?" in after, "❤️ 3" in after) == (False, False)
    assert "It was not." in after
