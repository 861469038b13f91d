"""Complaints of users of other systems about wrong or drifting counts, and our counts after the same steps.

Right after a reaction: misskey-dev/misskey#6007 and #16424, DimensionDev/Flare#2298, cybercog/laravel-love#104.
Here and there: forem/forem#18929, mastodon/mastodon#8104 and #26409, cybercog/laravel-love#259.
Counters and recounts: cybercog/laravel-love#80, #119, #137, #160 and #237, mastodon/mastodon#6281 and #11403.
In parallel: mastodon/mastodon#9437 and #12045, discord/discord-api-docs#6028.
"""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from reactions.cache import redis as redis_cache
from reactions.cache import redis_keys
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.counts import clear_counts
from reactions.models import ArticleCount, Bucket, CountVersion, OutboxEntry, Reaction
from reactions.tasks import aggregate_task
from tests.conftest import PublishArticle
from tests.races.rival import at_once
from tests.reactions.crowds import LOVE, NOON, arrive
from tests.reactions.oracle import assert_counts_are_the_rows
from tests.reactions.visitor import Visitor, browser, shown


def others_love(article: Article, readers: int) -> None:
    arrive(article.id, range(readers))
    aggregate()


def react_and_count(article: Article) -> None:
    Visitor(article).choose("love")
    aggregate()


def nothing_is_cached(article: Article) -> None:
    redis_cache.client().delete(redis_keys.counts(article.id))
    clear_counts()


# --- right after a reaction


def test_one_reaction_is_never_counted_as_two(article: Article) -> None:
    """misskey#6007"""
    reader = Visitor(article)

    totals = [reader.choose("love")["total"]]
    aggregate()
    totals.append(reader.choose("love")["total"])
    OutboxEntry.objects.create(article_id=article.id, reader_id=Reaction.objects.get().reader_id)
    aggregate_task()

    assert totals == [1, 1]
    assert shown(article) == {"love": 1}
    assert CountVersion.objects.get().version == 1


def test_one_reaction_does_not_show_as_two_more_or_three_more(article: Article) -> None:
    """misskey#16424: without a live connection, by polling."""
    others_love(article, 4)
    reader = Visitor(article)

    own = reader.choose("love")["total"]
    before = [shown(article)["love"] for _ in range(3)]
    aggregate()
    after = [shown(article)["love"] for _ in range(3)]

    assert (own, before, after) == (5, [4] * 3, [5] * 3)


@pytest.mark.parametrize("is_cached", [True, False])
def test_the_count_does_not_become_one_after_reacting(article: Article, is_cached: bool) -> None:
    """Flare#2298"""
    others_love(article, 7)
    if not is_cached:
        nothing_is_cached(article)

    answer = Visitor(article).choose("love")["counts"]["love"]
    aggregate()

    assert answer == 8
    assert shown(article) == {"love": 8}


def test_a_queue_that_lags_does_not_hide_a_readers_own_reaction(article: Article) -> None:
    """laravel-love#104"""
    others_love(article, 3)
    reader = Visitor(article)

    answer = [reader.choose(kind)["counts"] for kind in ("love", "sad", "sad")]

    assert OutboxEntry.objects.count() == 2  # not aggregated yet
    assert [(each["love"], each["sad"]) for each in answer] == [(4, 0), (3, 1), (3, 1)]
    assert reader.mine() == ["sad"]


# --- here and there


def test_lists_and_articles_show_the_same_total(article: Article) -> None:
    """forem#18929: also where some reactions are held."""
    arrive(article.id, [7] * 25)
    aggregate()

    front = browser().get(reverse("articles:front")).content.decode()
    page = browser().get(article.get_absolute_url()).content.decode()
    listed = browser().get("/api/v1/articles/").json()["results"][0]["reactions"]
    answer = browser().get(f"/api/v1/articles/{article.id}/").json()["reactions"]
    (one,) = browser().get(f"/api/v1/reactions/?articles={article.id}").json()["results"]

    assert re.findall(r"(\d+) reactions", front) == ["20"]
    # The chip below the headline, and the sum below the buttons.
    assert re.findall(r">(\d+) reactions<", page) == ["20", "20"]
    assert listed["total"] == answer["total"] == one["total"] == shown(article)["love"] == 20


def test_a_cached_answer_is_not_mistaken_for_the_new_one(article: Article) -> None:
    """mastodon#8104: the key of the cache no longer changed with the counters; the first had no counter at all."""
    url = f"/api/v1/articles/{article.id}/reactions/"
    etags, statuses = [browser().get(url)["ETag"]], []

    for _ in range(3):
        react_and_count(article)
        answer = browser().get(url, headers={"If-None-Match": ", ".join(etags)})
        statuses.append(answer.status_code)
        etags.append(answer["ETag"])

    assert statuses == [200] * 3
    assert len(set(etags)) == 4


def test_cached_pages_show_no_stale_counts(article: Article) -> None:
    """mastodon#26409"""
    addresses = [reverse("articles:front"), article.get_absolute_url()]
    for address in addresses * 2:
        browser().get(address)

    react_and_count(article)

    for address in addresses:
        page = browser().get(address).content.decode()
        assert re.findall(r"1 reaction\b", page), address


def test_counts_asked_for_with_their_articles_are_all_there(
    publish_article: PublishArticle,
) -> None:
    """laravel-love#259: loaded with the model, they were empty."""
    articles = [publish_article() for _ in range(3)]
    for number, article in enumerate(articles):
        others_love(article, number)

    slugs = ",".join(article.slug for article in articles)
    results = browser().get("/api/v1/reactions/", {"articles": slugs}).json()["results"]

    assert [each["counts"]["love"] for each in results] == [0, 1, 2]


# --- counters and recounts


def test_counters_that_are_empty_though_reactions_exist_are_filled_by_a_recount(
    article: Article,
) -> None:
    """laravel-love#80: the recount itself failed on them."""
    others_love(article, 5)
    ArticleCount.objects.all().delete()
    Bucket.objects.all().delete()

    call_command("reconcile")

    assert shown(article) == {"love": 5}
    assert_counts_are_the_rows(article.id)


def test_the_first_reaction_to_an_article_makes_its_counters(article: Article) -> None:
    """laravel-love#160: until an article had been registered it had none."""
    before = ArticleCount.objects.count()

    react_and_count(article)

    assert (before, ArticleCount.objects.get().count) == (0, 1)
    assert shown(article) == {"love": 1}


def test_a_recount_without_reactions_queries_no_single_article(
    publish_article: PublishArticle, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """laravel-love#119: a whole minute without a single reaction."""
    for _ in range(50):
        publish_article()

    with django_assert_max_num_queries(20):
        found = reconcile()

    assert (found.articles, found.rows, found.is_clean) == (0, 0, True)


def test_rows_that_a_migration_of_ones_own_brought_are_recounted(article: Article) -> None:
    """laravel-love#137: the recount crashed on them."""
    arrive(article.id, range(5))
    OutboxEntry.objects.all().delete()  # a script that writes the ledger knows nothing of the outbox

    call_command("reconcile")
    aggregate()

    assert shown(article) == {"love": 5}
    assert_counts_are_the_rows(article.id, expected=[LOVE] * 5)


def test_counting_needs_no_queue(article: Article, capsys: pytest.CaptureFixture[str]) -> None:
    """laravel-love#237: how to stop the queue, and have the counts at once?"""
    Visitor(article).choose("love")

    call_command("aggregate")

    assert capsys.readouterr().out == "1 outbox entries aggregated\n"
    assert shown(article) == {"love": 1}


def test_counts_in_redis_are_copies_that_may_be_lost(article: Article) -> None:
    """mastodon#6281: to hold the counts in Redis was proposed, and declined."""
    others_love(article, 3)
    nothing_is_cached(article)
    after_the_loss = shown(article)

    react_and_count(article)

    assert after_the_loss == {"love": 3}
    assert shown(article) == {"love": 4}


def test_totals_are_right_after_a_mass_deletion(article: Article) -> None:
    """mastodon#11403: they were zero, and then counted only later readers."""
    readers = [Visitor(article) for _ in range(12)]
    for reader in readers:
        reader.choose("love")
    aggregate()

    for reader in readers[2:]:
        reader.client.delete("/api/v1/readers/me/")
    aggregate()
    deleted = shown(article)
    react_and_count(article)

    assert deleted == {"love": 2}
    assert shown(article) == {"love": 3}
    assert_counts_are_the_rows(article.id, expected=[LOVE] * 3)


# --- in parallel


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_on_the_same_articles_do_not_deadlock(
    publish_article: PublishArticle,
) -> None:
    """mastodon#9437"""
    articles = [publish_article() for _ in range(3)]

    def react_and_count_in(order: list[Article]) -> None:
        for article in order * 3:
            react_and_count(article)

    at_once([lambda: react_and_count_in(articles), lambda: react_and_count_in(articles[::-1])] * 2)
    aggregate()

    assert [shown(article) for article in articles] == [{"love": 12}] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(5, id="mastodon#12045-counters-overwritten-by-parallel-writes"),
        pytest.param(0, id="discord#6028-eight-reacted-and-the-counter-says-one"),
    ],
)
def test_eight_who_react_at_once_are_eight(article: Article, before: int) -> None:
    arrive(article.id, range(before), at=NOON)
    aggregate()

    at_once([lambda: react_and_count(article)] * 8)
    aggregate()

    assert shown(article) == {"love": before + 8}
    assert_counts_are_the_rows(article.id)
