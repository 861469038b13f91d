"""Imports while readers react, aggregations run and counts go to Redis."""

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from reactions.counting.aggregate import aggregate
from reactions.counting.imported_counts import import_counts
from reactions.counting.reconcile import reconcile
from reactions.counts import get_counts
from reactions.import_formats.counters import Counters
from reactions.kinds import KINDS, unpack
from reactions.models import ImportedCount, Reaction
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import on_a_connection_of_its_own
from tests.reactions.crowds import from_anywhere
from tests.reactions.oracle import count_by_key

pytestmark = pytest.mark.django_db(transaction=True)


def test_imports_while_readers_react_lose_and_double_nothing(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(3)]

    def react(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            set_reactions(
                article_id=chance.choice(articles).id,
                reader_id=UUID(int=chance.randrange(30)),
                kinds=chance.choice(KINDS).mask,
                signals=from_anywhere(),
            )
            aggregate()

    def keep_importing(seed: int) -> None:
        for count in [*range(20), 100]:
            entries = [
                Counters(f"line {line}", article.slug, {"love": count, "sad": count})
                for line, article in enumerate(random.Random(seed).sample(articles, 3), start=2)
            ]
            import_counts(
                entries=entries,
                source=f"source {seed % 2}",
                kinds={"love": "love", "sad": "sad"},
                addresses={},
            )

    with ThreadPoolExecutor(7) as pool:
        acts = [
            pool.submit(on_a_connection_of_its_own, lambda act=act, n=n: act(n))
            for act in (react, keep_importing)
            for n in range(3)
        ]
        for act in acts:
            act.result()
    aggregate()

    assert reconcile(dry_run=True).is_clean
    assert set(ImportedCount.objects.values_list("count", flat=True)) == {100}
    for article in articles:
        rows = Reaction.objects.filter(article_id=article.id).values_list("kinds", flat=True)
        expected = count_by_key(rows)
        for key in unpack(0b100100):  # love and sad, from two sources
            expected[key] += 200
        public = get_counts(article.id)
        assert public is not None
        assert public.counts == expected
