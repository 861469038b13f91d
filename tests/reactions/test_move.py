"""Reactions that move to another article or to another reader: one choice a reader, and counts by aggregation alone."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from reactions import move
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.kinds import pack
from reactions.models import (
    ArticleCount,
    CountVersion,
    ImportedCount,
    NetworkRate,
    OutboxEntry,
    Reaction,
    Wave,
)
from reactions.moderation.decisions import apply_decisions, release_wave
from reactions.move import adopt_reactions, merge_batch, merge_reactions
from reactions.record import erase_reader, set_reactions
from tests.conftest import PublishArticle
from tests.reactions.crowds import LOVE, NOON, arrive, from_anywhere, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, totals

SAD, WOW, OLD = pack(["sad"]), pack(["wow"]), 1 << 30  # the last: a kind of another release


@pytest.fixture
def two(publish_article: PublishArticle) -> tuple[UUID, UUID]:
    """The article that is merged away, and the other one."""
    return publish_article().id, publish_article().id


def chosen(article_id: UUID) -> dict[UUID, int]:
    of_article = Reaction.objects.filter(article_id=article_id, erased=False)
    return dict(of_article.values_list("reader_id", "kinds"))


def react(article_id: UUID, kinds: int, reader: UUID | None = None) -> UUID:
    reader = reader or uuid4()
    set_reactions(article_id=article_id, reader_id=reader, kinds=kinds, signals=from_anywhere())
    return reader


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_merge_moves_every_row_and_counts_each_reader_once(
    two: tuple[UUID, UUID], is_counted: bool
) -> None:
    old, new = two
    on_old, on_new, on_both = react(old, LOVE), react(new, SAD), react(old, LOVE)
    react(new, WOW, on_both)
    if is_counted:
        aggregate()

    moved = merge_reactions(article_id=old, into_id=new)
    before = reconcile(dry_run=True)
    aggregate()

    assert moved == 2
    assert before.is_clean
    assert chosen(new) == {on_old: LOVE, on_new: SAD, on_both: WOW}
    assert not Reaction.objects.filter(article_id=old).exists()
    assert not any(totals(old).values())
    assert_counts_are_the_rows(new, expected=[LOVE, SAD, WOW])
    assert not OutboxEntry.objects.exists()
    assert reconcile(dry_run=True).is_clean


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (("old", LOVE), ("new", SAD), SAD),
        (("new", SAD), ("old", LOVE), LOVE),
        (("new", SAD), ("old", 0), SAD),
        (("old", LOVE), ("new", 0), LOVE),
        (("old", LOVE | OLD), ("new", 0), LOVE | OLD),
    ],
)
def test_the_newest_choice_that_is_not_empty_stays(
    two: tuple[UUID, UUID], first: tuple[str, int], second: tuple[str, int], kept: int
) -> None:
    article, reader = dict(zip(("old", "new"), two, strict=True)), uuid4()
    for minutes, (name, kinds) in enumerate([first, second]):
        when = NOON + timedelta(minutes=minutes)
        Reaction.objects.create(
            article_id=article[name], reader_id=reader, kinds=kinds, changed_at=when
        )

    merge_reactions(article_id=article["old"], into_id=article["new"])

    assert chosen(article["new"]) == {reader: kept}
    assert chosen(article["old"]) == {}


def test_of_two_equally_old_choices_that_of_the_other_article_stays(
    two: tuple[UUID, UUID], reader_id: UUID
) -> None:
    for article_id, kinds in zip(two, (LOVE, SAD), strict=True):
        Reaction.objects.create(
            article_id=article_id, reader_id=reader_id, kinds=kinds, changed_at=NOON
        )

    merge_reactions(article_id=two[0], into_id=two[1])

    assert chosen(two[1]) == {reader_id: SAD}


def test_a_set_of_several_kinds_moves_as_a_whole_and_the_time_of_the_choice_with_it(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    settings.REACTIONS_PER_READER = 3
    reader = react(two[0], LOVE | SAD | WOW)
    settings.REACTIONS_PER_READER = 1
    changed_at = Reaction.objects.get().changed_at

    merge_reactions(article_id=two[0], into_id=two[1])
    aggregate()

    moved = Reaction.objects.get()
    assert (moved.article_id, moved.reader_id, moved.changed_at) == (two[1], reader, changed_at)
    assert_counts_are_the_rows(two[1], expected=[LOVE | SAD | WOW])


def test_an_empty_row_moves_where_the_reader_has_none(two: tuple[UUID, UUID]) -> None:
    reader = react(two[0], LOVE)
    react(two[0], 0, reader)
    aggregate()

    merge_reactions(article_id=two[0], into_id=two[1])
    aggregate()

    assert chosen(two[1]) == {reader: 0}


def test_a_first_reaction_is_moderated_once_by_its_own_signals(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    set_limits(settings, network_story=2)
    old, new = two
    arrive(old, [7] * 3)

    merge_reactions(article_id=old, into_id=new)
    aggregate()

    assert totals(new) == {"love": 2}
    assert Wave.objects.get().article_id == new
    assert NetworkRate.objects.get().in_hour == 3


def test_a_first_reaction_in_place_of_a_held_one_stays_held(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    old, new = two
    arrive(new, [7] * 2)
    aggregate()
    held = Reaction.objects.get(held=True)
    react(old, SAD, held.reader_id)

    merge_reactions(article_id=old, into_id=new)
    aggregate()

    assert chosen(new)[held.reader_id] == SAD
    assert totals(new) == {"love": 1}
    assert Wave.objects.get().size == 1
    assert not OutboxEntry.objects.exists()


def test_a_held_reaction_in_place_of_one_that_waits_for_moderation_stays_held(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    old, new = two
    arrive(old, [7] * 2)
    aggregate()
    held = Reaction.objects.get(held=True)
    arrive(new, [8])
    waiting = Reaction.objects.filter(article_id=new, held=False)
    waiting.update(reader_id=held.reader_id, changed_at=held.changed_at - timedelta(seconds=1))
    OutboxEntry.objects.update(reader_id=held.reader_id)

    merge_reactions(article_id=old, into_id=new)
    aggregate()

    moved = Reaction.objects.get(article_id=new, reader_id=held.reader_id)
    assert (moved.held, moved.wave_id) == (True, held.wave_id)
    assert not NetworkRate.objects.filter(article_id=new).exists()
    assert totals(new) == {"love": 1}


def test_held_rows_stay_in_their_wave_which_an_editor_releases_once(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    old, new = two
    arrive(old, [7] * 4)
    arrive(new, [7] * 3)
    aggregate()

    merge_reactions(article_id=old, into_id=new)
    aggregate()
    held = totals(new)
    waves = Wave.objects.order_by("-size")
    sizes = [(wave.article_id, wave.size) for wave in waves]
    release_wave(wave_id=waves[0].pk, editor="ada")
    apply_decisions()
    aggregate()

    assert held == {"love": 2}
    assert sizes == [(new, 3), (new, 2)]
    assert totals(new) == {"love": 5}
    assert reconcile(dry_run=True).is_clean


@pytest.mark.parametrize("newest_on", ["old", "new"])
def test_a_row_that_is_dropped_leaves_its_wave(
    two: tuple[UUID, UUID], settings: Settings, newest_on: str
) -> None:
    set_limits(settings, network_story=1)
    old, new = two
    arrive(old, [7] * 2, at=NOON + timedelta(minutes=newest_on == "old"))
    aggregate()
    reader = Reaction.objects.get(held=True).reader_id
    arrive(new, [7] * 2)
    (second, _) = Reaction.objects.filter(article_id=new)
    OutboxEntry.objects.filter(reader_id=second.reader_id).update(reader_id=reader)
    Reaction.objects.filter(reader_id=second.reader_id).update(reader_id=reader)
    aggregate()
    sizes_before = sorted(Wave.objects.values_list("size", flat=True))

    merge_reactions(article_id=old, into_id=new)
    aggregate()

    held = Reaction.objects.filter(article_id=new, held=True)
    assert sizes_before in ([1], [1, 1])
    assert sum(Wave.objects.values_list("size", flat=True)) == held.count()
    for wave in Wave.objects.all():
        assert held.filter(wave_id=wave.pk).count() == wave.size


def test_the_rows_of_erased_readers_stay_for_aggregation_to_remove(two: tuple[UUID, UUID]) -> None:
    reader = react(two[0], LOVE)
    aggregate()
    erase_reader(reader_id=reader)

    moved = merge_reactions(article_id=two[0], into_id=two[1])
    aggregate()

    assert moved == 0
    assert not Reaction.objects.exists()
    assert totals(two[0]) == {"love": 0}


def test_a_merge_in_batches_goes_on_where_it_was_stopped(
    two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(two[0], range(25))
    merge_batch(article_id=two[0], into_id=two[1], most=10)
    assert len(chosen(two[1])) == 10
    original = move.merge_batch
    monkeypatch.setattr(move, "merge_batch", lambda **kw: original(**kw, most=4))

    moved = merge_reactions(article_id=two[0], into_id=two[1])
    again = merge_reactions(article_id=two[0], into_id=two[1])
    aggregate()

    assert (moved, again) == (15, 0)
    assert_counts_are_the_rows(two[1], expected=[LOVE] * 25)
    assert not Reaction.objects.filter(article_id=two[0]).exists()


def test_imported_counts_are_added_up_by_source_exactly_once(two: tuple[UUID, UUID]) -> None:
    old, new = two
    for article_id, source, count in ((old, "waline", 5), (new, "waline", 2), (old, "isso", 3)):
        ImportedCount.objects.create(
            article_id=article_id, source=source, kind=0, count=count, imported_at=NOON
        )

    for _ in range(2):
        merge_reactions(article_id=old, into_id=new)

    counts = ImportedCount.objects.values_list("article_id", "source", "count")
    assert set(counts) == {(new, "waline", 7), (new, "isso", 3)}
    assert set(CountVersion.objects.values_list("version", flat=True)) == {1}


def test_a_guest_who_signs_in_keeps_one_reaction_to_each_article(
    two: tuple[UUID, UUID], publish_article: PublishArticle
) -> None:
    guest, account, third = uuid4(), uuid4(), publish_article().id
    react(two[0], LOVE, guest)
    react(two[1], LOVE, guest)
    react(two[1], SAD, account)
    react(third, WOW, account)
    aggregate()
    react(two[0], SAD, uuid4())

    moved = adopt_reactions(guest_id=guest, account_id=account)
    before = reconcile(dry_run=True)
    again = adopt_reactions(guest_id=guest, account_id=account)
    aggregate()

    assert (moved, again, before.is_clean) == (2, 0, True)
    of_account = Reaction.objects.filter(reader_id=account).values_list("article_id", "kinds")
    assert dict(of_account) == {two[0]: LOVE, two[1]: SAD, third: WOW}
    assert not Reaction.objects.filter(reader_id=guest).exists()
    assert_counts_are_the_rows(two[0], expected=[LOVE, SAD])
    assert_counts_are_the_rows(two[1], expected=[SAD])


def test_a_guest_and_an_account_of_one_wave_leave_one_row_in_it(
    two: tuple[UUID, UUID], settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    arrive(two[0], [7] * 3, every=timedelta(seconds=1))
    aggregate()
    account, guest = (
        row.reader_id for row in Reaction.objects.filter(held=True).order_by("changed_at")
    )

    adopt_reactions(guest_id=guest, account_id=account)
    aggregate()

    assert Reaction.objects.get(held=True).reader_id == account
    assert Wave.objects.get().size == 1


def test_a_reader_who_adopts_their_own_reactions_keeps_them(two: tuple[UUID, UUID]) -> None:
    reader = react(two[0], LOVE)

    assert adopt_reactions(guest_id=reader, account_id=reader) == 0
    assert chosen(two[0]) == {reader: LOVE}


def test_no_count_of_the_merged_article_falls_below_zero(two: tuple[UUID, UUID]) -> None:
    for _ in range(3):
        react(two[0], LOVE)
    aggregate()

    merge_reactions(article_id=two[0], into_id=two[1])
    while OutboxEntry.objects.exists():
        with transaction.atomic():
            aggregate()
        assert ArticleCount.objects.filter(count__lt=0).count() == 0

    assert totals(two[0]) == {"love": 0}
    assert totals(two[1]) == {"love": 3}
