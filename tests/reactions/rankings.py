"""Reactions of the last days for tests of the public rankings, without the readers who made them."""

from datetime import UTC, datetime, timedelta

from articles.models import Article
from reactions.cache import redis
from reactions.cache.redis_keys import ranking, ranking_turn
from reactions.kinds import KINDS
from reactions.models import Bucket
from reactions.stats.public_rankings import clear_public_rankings


def count(
    article: Article,
    came: int,
    *,
    left: int = 0,
    kind: str = "love",
    ago: timedelta = timedelta(hours=3),
) -> Article:
    """The bucket of a quarter of an hour in which so many came and left."""
    moment = datetime.now(UTC) - ago
    Bucket.objects.create(
        article_id=article.pk,
        start=moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0),
        kind=next(each.bit for each in KINDS if each.key == kind),
        added=came,
        removed=left,
    )
    return article


def forget_rankings() -> None:
    """In this process and in Redis, which the tests share."""
    clear_public_rankings()
    for kind in KINDS:
        redis.client().delete(ranking(kind.key), ranking_turn(kind.key))
