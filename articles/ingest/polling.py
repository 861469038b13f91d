"""Polls the feeds of sources: fetches what changed, parses and publishes it, sets the time of the next poll."""

import logging
import random
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from articles.formats import guarded
from articles.formats.story import Mistake, Story, StoryError
from articles.http_client import PUBLIC, AllowedTargets, Fetched, FetchError, fetch
from articles.ingest import Action, ingest_stories
from articles.models import Feed

log = logging.getLogger(__name__)

# A task is stopped after 60 s; the last feed of a round needs up to 20 s to be fetched.
ROUND_SECONDS = 20.0
LEASE = timedelta(minutes=5)  # a feed whose worker died is free again; a fetch ends after 20 s
FIRST_WAIT = 60.0  # seconds after the first failure; doubled by each that follows
LONGEST_WAIT = 24 * 3600.0
SHORTEST_WAIT = 10.0
JITTER = 0.2  # so that feeds which failed together are not polled together
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
ERRORS = 10  # lines of mistakes that are stored


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought."""

    changed: bool
    actions: dict[Action, int]
    mistakes: tuple[str, ...] = ()


def poll_due() -> int:
    """Poll the feeds whose time has come; how many there were.

    Any number of workers may run it at once: one claims each feed, by moving its time on before
    it is fetched, so that no row is locked while a server makes us wait. What was not reached in
    time is left to the next round.
    """
    started, count = time.monotonic(), 0
    while time.monotonic() - started < ROUND_SECONDS and (feed := _claim_due(timezone.now())):
        try:
            poll(feed)
        except Exception:  # a failure of one feed must not delay the others
            log.exception("The feed %s could not be polled.", feed.pk)
        count += 1
    return count


def poll(feed: Feed, *, allowed: AllowedTargets = PUBLIC) -> Poll:
    """Fetch the feed, publish its stories and set the time of the next poll. Raises no error of the feed.

    A story that is refused does not delay the others: its mistake is stored with the feed.
    """
    now = timezone.now()
    try:
        fetched = fetch(
            feed.url,
            etag=feed.etag,
            last_modified=feed.last_modified,
            allowed=_targets(feed.url, allowed),
        )
        result = _publish(feed, fetched)
    except FetchError as failed:
        _note_failure(feed, str(failed), now, wait=failed.retry_after)
        return Poll(False, {}, (str(failed),))
    except StoryError as refused:
        _note_failure(feed, _lines(refused.mistakes), now)
        return Poll(False, {}, tuple(map(str, refused.mistakes)))
    _note_success(feed, fetched, result, now)
    return result


def _targets(url: str, allowed: AllowedTargets) -> AllowedTargets:
    """Loopback, for a test host that FEED_TEST_HOSTS names with its port; no redirect leads to another port there."""
    parts = urlsplit(url)
    if parts.netloc.lower() not in settings.FEED_TEST_HOSTS:
        return allowed
    return AllowedTargets(ports=frozenset({parts.port or 80}), networks=LOOPBACK)


def due(now: datetime) -> QuerySet[Feed]:
    """The feeds whose time has come, the longest waiting first."""
    # Uses index: articles_feeds_due.
    return Feed.objects.filter(active=True, next_poll_at__lte=now).order_by("next_poll_at")


@transaction.atomic
def _claim_due(now: datetime) -> Feed | None:
    rows = due(now).select_for_update(skip_locked=True, of=("self",)).select_related("source")
    feed = rows.first()
    if feed:
        Feed.objects.filter(pk=feed.pk).update(next_poll_at=now + LEASE)
    return feed


def _publish(feed: Feed, fetched: Fetched) -> Poll:
    if fetched.content is None:
        return Poll(False, {})
    mistakes: list[Mistake] = []
    try:
        stories = _read(feed, fetched.content)
    except StoryError as refused:
        if not refused.stories:
            raise
        stories = list(refused.stories)
        mistakes += refused.mistakes
    actions: dict[Action, int] = {}
    for action in _publish_each(feed, stories, mistakes):
        actions[action] = actions.get(action, 0) + 1
    return Poll(True, actions, tuple(map(str, mistakes)))


def _read(feed: Feed, content: bytes) -> list[Story]:
    zone = timezone.get_default_timezone()
    return guarded.read_stories(content, name=feed.url, zone=zone, format_name=feed.format)


def _publish_each(feed: Feed, stories: list[Story], mistakes: list[Mistake]) -> list[Action]:
    """All in one transaction; one by one where one of them is refused."""
    stories = [
        replace(story, source_item_id=story.source_item_id or story.slug) for story in stories
    ]
    try:
        return [outcome.action for outcome in ingest_stories(stories, source=feed.source)]
    except StoryError:
        pass
    actions = []
    for story in stories:
        try:
            actions += [one.action for one in ingest_stories([story], source=feed.source)]
        except StoryError as refused:
            mistakes += refused.mistakes
    return actions


def _note_success(feed: Feed, fetched: Fetched, result: Poll, now: datetime) -> None:
    if result.changed:
        feed.etag, feed.last_modified = fetched.etag, fetched.last_modified
        feed.last_error = "\n".join(result.mistakes[:ERRORS])
    feed.failures = 0
    _save(feed, now, feed.interval_seconds)


def _note_failure(feed: Feed, text: str, now: datetime, *, wait: float | None = None) -> None:
    feed.failures += 1
    feed.last_error = text
    _save(feed, now, max(wait or 0.0, backoff_seconds(feed.failures), feed.interval_seconds))


def backoff_seconds(failures: int) -> float:
    return min(FIRST_WAIT * 2.0 ** min(failures - 1, 20), LONGEST_WAIT)


def _save(feed: Feed, now: datetime, seconds: float) -> None:
    """The jitter only adds: no poll is earlier than requested."""
    jitter = 1 + random.uniform(0, JITTER)  # noqa: S311 -- spreads load; no secret
    feed.polled_at = now
    feed.next_poll_at = now + timedelta(seconds=max(seconds, SHORTEST_WAIT) * jitter)
    feed.save(
        update_fields=[
            "etag",
            "last_modified",
            "failures",
            "last_error",
            "polled_at",
            "next_poll_at",
        ]
    )


def _lines(mistakes: tuple[Mistake, ...]) -> str:
    return "\n".join(str(mistake) for mistake in mistakes[:ERRORS])
