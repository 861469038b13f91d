"""A scan of the outbox starts above the entries that are gone, and never above one that lives."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.watermark import Scan, Watermark, watermark
from reactions.models import AggregationRun, Reaction
from reactions.record import set_reactions
from reactions.sql import rows, statement
from tests.races.rival import held_open
from tests.reactions.crowds import LOVE, arrive


def test_the_watermark_follows_once_every_transaction_of_then_has_ended() -> None:
    waterline = Watermark()

    waterline.note(Scan(lowest=None, last=50, xmin=100, xid=None))
    waterline.note(Scan(lowest=None, last=60, xmin=100, xid=112))
    waterline.note(Scan(lowest=None, last=70, xmin=111, xid=None))  # one may commit an id below 50
    assert waterline.id == 0
    waterline.note(Scan(lowest=None, last=80, xmin=113, xid=None))

    assert waterline.id == 50


def test_the_watermark_stays_below_an_entry_that_lives() -> None:
    waterline = Watermark()

    for xid in (None, 100, None):
        waterline.note(Scan(lowest=7, last=50, xmin=101, xid=xid))

    assert waterline.id == 6


def test_the_watermark_falls_back_after_a_while_for_a_database_that_was_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waterline = Watermark()
    for xid in (None, 100, None):
        waterline.note(Scan(lowest=None, last=50, xmin=101, xid=xid))
    raised = waterline.id

    monkeypatch.setattr("reactions.counting.watermark.time.monotonic", lambda: float("inf"))

    assert (raised, waterline.id) == (50, 0)


@pytest.mark.django_db(transaction=True)
def test_an_empty_outbox_costs_a_few_pages_while_a_snapshot_is_open(article: Article) -> None:
    """A backup holds a snapshot: the entries that were deleted since stay in the index."""
    watermark.reset()
    with held_open(hold_a_snapshot):
        arrive(article.id, range(5_000))
        aggregate()
        from_the_start = pages_of_a_scan()
        for _ in range(3):
            aggregate()
        above_the_watermark = pages_of_a_scan()
        note_aggregation_now()
        of_a_probe = pages_of("aggregation_progress"), pages_of("backlog")
        arrive(article.id, [7])
        assert aggregate() == 1

    assert from_the_start > 100
    assert above_the_watermark < 20
    assert max(of_a_probe) < 20


@pytest.mark.parametrize("others", [5, 0], ids=["while others react", "on a quiet site"])
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_is_not_passed(article: Article, others: int) -> None:
    watermark.reset()
    late = uuid4()
    with held_open(
        lambda: set_reactions(article_id=article.id, reader_id=late, kinds=LOVE), commits=True
    ):
        for network in range(8):
            arrive(article.id, [network][:others])
            aggregate()

    aggregate()

    assert Reaction.objects.get(reader_id=late).counted == LOVE


def hold_a_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM reactions_outboxentry")


def note_aggregation_now() -> None:
    AggregationRun.objects.all().delete()
    rows("note_aggregation", {"watermark": watermark.id})


def pages_of_a_scan() -> int:
    """The pages that a claim reads where the outbox is empty."""
    parameters = {"most": 20_000, "without": [], "only": None}
    return pages_of(
        "claim", {**parameters, "after": watermark.id, "unshared": 3, "needs_xid": False}
    )


def pages_of(name: str, parameters: dict[str, object] | None = None) -> int:
    """The pages that a statement reads."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement(name)}", parameters)
        ((((plan,),)),) = cursor.fetchall()
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
