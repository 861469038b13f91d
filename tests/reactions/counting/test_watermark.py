"""A look at the outbox starts above the entries that are gone, and never above one that lives."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.watermark import Look, Watermark, watermark
from reactions.models import AggregationRun
from reactions.record import set_reactions
from reactions.sql import rows, statement
from tests.races.rival import held_open
from tests.reactions.crowds import LOVE, arrive
from tests.reactions.oracle import totals


def look(*, lowest: int | None = None, last: int, xmin: int, xmax: int) -> Look:
    return Look(lowest, last, xmin, xmax)


def test_the_watermark_follows_once_every_transaction_of_then_has_ended() -> None:
    mark = Watermark()

    mark.note(look(last=50, xmin=100, xmax=110))
    mark.note(look(last=60, xmin=100, xmax=112))
    mark.note(look(last=70, xmin=111, xmax=115))  # one that may commit an id below 50 still runs
    assert mark.id == 0
    mark.note(look(last=80, xmin=112, xmax=118))

    assert mark.id == 50


def test_the_watermark_stays_below_an_entry_that_lives() -> None:
    mark = Watermark()

    for _ in range(3):
        mark.note(look(lowest=7, last=50, xmin=100, xmax=100))

    assert mark.id == 6


@pytest.mark.django_db(transaction=True)
def test_an_empty_outbox_costs_a_few_pages_while_a_snapshot_is_open(article: Article) -> None:
    """A backup holds a snapshot: the entries that were deleted since stay in the index."""
    watermark.reset()
    with held_open(hold_a_snapshot):
        arrive(article.id, range(5_000))
        aggregate()
        from_the_start = pages_of_a_look()
        for _ in range(3):
            aggregate()
        above_the_watermark = pages_of_a_look()
        note_aggregation_now()
        of_a_probe = pages_of("aggregation_progress"), pages_of("backlog")
        arrive(article.id, [7])
        assert aggregate() == 1

    assert from_the_start > 100
    assert above_the_watermark < 20
    assert max(of_a_probe) < 20


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_is_not_passed(article: Article) -> None:
    watermark.reset()
    late = uuid4()
    with held_open(
        lambda: set_reactions(article_id=article.id, reader_id=late, kinds=LOVE), commits=True
    ):
        for network in range(5):
            arrive(article.id, [network])
            aggregate()
        assert totals(article.id) == {"love": 5}

    aggregate()

    assert totals(article.id) == {"love": 6}


def hold_a_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM reactions_outboxentry")


def note_aggregation_now() -> None:
    AggregationRun.objects.all().delete()
    rows("note_aggregation", {"watermark": watermark.id})


def pages_of_a_look() -> int:
    """The pages that a claim reads where the outbox is empty."""
    parameters = {"most": 20_000, "without": [], "only": None}
    return pages_of("claim", {**parameters, "after": watermark.id, "unshared": 3})


def pages_of(name: str, parameters: dict[str, object] | None = None) -> int:
    """The pages that a statement reads."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement(name)}", parameters)
        ((((plan,),)),) = cursor.fetchall()
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
