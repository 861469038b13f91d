"""Reads articles for the hub: in a few threads, as Django's database needs, and many in one statement."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar
from uuid import UUID

from django.db import Error, close_old_connections

from reactions.cache.merges import follow_merges
from reactions.cache.slugs import find_articles, known_article
from reactions.counts import Answer, read_answers, read_stored_answers

Key = TypeVar("Key")
Value = TypeVar("Value")

# As much as one statement, and one round trip to Redis, may hold.
_BATCH = 200


class Batches(Generic[Key, Value]):
    """Calls `read` in a thread for all keys that are asked for while it runs, once more with all of them."""

    def __init__(
        self, read: Callable[[Sequence[Key]], dict[Key, Value]], executor: Executor
    ) -> None:
        self._read = read
        self._executor = executor
        self._waiting: dict[Key, asyncio.Future[dict[Key, Value]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, keys: Collection[Key]) -> dict[Key, Value]:
        """The values of these keys; one that could not be read is left out."""
        loop = asyncio.get_running_loop()
        futures = [self._waiting.setdefault(key, loop.create_future()) for key in keys]
        if futures and self._task is None:
            self._task = loop.create_task(self._run())
        found: dict[Key, Value] = {}
        for key, future in zip(keys, futures, strict=True):
            # A reader that leaves does not cancel what others wait for.
            values = await asyncio.shield(future)
            if key in values:
                found[key] = values[key]
        return found

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:_BATCH])
                for key in batch:
                    del self._waiting[key]
                try:
                    values = await loop.run_in_executor(self._executor, self._read, list(batch))
                except Exception as error:  # noqa: BLE001  # the waiting call raises it
                    for future in batch.values():
                        future.set_exception(error)
                else:
                    for future in batch.values():
                        future.set_result(values)
        finally:
            self._task = None


def read_ids(addresses: Sequence[str]) -> dict[str, UUID | None]:
    """By address, the id of its article, None where there is none. A slug that cannot be asked for is left out."""
    try:
        return dict(zip(addresses, find_articles(addresses), strict=True))
    except Error:
        return {each: found for each in addresses if (found := known_article(each))}
    finally:
        close_old_connections()


def read_merges(article_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Where these articles were merged into, None for those that were not. What cannot be read is left out."""
    try:
        return dict.fromkeys(article_ids) | follow_merges(article_ids)
    except Error:
        return {}
    finally:
        close_old_connections()


def read_newest(article_ids: Sequence[UUID]) -> dict[UUID, Answer | None]:
    """From Redis, else PostgreSQL; None where there is no such article. What cannot be read is left out."""
    try:
        return read_answers(article_ids)
    except Error:
        return {}
    finally:
        close_old_connections()


def read_stored(article_ids: Sequence[UUID]) -> dict[UUID, Answer | None]:
    """From PostgreSQL alone, which decides. What cannot be read is left out."""
    try:
        return read_stored_answers(article_ids)
    except Error:
        return {}
    finally:
        close_old_connections()
