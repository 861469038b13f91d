"""Articles whose aggregation fails: found, repaired where that is possible, else set aside, so that others go on.

A failing batch is halved until the article is alone. Its drift is repaired and its rates are reset; where that does
not help, it is set aside: aggregation leaves its outbox entries and tries it again after a second, then ever more
rarely. Nothing of it is lost meanwhile. docs/operations.md says what an operator does.
"""

import logging
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import Error, transaction

from reactions.counting.reconcile import repair_articles
from reactions.sql import row, rows
from reactions.sql.errors import OF_ALL, Failure, failure_of

logger = logging.getLogger(__name__)

# What one run spends on set-aside articles at most, so that others are counted within a second.
_BUDGET_SECONDS = 0.3
_MOST_RETRIED = 10
_MOST_ERROR = 500  # characters


class AggregationFailed(Exception):
    """A batch of these articles was rolled back, though the database works. The cause is Django's database error."""

    def __init__(self, articles: Sequence[UUID]) -> None:
        super().__init__(f"{len(articles)} articles")
        self.articles = articles


# Counts what waits for these articles and returns the entries counted; raises AggregationFailed.
CountArticles = Callable[[Sequence[UUID]], int]


def narrow(failed: AggregationFailed, count: CountArticles) -> int:
    """Count the articles of a failed batch in ever smaller batches; returns the entries counted.

    The article that fails alone is repaired, or set aside.
    """
    articles = failed.articles
    if len(articles) == 1:
        return _repair(articles[0], failed, count)
    middle = len(articles) // 2
    counted = 0
    for half in filter(None, (articles[:middle], articles[middle:])):
        try:
            counted += count(half)
        except AggregationFailed as again:
            is_one = len(half) == 1
            counted += (
                _repair(half[0], again, count) if is_one else narrow(AggregationFailed(half), count)
            )
    return counted


def retry(count: CountArticles) -> int:
    """Try the set-aside articles that are due again, one by one; returns the entries counted."""
    counted, deadline = 0, time.monotonic() + _BUDGET_SECONDS
    for (article_id,) in rows("list_set_aside", {"most": _MOST_RETRIED}):
        if time.monotonic() > deadline:
            break
        try:
            counted += count([article_id])
        except AggregationFailed as failed:
            counted += _repair(article_id, failed, count)
        else:
            _end(article_id)
    return counted


def _repair(article_id: UUID, failed: AggregationFailed, count: CountArticles) -> int:
    """Repair an article that failed alone and count it; set it aside where it fails again."""
    for remedy in (_repair_drift, _reset_rates):
        error = _cause(failed)
        if failure_of(error) is Failure.BUSY:
            break  # another transaction holds it, and no repair would get further
        logger.warning("Article %s cannot be aggregated, and is repaired: %s", article_id, error)
        try:
            with transaction.atomic():
                remedy(article_id)
            counted = count([article_id])
        except AggregationFailed as again:
            failed = again
        except Error as error_of_remedy:
            if failure_of(error_of_remedy) in OF_ALL:
                raise
        else:
            _end(article_id)
            return counted
    _set_aside(article_id, _cause(failed))
    return 0


def _cause(failed: AggregationFailed) -> Error:
    assert isinstance(failed.__cause__, Error)  # noqa: S101  # raised from one
    return failed.__cause__


def _repair_drift(article_id: UUID) -> None:
    repair_articles([article_id])


def _reset_rates(article_id: UUID) -> None:
    rows("reset_rates", {"article": article_id})


def _set_aside(article_id: UUID, error: Error) -> None:
    found = row("set_aside", {"article": article_id, "error": str(error)[:_MOST_ERROR]})
    failures = found[0] if found else 0
    # A lock that is held for a moment is no fault; one that is held for long is.
    is_fault = failure_of(error) is not Failure.BUSY or failures > 3
    logger.log(
        logging.ERROR if is_fault else logging.WARNING,
        "Article %s is set aside after %s failures, others are counted: %s",
        article_id,
        failures,
        error,
    )


def _end(article_id: UUID) -> None:
    if found := row("end_set_aside", {"article": article_id}):
        logger.warning("Article %s is counted again after %s failures.", article_id, found[0])
