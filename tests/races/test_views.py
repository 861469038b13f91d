"""Views that are noted, copied and moved at once: none is lost and none counts twice."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F, Sum
from django.test import RequestFactory

from articles.models import Article
from reactions import page_views
from reactions.cache import redis as redis_cache
from reactions.models import ViewBucket
from reactions.move import note_merges, retried, settle_merges
from reactions.page_views import copy_views, note_view
from tests.conftest import PublishArticle
from tests.races.rival import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture(autouse=True)
def _one_half_hour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(page_views, "_half_hour", lambda: 1_800 * 977_000)
    _forget()
    yield
    _forget()


def _forget() -> None:
    client = redis_cache.client()
    for key in client.scan_iter("views*"):
        client.delete(key)


def visit(article_id: UUID, numbers: range) -> None:
    for number in numbers:
        request = RequestFactory(REMOTE_ADDR=f"192.0.2.{number}", HTTP_USER_AGENT=BROWSER).post("/")
        note_view(request, article_id=article_id)


def views_of(*articles: UUID) -> int:
    found = ViewBucket.objects.filter(article_id__in=articles)
    return int(found.aggregate(sum=Sum(F("views") + F("moved")))["sum"] or 0)


def copy_ten_times() -> None:
    for _ in range(10):
        retried(copy_views)


def test_tasks_that_copy_while_readers_come_copy_all(article: Article) -> None:
    visits = [partial(visit, article.pk, range(n * 25, n * 25 + 25)) for n in range(4)]

    acts: list[Callable[[], None]] = [*visits, *[copy_ten_times] * 3]
    at_once(acts)
    copy_views()

    assert views_of(article.pk) == pytest.approx(100, abs=2)
    assert ViewBucket.objects.count() == 1


def test_a_merge_while_views_are_copied_leaves_none_behind_and_doubles_none(
    publish_article: PublishArticle,
) -> None:
    old, new = publish_article().pk, publish_article().pk
    visit(new, range(40, 50))

    def merge() -> None:
        with transaction.atomic():
            note_merges({old: new})
        for _ in range(10):
            settle_merges(seconds=0.1)

    acts: list[Callable[[], None]] = [partial(visit, old, range(40)), merge]
    at_once([*acts, copy_ten_times, copy_ten_times])
    for _ in range(2):
        copy_views()
        settle_merges(seconds=1)

    assert views_of(old) == 0
    assert views_of(new) == pytest.approx(50, abs=2)
