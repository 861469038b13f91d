"""The expected counts, computed from the rows in plain Python."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from reactions.counts import get_counts
from reactions.kinds import KINDS, unpack
from reactions.models import ArticleCount, Bucket, Reaction


def totals(article_id: UUID) -> dict[str, int]:
    """The stored counts by kind key."""
    key_of = {kind.bit: kind.key for kind in KINDS}
    rows = ArticleCount.objects.filter(article_id=article_id).values_list("kind", "count")
    return {key_of[kind]: count for kind, count in rows}


def count_by_key(sets: Iterable[int]) -> dict[str, int]:
    counted = Counter(key for kinds in sets for key in unpack(kinds))
    return {kind.key: counted[kind.key] for kind in KINDS}


def assert_counts_are_the_rows(article_id: UUID, *, expected: Iterable[int] | None = None) -> None:
    """Rows, totals, buckets and the public answer agree, once everything is aggregated."""
    rows = Reaction.objects.filter(article_id=article_id)
    truth = count_by_key(rows.filter(held=False).values_list("kinds", flat=True))
    if expected is not None:
        assert truth == count_by_key(expected)
    assert count_by_key(rows.values_list("counted", flat=True)) == truth
    stored = totals(article_id)
    assert {kind.key: stored.get(kind.key, 0) for kind in KINDS} == truth
    balance = Counter[int]()
    for kind, added, removed in Bucket.objects.filter(article_id=article_id).values_list(
        "kind", "added", "removed"
    ):
        balance[kind] += added - removed
    assert {kind.key: balance[kind.bit] for kind in KINDS} == truth
    public = get_counts(article_id)
    assert public is not None
    assert public.counts == truth
