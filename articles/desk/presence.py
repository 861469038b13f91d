"""Who has an article's form open. In Redis, for seconds; without Redis nobody is shown, and nothing else changes."""

import logging
import time
from functools import cache
from uuid import UUID

import redis
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

# The form calls every 15 seconds, so two calls may be lost.
PRESENT_SECONDS = 45
# A page must not wait for a Redis that does not answer.
_TIMEOUT_SECONDS = 0.25


def enter(*, article_id: UUID, user: AbstractBaseUser) -> list[str]:
    """Note that the user has the form open; returns the names of the others who do."""
    key, now = _key(article_id), time.time()
    try:
        with _client(settings.REDIS_URL).pipeline(transaction=False) as pipeline:
            pipeline.zremrangebyscore(key, "-inf", now - PRESENT_SECONDS)
            pipeline.zadd(key, {str(user.pk): now})
            pipeline.expire(key, PRESENT_SECONDS)
            pipeline.zrange(key, 0, -1)
            present: list[str] = pipeline.execute()[-1]
    except RedisError as error:
        log.warning("Redis does not say who else edits the story: %s", error)
        return []
    return _names([int(each) for each in present if each != str(user.pk)])


def leave(*, article_id: UUID, user: AbstractBaseUser) -> None:
    """Note that the user has closed the form."""
    try:
        _client(settings.REDIS_URL).zrem(_key(article_id), str(user.pk))
    except RedisError as error:
        log.warning("Redis does not store who has left the story: %s", error)


def describe(names: list[str]) -> str:
    """The sentence about others for the form; empty where the user is alone."""
    if not names:
        return ""
    *others, last = names
    people = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return f"{people} editing this story, too."


def _names(ids: list[int]) -> list[str]:
    if not ids:
        return []
    users = User.objects.filter(pk__in=ids)
    return sorted(user.get_full_name() or user.get_username() for user in users)


def _key(article_id: UUID) -> str:
    return f"desk:editing:{article_id}"


@cache
def _client(url: str) -> "redis.Redis":
    """The client of this process, with one retry for a connection that was closed while it was idle."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
