"""A kind that a newer release has added, counted by a worker that does not know it: while a restart rolls."""

from uuid import UUID

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.counts import get_counts
from reactions.kinds import KINDS, pack
from reactions.models import ArticleCount, Bucket, OutboxEntry, Reaction
from reactions.record import set_reactions

LOVE = pack(["love"])
NEW, HIGHEST = 7, 30


def choose(article: Article, reader_id: UUID, kinds: int) -> None:
    """As a web process of the newer release records it."""
    Reaction.objects.filter(article_id=article.id, reader_id=reader_id).update(kinds=kinds)
    OutboxEntry.objects.create(article_id=article.id, reader_id=reader_id)


def counted(article: Article) -> dict[int, int]:
    found = ArticleCount.objects.filter(article_id=article.id, count__gt=0)
    return dict(found.values_list("kind", "count"))


def test_a_kind_of_a_newer_release_is_counted_by_its_bit(article: Article, reader_id: UUID) -> None:
    assert not {NEW, HIGHEST} & {kind.bit for kind in KINDS}
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    aggregate()

    choose(article, reader_id, LOVE | 1 << NEW | 1 << HIGHEST)
    aggregate()

    assert counted(article) == {2: 1, NEW: 1, HIGHEST: 1}
    assert Bucket.objects.get(article_id=article.id, kind=HIGHEST).added == 1
    assert reconcile().is_clean
    public = get_counts(article.id)
    assert public
    assert public.total == 1
    choose(article, reader_id, LOVE)
    aggregate()
    assert counted(article) == {2: 1}


def test_drift_of_such_a_kind_is_found_and_repaired(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    choose(article, reader_id, 1 << NEW)
    aggregate()
    ArticleCount.objects.filter(kind=NEW).update(count=9)

    found = reconcile()

    assert (found.drift, found.repaired) == (8, 1)
    assert counted(article) == {NEW: 1}
