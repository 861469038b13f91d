from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from articles.models import Article
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.kinds import BY_KEY, pack
from reactions.models import ArticleCount, Bucket, CountVersion, OutboxEntry, Reaction
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.profiles import examples
from tests.reactions.crowds import arrive
from tests.reactions.oracle import assert_counts_are_the_rows, totals

LOVE, SAD = pack(["love"]), pack(["sad"])


def test_a_reaction_is_counted_once(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    claimed = [aggregate(), aggregate()]

    assert claimed == [1, 0]
    assert totals(article.id) == {"love": 1}
    assert Reaction.objects.get().counted == LOVE
    assert CountVersion.objects.get().version == 1


def test_several_changes_between_two_aggregations_are_counted_as_one(
    article: Article, reader_id: UUID
) -> None:
    for kinds in (LOVE, SAD, LOVE, 0, SAD):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds)

    claimed = aggregate()

    assert claimed == 5
    assert totals(article.id) == {"sad": 1}


def test_an_outbox_entry_without_a_row_is_deleted(db: None) -> None:
    OutboxEntry.objects.create(article_id=uuid4(), reader_id=uuid4())

    assert aggregate() == 0
    assert not OutboxEntry.objects.exists()
    assert not ArticleCount.objects.exists()


def test_a_held_row_counts_for_nothing_and_a_released_one_counts(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    Reaction.objects.update(held=True)
    aggregate()
    while_held = totals(article.id)

    Reaction.objects.update(held=False)
    OutboxEntry.objects.create(article_id=article.id, reader_id=reader_id)
    aggregate()

    assert while_held == {}
    assert totals(article.id) == {"love": 1}


def test_a_batch_claims_the_oldest_entries_and_leaves_the_rest(article: Article) -> None:
    readers = [uuid4() for _ in range(5)]
    for reader in readers:
        set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE)

    claimed = aggregate_batch(most=3)

    assert claimed.entries == 3
    assert (
        list(OutboxEntry.objects.order_by("id").values_list("reader_id", flat=True)) == readers[3:]
    )
    assert totals(article.id) == {"love": 3}


def test_a_crowd_is_aggregated_with_hot_updates(article: Article) -> None:
    """The update of each row fits into the row's own page (a HOT update), so no index is written again."""
    arrive(article.id, range(500))
    before = _updates()

    aggregate_batch()

    updates, in_their_page = (now - then for now, then in zip(_updates(), before, strict=True))
    assert updates == in_their_page == 500


def _updates() -> tuple[int, int]:
    """Updates of reactions by this connection: all, and the HOT ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_upd), sum(n_tup_hot_upd) FROM pg_stat_xact_user_tables"
            " WHERE relid IN (SELECT relid FROM pg_partition_tree('reactions_reaction'))"
        )
        found: tuple[int, int] = cursor.fetchone()
    return found


def test_a_count_never_goes_below_zero(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    aggregate()

    with pytest.raises(IntegrityError, match="would be -1"), transaction.atomic():
        ArticleCount.objects.update(count=-1)


def test_changes_are_bucketed_by_the_quarter_of_an_hour_in_which_readers_made_them(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    Reaction.objects.update(changed_at="2024-12-08T09:44:59Z")
    aggregate()
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    Reaction.objects.update(changed_at="2024-12-08T09:45:00Z")
    aggregate()

    buckets = Bucket.objects.order_by("start", "kind").values_list(
        "start", "kind", "added", "removed"
    )

    assert [
        (f"{start:%H:%M}", kind, added, removed) for start, kind, added, removed in buckets
    ] == [
        ("09:30", BY_KEY["love"].bit, 1, 0),
        ("09:45", BY_KEY["love"].bit, 0, 1),
        ("09:45", BY_KEY["sad"].bit, 1, 0),
    ]


@examples(0.1, HealthCheck.function_scoped_fixture)
@given(
    acts=st.lists(
        st.one_of(
            st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from([0, LOVE, SAD, 1, 64])),
            st.just("aggregate"),
        ),
        max_size=40,
    )
)
def test_counts_are_the_rows_after_any_sequence(
    publish_article: PublishArticle, acts: list[tuple[int, int, int] | str]
) -> None:
    articles = [publish_article(), publish_article()]
    readers = [uuid4() for _ in range(4)]
    model: dict[tuple[UUID, UUID], int] = {}

    for act in acts:
        if isinstance(act, str):
            aggregate()
            continue
        reader, article, kinds = readers[act[0]], articles[act[1]].id, act[2]
        change = set_reactions(article_id=article, reader_id=reader, kinds=kinds)
        assert change.previous == model.get((article, reader), 0)
        model[article, reader] = kinds
    aggregate()

    for each in articles:
        expected = [kinds for (article, _), kinds in model.items() if article == each.id]
        assert_counts_are_the_rows(each.id, expected=expected)
