"""Lists by position: complete, in order, and stable while articles arrive."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article
from articles.pagination import Position, newer_than, newest, older_than

NOON = datetime(2024, 12, 8, 12, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(1600, 1, 1), max_value=datetime(9999, 1, 1)), st.uuids()  # noqa: DTZ001  # hypothesis asks for naive bounds
)  # fmt: skip
def test_a_position_survives_its_url(naive: datetime, identity: UUID) -> None:
    position = Position(naive.replace(tzinfo=UTC), identity)

    assert Position.parse(str(position)) == position


@pytest.mark.parametrize("text", ["", "x", "1-x", "-", f"{'9' * 18}-{'0' * 32}", f"1-{'0' * 31}\0"])
def test_an_invalid_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a position"):
        Position.parse(text)


@pytest.mark.django_db
def test_pages_neither_skip_nor_repeat_when_articles_arrive(
    publish_article: Callable[..., Article],
) -> None:
    # Three share their time, so that the id must settle their order.
    times = [NOON, NOON, NOON, NOON - timedelta(hours=1), NOON - timedelta(hours=2)]
    filed = [publish_article(published_at=time).id for time in times]
    articles = Article.objects.public()

    first = newest(articles, size=2)
    publish_article(published_at=NOON + timedelta(hours=1))
    assert first.older
    second = older_than(first.older, articles, size=2)
    assert second.older
    third = older_than(second.older, articles, size=2)

    seen = [article.id for page in (first, second, third) for article in page.articles]
    assert sorted(seen) == sorted(filed)
    assert third.older is None


@pytest.mark.django_db
def test_paging_back_shows_the_same_pages(publish_article: Callable[..., Article]) -> None:
    for hours in range(5):
        publish_article(published_at=NOON - timedelta(hours=hours))
    articles = Article.objects.public()
    first = newest(articles, size=2)
    assert first.older
    second = older_than(first.older, articles, size=2)
    assert second.newer

    back = newer_than(second.newer, articles, size=2)

    assert back.articles == first.articles
    assert back.newer is None
    assert back.older == first.older
