"""The time of the counts never goes back, whichever statement raises the version: a clock may, of another server."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from articles.models import Article, Section
from reactions.article_changes import refresh_changed
from reactions.counting.aggregate import aggregate
from reactions.counting.imported_counts import _set_imported_counts
from reactions.counting.reconcile import reconcile
from reactions.default_policies import refresh_articles, save_default_policy
from reactions.models import ArticleCount, CountVersion, DefaultPolicy, PolicyState
from reactions.policy import set_policy, set_state
from reactions.record import set_reactions
from tests.reactions.crowds import LOVE


def react(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    aggregate()


def repair(article: Article) -> None:
    ArticleCount.objects.update(count=5)
    reconcile()


def change_the_default_policy(article: Article) -> None:
    section = Section.objects.create(name="Courts", slug="courts")
    Article.objects.update(section=section)
    policy = DefaultPolicy(name="Trials", section=section, state=PolicyState.CLOSED)
    save_default_policy(policy)
    refresh_articles()


RAISES: dict[str, Callable[[Article], object]] = {
    "aggregation": react,
    "a repair": repair,
    "an own policy": lambda article: set_policy(article_id=article.id, state=PolicyState.CLOSED),
    "a state": lambda article: set_state(article_ids=[article.id], state=PolicyState.CLOSED),
    "a change of the article": lambda article: refresh_changed([article.id]),
    "a default policy": change_the_default_policy,
    "an import": lambda article: _set_imported_counts("old", {(article.id, 2): 7}),
}


@pytest.mark.parametrize("what", RAISES)
def test_the_time_of_the_counts_never_goes_back(article: Article, what: str) -> None:
    react(article)
    ahead = timezone.now() + timedelta(hours=1)
    CountVersion.objects.update(counted_at=ahead)

    RAISES[what](article)

    version = CountVersion.objects.get()
    assert version.version > 1
    assert version.counted_at == ahead
