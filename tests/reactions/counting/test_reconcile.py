"""Drift is measured, exported and repaired, and no reader sees a count in between."""

from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.counts import get_counts
from reactions.kinds import BY_KEY, pack
from reactions.models import ArticleCount, Bucket, OutboxEntry, Reaction, Reconciliation
from reactions.record import set_reactions
from tests.reactions.oracle import assert_counts_are_the_rows, totals

LOVE = BY_KEY["love"]


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    aggregate()


def test_exact_counts_have_no_drift(article: Article) -> None:
    react(article, "love", "love", "sad")

    found = reconcile(dry_run=True)

    assert (found.articles, found.drift, found.missed_rows, found.is_clean) == (1, 0, 0, True)


def test_waiting_outbox_entries_are_no_drift(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE.mask)

    assert reconcile(dry_run=True).is_clean


@pytest.mark.parametrize("wrong", [0, 1, 7])
def test_a_wrong_total_is_found_and_repaired(article: Article, wrong: int) -> None:
    react(article, "love", "love", "sad")
    ArticleCount.objects.filter(kind=LOVE.bit).update(count=wrong)

    measured = reconcile(dry_run=True)
    untouched = totals(article.id)
    repaired = reconcile()

    assert measured.drift == repaired.drift == abs(wrong - 2)
    assert untouched["love"] == wrong
    assert repaired.repaired == 1
    assert_counts_are_the_rows(article.id)
    assert reconcile(dry_run=True).is_clean


def test_a_total_without_rows_is_repaired_to_zero(article: Article) -> None:
    ArticleCount.objects.create(article_id=article.id, kind=LOVE.bit, count=5)

    reconcile()

    assert totals(article.id) == {"love": 0}


def test_lost_buckets_are_repaired(article: Article) -> None:
    react(article, "love", "love", "sad")
    Bucket.objects.filter(kind=LOVE.bit).delete()

    found = reconcile()

    assert (found.drift, found.bucket_drift) == (0, 2)
    assert_counts_are_the_rows(article.id)


def test_a_repaired_count_is_public_at_once(article: Article) -> None:
    react(article, "love")
    ArticleCount.objects.update(count=100)

    reconcile()

    counts = get_counts(article.id)
    assert counts is not None
    assert counts.total == 1


def test_a_row_without_its_outbox_entry_is_found_and_counted(article: Article) -> None:
    react(article, "love")
    OutboxEntry.objects.all().delete()
    Reaction.objects.update(kinds=pack(["sad"]))

    dry = reconcile(dry_run=True)
    entries_after_dry = OutboxEntry.objects.count()
    wet = reconcile()
    aggregate()

    assert (dry.missed_rows, entries_after_dry, wet.missed_rows) == (1, 0, 1)
    assert totals(article.id) == {"love": 0, "sad": 1}


def test_the_drift_found_is_stored_until_the_next_run(article: Article) -> None:
    react(article, "love", "love")
    ArticleCount.objects.update(count=5)

    reconcile()
    first = Reconciliation.objects.get()
    reconcile()
    second = Reconciliation.objects.get()

    assert (first.drift, first.drifted_articles, first.repaired, first.rows_scanned) == (3, 1, 1, 2)
    assert (second.drift, second.drifted_articles, second.repaired) == (0, 0, 0)
    assert second.ran_at > first.ran_at


def test_the_command_prints_what_it_found_and_a_dry_run_fails(
    article: Article, capsys: pytest.CaptureFixture[str]
) -> None:
    react(article, "love")
    ArticleCount.objects.update(count=3)

    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", dry_run=True)
    call_command("reconcile")

    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert printed.count("rows scanned: 1 in ") == 2
    assert printed.count("articles checked: 1") == 2
    assert printed.count("drift found: 2") == 2
    assert "drift repaired: 0 counts" in printed
    assert "drift repaired: 1 counts" in printed
