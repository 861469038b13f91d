"""How PostgreSQL plans the statements of an aggregation for a crowd: no list is read again for each of its rows."""

import re

import psycopg
import pytest
from django.db import connection, transaction

from articles.models import Article
from reactions.counting.claim import claim_entries
from reactions.models import CountVersion
from reactions.moderation.moderate import _fragments, _limits
from reactions.sql import statement
from tests.reactions.crowds import NOON, arrive

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 5_000


@pytest.mark.parametrize("name", ["moderate", "aggregate"])
def test_the_claimed_ids_are_one_array_that_is_read_once(article: Article, name: str) -> None:
    """With a cast that PostgreSQL runs for each row, a batch of 20,000 took half a minute."""
    CountVersion.objects.create(article_id=article.id, version=0, counted_at=NOON)
    arrive(article.id, range(READERS))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reactions_reaction, reactions_outboxentry")

    with transaction.atomic():
        claim = claim_entries(most=READERS)
        with psycopg.Cursor(connection.connection) as cursor:
            text = statement(name, tuple(_fragments().items()))
            cursor.execute(
                f"EXPLAIN {text}", {"entries": claim.entries, **_limits()}, prepare=False
            )
            plan = [line for (line,) in cursor.fetchall()]

    conditions = [line for line in plan if re.search(r"\bid = ANY", line)]
    assert claim.count == READERS
    assert conditions
    assert not any("::cstring" in line for line in conditions)
