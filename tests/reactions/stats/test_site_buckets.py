"""The buckets of sections equal those of the articles, added up or not."""

from uuid import uuid4

import pytest
from django.db.models import Sum

from articles.models import Article, Section
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.kinds import BY_KEY, pack
from reactions.models import ArticleCount, Bucket, SiteBucket
from reactions.record import set_reactions
from reactions.stats import site_buckets as module
from reactions.stats.site_buckets import sum_site_buckets
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

LOVE = BY_KEY["love"].bit


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    aggregate()


def by_section() -> dict[tuple[int | None, int], tuple[int, int]]:
    sums = SiteBucket.objects.values("section_id", "kind").annotate(
        a=Sum("added"), r=Sum("removed")
    )
    return {(each["section_id"], each["kind"]): (each["a"], each["r"]) for each in sums}


def test_a_reaction_belongs_to_the_section_of_its_moment(publish_article: PublishArticle) -> None:
    world = Section.objects.create(name="World", slug="world")
    sport = Section.objects.create(name="Sport", slug="sport")
    article, without = publish_article(section=world), publish_article()
    react(article, "love", "love")
    react(without, "love")
    Article.objects.filter(pk=article.pk).update(section=sport)
    react(article, "love")

    assert by_section() == {
        (world.pk, LOVE): (2, 0),
        (None, LOVE): (1, 0),
        (sport.pk, LOVE): (1, 0),
    }


def test_rows_are_added_up_and_stay_the_same_figures(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = publish_article()
    for _ in range(3):
        react(article, "love", "sad")
    before = by_section()

    assert sum_site_buckets() == 6
    assert sum_site_buckets() == 2  # the running quarter of an hour is not done with
    monkeypatch.setattr(module, "_SETTLES_SECONDS", -module._QUARTER_SECONDS)
    sum_site_buckets()
    assert sum_site_buckets() == 0

    assert by_section() == before
    assert SiteBucket.objects.count() == 2
    react(article, "love")
    assert sum_site_buckets() == 1


def test_reconcile_finds_and_repairs_what_is_missing(article: Article) -> None:
    react(article, "love", "love", "sad")
    SiteBucket.objects.filter(kind=LOVE).delete()

    measured, repaired = reconcile(dry_run=True), reconcile()

    assert measured.site_bucket_drift == repaired.site_bucket_drift == 2
    assert not measured.is_clean
    assert reconcile(dry_run=True).is_clean
    assert by_section()[None, LOVE] == (2, 0)


def test_a_repaired_bucket_is_repaired_for_its_section(article: Article) -> None:
    react(article, "love", "love")
    Bucket.objects.all().delete()
    SiteBucket.objects.all().delete()
    ArticleCount.objects.all().delete()

    reconcile()

    assert reconcile(dry_run=True).is_clean
    assert by_section() == {(article.section_id, LOVE): (2, 0)}
