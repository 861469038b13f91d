"""What an erased reader leaves behind, and what a reader's own export says of moderation."""

from uuid import UUID, uuid4

import pytest
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import Reaction, Wave
from reactions.moderation.decisions import apply_decisions, release_wave, void_wave
from reactions.record import erase_reader, export_reader, set_reactions
from tests.conftest import PublishArticle
from tests.reactions.crowds import LOVE, arrive, set_limits
from tests.reactions.oracle import totals


def held_ones(article: Article) -> list[UUID]:
    return list(
        Reaction.objects.filter(article_id=article.id, held=True).values_list(
            "reader_id", flat=True
        )
    )


def test_a_wave_is_as_large_as_the_readers_in_it_who_are_not_erased(
    publish_article: PublishArticle, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    article, other = publish_article(), publish_article()
    for each in (article, other):
        arrive(each.id, [7] * 6)
    aggregate()
    counted = Reaction.objects.filter(article_id=article.id, held=False).get().reader_id

    for reader in (counted, *held_ones(article)[:2]):
        erase_reader(reader_id=reader)
    sizes = dict(Wave.objects.values_list("article_id", "size"))
    released = release_wave(wave_id=Wave.objects.get(article_id=article.id).pk, editor="ada")
    aggregate()

    assert sizes == {article.id: 3, other.id: 5}
    assert released == 3
    assert totals(article.id) == {"love": 3}


def test_an_erased_row_keeps_nothing_of_what_the_reader_chose(
    article: Article, reader_id: UUID
) -> None:
    for kinds in (LOVE, pack(["sad"])):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds)

    erase_reader(reader_id=reader_id)

    row = Reaction.objects.get()
    assert row.reader_id != reader_id
    assert (row.kinds, row.previous, row.erased) == (0, 0, True)


@pytest.mark.parametrize(
    ("decide", "says_held"), [(None, False), (release_wave, False), (void_wave, True)]
)
def test_the_export_of_a_reader_says_held_once_the_wave_is_decided(
    article: Article, settings: Settings, decide: object, says_held: bool
) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, [7] * 3)
    aggregate()
    readers = held_ones(article)

    if callable(decide):
        decide(wave_id=Wave.objects.get().pk, editor="ada")
        apply_decisions()
        aggregate()

    assert [export_reader(reader_id=reader)[0].held for reader in readers] == [says_held] * 2


def test_the_export_of_a_reader_who_was_never_held_says_so_after_a_decision(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    (counted, *_) = arrive(article.id, [7] * 3)
    aggregate()
    void_wave(wave_id=Wave.objects.get().pk, editor="ada")
    apply_decisions()

    assert [stored.held for stored in export_reader(reader_id=counted)] == [False]
    assert export_reader(reader_id=uuid4()) == []
