"""Articles whose aggregation fails: found, repaired where that is possible, else set aside, so that others go on.

A failing batch is halved until the article is alone. An article of which another transaction holds something is set
aside for moments, and tried again together with others. One that fails for another reason is repaired: its drift is
taken out, then its rates are deleted; where that does not help, it is set aside for ever longer. Nothing of it is lost
meanwhile. docs/operations.md says what an operator does.
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

# What one run spends on failing articles at most, so that others are counted within a second. What it does not reach
# is left to the next run.
_BUDGET_SECONDS = 0.5
_MOST_RETRIED = 1_000
_MOST_ERROR = 500  # characters
# Failures of an article whose lock is held, after which it is no longer a matter of moments.
_MANY_FAILURES = 10


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
    return _narrow(failed, count, time.monotonic() + _BUDGET_SECONDS)


def retry(count: CountArticles) -> int:
    """Try the set-aside articles that are due again; returns the entries counted."""
    due = [article_id for (article_id,) in rows("list_set_aside", {"most": _MOST_RETRIED})]
    if not due:
        return 0
    return _count_or_narrow(due, count, time.monotonic() + _BUDGET_SECONDS)


def _narrow(failed: AggregationFailed, count: CountArticles, deadline: float) -> int:
    articles = failed.articles
    if len(articles) == 1:
        return _repair(articles[0], failed, count)
    middle = len(articles) // 2
    halves = (articles[:middle], articles[middle:])
    return sum(_count_or_narrow(half, count, deadline) for half in halves if half)


def _count_or_narrow(articles: Sequence[UUID], count: CountArticles, deadline: float) -> int:
    if time.monotonic() > deadline:
        return 0
    try:
        counted = count(articles)
    except AggregationFailed as failed:
        smaller = AggregationFailed(articles)
        smaller.__cause__ = failed.__cause__
        return _narrow(smaller, count, deadline)
    _end(articles)
    return counted


def _repair(article_id: UUID, failed: AggregationFailed, count: CountArticles) -> int:
    """Set an article that failed alone aside; repair it and count it, where a repair helps."""
    error = _cause(failed)
    failures = _set_aside(article_id, error)
    if failure_of(error) is Failure.BUSY:
        return 0  # another transaction holds it, and no repair would get further
    for remedy in _remedies(error, failures):
        try:
            with transaction.atomic():
                has_repaired = remedy(article_id)
            counted = count([article_id]) if has_repaired else 0
        except AggregationFailed as again:
            logger.warning("Article %s is repaired and fails again: %s", article_id, _cause(again))
        except Error as error_of_remedy:
            if failure_of(error_of_remedy) in OF_ALL:
                raise
        else:
            if has_repaired:
                _end([article_id])
                return counted
    return 0


def _remedies(error: Error, failures: int) -> tuple[Callable[[UUID], int], ...]:
    """A value that is out of range may be a rate. Rates are reset once: each network may then bring another limit."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    may_be_a_rate = state.startswith("22") and failures == 1
    return (_repair_drift, _reset_rates) if may_be_a_rate else (_repair_drift,)


def _cause(failed: AggregationFailed) -> Error:
    assert isinstance(failed.__cause__, Error)  # noqa: S101  # raised from one
    return failed.__cause__


def _repair_drift(article_id: UUID) -> int:
    """The counts repaired; 0 where there is no drift, or another repair runs."""
    return repair_articles([article_id])


def _reset_rates(article_id: UUID) -> int:
    ((deleted,),) = rows("reset_rates", {"article": article_id})
    return int(deleted)


def _set_aside(article_id: UUID, error: Error) -> int:
    """Set an article aside; returns how often it has failed."""
    is_busy = failure_of(error) is Failure.BUSY
    found = row(
        "set_aside",
        {"article": article_id, "error": str(error)[:_MOST_ERROR], "is_busy": is_busy},
    )
    failures = int(found[0]) if found else 1
    # A lock that is held for a moment is no fault; one that is held for long is.
    is_fault = failures % _MANY_FAILURES == 0 if is_busy else True
    logger.log(
        logging.ERROR if is_fault else logging.INFO,
        "Article %s is set aside (failure %s), others are counted: %s",
        article_id,
        failures,
        error,
    )
    return failures


def _end(article_ids: Sequence[UUID]) -> None:
    for article_id, failures in rows("end_set_aside", {"articles": list(article_ids)}):
        logger.warning(
            "Article %s is no longer set aside, after %s failures.", article_id, failures
        )
