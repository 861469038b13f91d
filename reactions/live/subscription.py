"""The one subscription of this process to what workers publish, and its other calls to Redis."""

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from reactions.cache import redis_keys
from reactions.lua import script

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 1.0
# A connection on which a PING is not answered for so long is lost, also where the server only stands still.
_PING_SECONDS = 1.0
_LOST_SECONDS = 3.0
# Between two attempts, each with jitter: events come again at most five seconds after Redis is back.
_PAUSE_SECONDS = (0.2, 2.0)
# After how long without a word the record of a process is deleted.
_FORGET_SECONDS = 60


class Subscription:
    """Keeps one connection subscribed, and connects again for ever. `on_message` must not wait.

    `on_live` is called when it is subscribed, before any message, and `on_lost` when it no longer is.
    """

    def __init__(
        self,
        url: str,
        *,
        on_message: Callable[[str], None],
        on_live: Callable[[], Awaitable[None]],
        on_lost: Callable[[], None],
    ) -> None:
        # Two connections: one is subscribed, the other has everything else.
        self._client = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        database = self._client.connection_pool.connection_kwargs.get("db") or 0
        self._channel = redis_keys.counts_channel(database)
        self._on_message = on_message
        self._on_live = on_live
        self._on_lost = on_lost

    async def run(self) -> None:
        """Until it is cancelled."""
        pause, _ = _PAUSE_SECONDS
        while True:
            pubsub = self._client.pubsub()
            try:
                await self._listen(pubsub)
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("Live counts: Redis is unreachable: %r", error)
            finally:
                was_live = pubsub.subscribed
                with suppress(RedisError, OSError, TimeoutError):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            self._on_lost()
            pause = _PAUSE_SECONDS[0] if was_live else min(pause * 2, _PAUSE_SECONDS[1])
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # no secret

    async def _listen(self, pubsub: PubSub) -> None:
        # Not `wait_for`, which until Python 3.12 may swallow the cancellation of this task.
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await pubsub.subscribe(self._channel)
            await _subscribed(pubsub)
        await self._on_live()
        heard_at = pinged_at = time.monotonic()
        while True:
            message = await pubsub.get_message(timeout=_PING_SECONDS)
            now = time.monotonic()
            if message:
                heard_at = now
                if message["type"] == "message":
                    self._on_message(message["data"])
            if now - heard_at > _LOST_SECONDS:
                raise TimeoutError
            if now - pinged_at >= _PING_SECONDS:
                pinged_at = now
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await pubsub.ping()

    async def read_epoch(self) -> int:
        """When versions last went back; 0 where they never did. Raises RedisError."""
        return int(await self._client.get(redis_keys.EPOCH) or 0)

    async def set_epoch(self, epoch: int) -> None:
        """Set it for every process, and have each read again. Raises RedisError."""
        await self._client.set(redis_keys.EPOCH, epoch)
        await self._client.publish(self._channel, f"epoch {epoch}")

    async def write_record(self, name: str, record: Mapping[str, Any]) -> None:
        """Write what this process says about itself, where Redis can be reached."""
        arguments = (redis_keys.LIVE_PROCESSES, name, json.dumps(record), _FORGET_SECONDS)
        with suppress(RedisError, OSError, TimeoutError):  # the subscription says so
            await self._client.eval(script("note_process"), 1, *arguments)

    async def delete_record(self, name: str) -> None:
        with suppress(RedisError, OSError, TimeoutError):
            await self._client.hdel(redis_keys.LIVE_PROCESSES, name)

    async def close(self) -> None:
        with suppress(RedisError, OSError, TimeoutError):
            await self._client.aclose()


async def _subscribed(pubsub: PubSub) -> None:
    while True:
        message = await pubsub.get_message(timeout=_TIMEOUT_SECONDS)
        if message and message["type"] == "subscribe":
            return
