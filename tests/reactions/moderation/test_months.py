"""Any history of an article, over months of simulated time: aggregation never fails, and no count drifts."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.models import ArticleRate, OutboxEntry, SetAside
from reactions.record import set_reactions
from tests.profiles import examples
from tests.reactions.crowds import NOON, arrive, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows

# Minutes between two events: within one, some, an hour, days, a season; and a clock that was set back.
PAUSES = st.sampled_from([0, 1, 7, 59, 61, 600, 1_440, 7_200, 130_000, -1, -90])
CROWDS = st.tuples(st.integers(1, 30), st.integers(1, 4), st.booleans(), st.booleans())


@examples(0.2, HealthCheck.function_scoped_fixture)
@given(events=st.lists(st.tuples(PAUSES, CROWDS, st.booleans()), min_size=1, max_size=40))
@pytest.mark.django_db(transaction=True)
def test_aggregation_never_fails(
    article: Article, events: list[tuple[int, tuple[int, int, bool, bool], bool]]
) -> None:
    at: datetime = NOON
    readers: list[UUID] = []
    for minutes, (size, networks, has_history, has_page_token), is_aggregated in events:
        at += timedelta(minutes=minutes)
        readers += arrive(
            article.id,
            [number % networks for number in range(size)],
            at=at,
            has_history=has_history,
            has_page_token=has_page_token,
        )
        set_reactions(article_id=article.id, reader_id=readers[size // 2], kinds=size % 2)
        if is_aggregated:
            aggregate()
    aggregate()

    assert not OutboxEntry.objects.exists()
    assert not SetAside.objects.exists()
    assert all(0 <= rate.usual < 1e6 for rate in ArticleRate.objects.all())
    assert_counts_are_the_rows(article.id)


@pytest.mark.django_db
def test_the_usual_rate_of_an_article_decays_to_nothing(article: Article) -> None:
    """One newcomer without page, and then readers who come back for a hundred days: no underflow."""
    arrive(article.id, [1], has_page_token=False)
    aggregate()
    for day in range(1, 100):
        arrive(article.id, [day], at=NOON + timedelta(days=day), has_page_token=True)
        aggregate()

    assert ArticleRate.objects.get().usual == 0
    assert not SetAside.objects.exists()


@pytest.mark.django_db
def test_the_usual_rate_is_an_average_that_forgets(article: Article, settings: object) -> None:
    """Ten a minute for an hour are usual; an hour later they are nearly not."""
    for minute in range(60):
        arrive(
            article.id,
            range(minute * 10, minute * 10 + 10),
            at=NOON + timedelta(minutes=minute),
            has_page_token=False,
        )
    set_limits(settings)  # type: ignore[arg-type]
    aggregate()
    busy = ArticleRate.objects.get().usual
    arrive(article.id, [1], at=NOON + timedelta(minutes=119))
    aggregate()

    assert 9 < busy < 10
    assert ArticleRate.objects.get().usual == pytest.approx(busy * 0.9**60, rel=0.2)
