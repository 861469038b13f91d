"""The hub of a live process: every article with its listeners, and when each of them is sent what.

All of it runs on one event loop and never waits between two changes of its state; only reading does.
"""

import asyncio
import logging
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from redis import RedisError

from articles.sites.rules import is_url
from reactions.counts import Answer, read_published
from reactions.live import events, reading
from reactions.live.articles import LiveArticle
from reactions.live.counters import Handover
from reactions.live.listeners import Listener, Message, Send, body
from reactions.live.subscription import Subscription

logger = logging.getLogger(__name__)

# Between two events of one article.
_INTERVAL_SECONDS = 1.0
# One batch of an aggregation changes many articles: a list of them gets one write.
_GATHER_SECONDS = 0.02
# Between two attempts to send what did not fit in a buffer, and how long it may not fit: then the stream is cut.
_CATCH_UP_SECONDS = 0.5
_SLOW_SECONDS = 20.0
# Every article that has listeners is read again so often: a message may be lost. More often without Redis.
_REFRESH_SECONDS = 15.0
_REFRESH_WITHOUT_REDIS_SECONDS = 5.0
# An article without listeners is kept for so long, for those who come again.
_KEEP_SECONDS = 30.0
_RECORD_SECONDS = 1.0
_STOP_SECONDS = 1.0
# Writes between which other work has its turn; a write takes some ten microseconds.
_TURN = 25
# Ten thousand events at one moment keep the front from other requests for most of a second (a page took 0.8 s, and so
# 0.1): they are spread over 0.6.
_MOST_A_SECOND = 16_000
# Slugs of which the id is remembered. A slug leads to one article for as long as that exists.
_MOST_ADDRESSES = 4_096
# The article that one was merged into may itself be merged between two look-ups.
_MOST_STEPS = 4
# A client may claim that versions went back; what it costs is bounded.
_EPOCH_SECONDS = 600


@dataclass(frozen=True)
class Limits:
    """What a process accepts, and its times in seconds. 0 listeners of a network: no limit."""

    listeners: int
    per_network: int
    lease_seconds: float
    heartbeat_seconds: float


class Full(Exception):
    """No further stream is accepted: from this network, or at all."""


class Hub:
    """Made once in a process, inside its event loop."""

    def __init__(self, redis_url: str, limits: Limits) -> None:
        self._limits = limits
        self._articles: dict[UUID, LiveArticle] = {}
        self._ids: dict[str, UUID] = {}
        self._listeners: set[Listener] = set()
        self._networks: Counter[bytes] = Counter()
        self._changed: dict[LiveArticle, None] = {}
        self._has_changed = asyncio.Event()
        self._behind: set[Listener] = set()
        self._is_behind = asyncio.Event()
        self._closings: dict[LiveArticle, asyncio.TimerHandle] = {}
        # One for each second of the interval between heartbeats, so that they are spread over it.
        self._turns: list[set[Listener]] = [
            set() for _ in range(max(1, round(limits.heartbeat_seconds)))
        ]
        self._turn = 0
        self._epoch = 0
        self._epoch_set_at = float("-inf")
        self.is_live = False
        self.is_draining = False
        self.opened = self.sent = self.late = self.dropped = self.refused = 0
        self._handover = Handover()
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._read_ids = reading.Batches(reading.read_ids, self._executor)
        self._read_newest = reading.Batches(reading.read_newest, self._executor)
        self._read_merges = reading.Batches(reading.read_merges, self._executor)
        self._read_stored = reading.Batches(reading.read_stored, self._executor)
        self._subscription = Subscription(
            redis_url,
            on_message=self._on_message,
            on_live=self._on_live,
            on_lost=self._on_lost,
        )
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to run; `stop` ends it."""
        for work in (
            self._subscription.run,
            self._send_changes,
            self._catch_up,
            self._beat,
            self._refresh,
            self._write_records,
        ):
            self._run(_for_ever(work))

    async def stop(self) -> None:
        """End every task, or leave it after a second: the process ends anyway."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
        self._handover.note(self.record())
        await self._subscription.delete_record(self.name)
        await self._subscription.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def record(self) -> dict[str, Any]:
        """What this process says about itself, in Redis, at /healthz and in its metrics."""
        return {
            "live": self.is_live,
            "draining": self.is_draining,
            "listeners": len(self._listeners),
            "articles": len(self._articles),
            "tasks": len(asyncio.all_tasks()),
            "opened": self.opened,
            "sent": self.sent,
            "late": self.late,
            "dropped": self.dropped,
            "refused": self.refused,
        }

    # Streams come and go.

    def check_room(self, network: bytes | None) -> None:
        """Raise Full where no further stream is accepted."""
        most = self._limits.per_network
        is_many = network is not None and most and self._networks[network] >= most
        if is_many or len(self._listeners) >= self._limits.listeners or self.is_draining:
            self.refused += 1
            raise Full

    async def find(self, addresses: Sequence[str]) -> dict[str, LiveArticle | None]:
        """The articles at these UUIDs and slugs, read where they are not held; None where there is none.

        A merged article leads to the other one. A slug whose article cannot be asked for is left out. An article of which
        nothing can be read has no answer.
        """
        ids = await self._find_ids(addresses)
        for _ in range(_MOST_STEPS):
            held = await self._hold_all(ids.values())
            gone = [
                each
                for each in dict.fromkeys(ids.values())
                if each and (each not in held or _is_missing(held[each]))
            ]
            into = await self._read_merges.get(gone)
            if not any(into.values()):
                break
            ids = {address: (each and into.get(each)) or each for address, each in ids.items()}
        return {address: held.get(each) if each else None for address, each in ids.items()}

    def is_merged(self, address: str, article: LiveArticle) -> bool:
        """Whether this address is that of an article which was merged into this one."""
        return self._ids.get(address, article.article_id) != article.article_id

    async def _hold_all(self, ids: Iterable[UUID | None]) -> dict[UUID, LiveArticle]:
        """These articles, read where they are not held; those that do not exist are left out."""
        # Held from here on, so that what is published while they are read is not missed.
        held = {each: self._hold(each) for each in ids if each}
        unread = [article_id for article_id, each in held.items() if each.answer is None]
        found = await self._read_newest.get(unread)
        for article_id, answer in found.items():
            if answer is None:
                del held[article_id]
                self._forget_unused(article_id)
            else:
                self._apply(article_id, answer)
        return held

    async def compare(self, article: LiveArticle, last_event_id: str) -> None:
        """Begin an epoch where a client was sent a higher version in this one, and PostgreSQL agrees that it is gone.

        So it is noticed where every process was restarted together with a restored PostgreSQL, and only browsers know.
        """
        version, _, epoch = last_event_id.partition("-")
        if (
            not (version.isdecimal() and len(version) < 19)
            or (epoch or "0") != str(self._epoch)
            or article.answer is None
        ):
            return
        is_allowed = time.monotonic() - self._epoch_set_at > _EPOCH_SECONDS
        if not is_allowed or not article.answer.version < int(version):
            return
        stored = (await self._read_stored.get([article.article_id])).get(article.article_id)
        if stored is not None and stored.version < int(version):
            await self._set_epoch()

    def add(
        self,
        send: Send,
        abort: Callable[[], None],
        articles: Iterable[LiveArticle],
        network: bytes | None,
        *,
        first: bytes = b"",
    ) -> Listener:
        """A new listener, which has been sent `retry`, its snapshot and its first heartbeat. Raises Full."""
        self.check_room(network)
        listener = Listener(send, abort, tuple(dict.fromkeys(articles)), network)
        now = time.monotonic()
        lease = self._limits.lease_seconds
        listener.lease_ends_at = now + random.uniform(0.8, 1.2) * lease  # noqa: S311  # no secret
        self._listeners.add(listener)
        self.opened += 1
        self._turns[self._turn - 1].add(listener)
        if network is not None:
            self._networks[network] += 1
        for article in listener.articles:
            self._articles[article.article_id] = article
            article.listeners.add(listener)
        self._write(
            listener, body(events.retry() + first + self._snapshot(listener) + events.PADDING)
        )
        return listener

    def remove(self, listener: Listener) -> None:
        """Forget a listener; safe to repeat. Never waits, so that a cancelled stream leaves nothing behind."""
        listener.ended = True
        if listener not in self._listeners:
            return
        self._listeners.discard(listener)
        self._behind.discard(listener)
        for turn in self._turns:
            turn.discard(listener)
        if listener.network is not None:
            self._networks[listener.network] -= 1
            if not self._networks[listener.network]:
                del self._networks[listener.network]
        for article in listener.articles:
            article.listeners.discard(listener)
            if not article.listeners:
                article.unused_at = time.monotonic()

    async def drain(self, seconds: float) -> None:
        """End every stream, spread over so many seconds, each with a `retry` of its own. Accepts no further one."""
        self.is_draining = True
        left = list(self._listeners)
        random.shuffle(left)
        ends_at = time.monotonic() + seconds
        step = max(seconds / len(left), 0.01) if left else 0.0
        for number, listener in enumerate(left, start=1):
            remaining = max(0.0, ends_at - time.monotonic())
            listener.end(events.retry_after_drain(remaining))
            if seconds and remaining:
                behind = ends_at - seconds + number * step - time.monotonic()
                if behind > 0:
                    await asyncio.sleep(behind)
            elif number % _TURN == 0:
                await asyncio.sleep(0)

    # What changes.

    def _on_message(self, message: str) -> None:
        if message == "refresh":
            self._run(self._refresh_from(self._read_stored))
        elif message.startswith("epoch "):
            self._run(self._begin_epoch(int(message[6:])))
        elif published := read_published(message):
            article_id, answer = published
            if article_id in self._articles:
                self._apply(article_id, answer)

    async def _on_live(self) -> None:
        """Redis is there: read again what may have been missed, and say so with new snapshots."""
        epoch = await self._subscription.read_epoch()
        if epoch < self._epoch:
            await self._subscription.set_epoch(self._epoch)
        self._epoch = max(epoch, self._epoch)
        self.is_live = True
        self._run(self._resume())

    async def _resume(self) -> None:
        await self._refresh_from(self._read_newest)
        await self._send_snapshots(events.LIVE)

    def _on_lost(self) -> None:
        if self.is_live:
            self.is_live = False
            self._run(self._send_to_all(events.NOT_LIVE))

    async def _begin_epoch(self, epoch: int) -> None:
        """Versions went back: take what PostgreSQL has, and send it to all with the ids of this epoch."""
        if epoch <= self._epoch:
            return
        self._epoch = epoch
        before = {article_id: article.answer for article_id, article in self._articles.items()}
        for article_id, answer in (await self._read_stored.get(before)).items():
            article = self._articles.get(article_id)
            if (
                article and article.answer is before[article_id]
            ):  # else a newer one has come meanwhile
                self._set(article, answer)
        await self._send_snapshots()

    def _apply(self, article_id: UUID, answer: Answer | None) -> None:
        """Take an answer that was published or read, unless it is older: then PostgreSQL decides."""
        article = self._articles.get(article_id)
        if article is None:
            return
        if answer is not None and article.is_older(answer):
            self._run(self._check_version(article, article.answer))
            return
        self._set(article, answer)

    def _set(self, article: LiveArticle, answer: Answer | None) -> None:
        """Hold this answer, None for an article that no longer exists, and have it sent where it says something new."""
        before = article.answer
        if answer is None:
            if before is None or not before.is_shown:
                return
            answer = before.as_missing()
        article.answer = answer
        self._schedule_closing(article)
        if article.listeners and (before is None or before.body != answer.body):
            if _is_missing(article):
                self._run(self._leave(article))
            else:
                self._note_change(article)

    async def _leave(self, article: LiveArticle) -> None:
        """Listeners of an article that is not public any more are sent that it is gone.

        Where it was merged, their streams end: they connect again, each at a moment of its own, and follow the other one.
        """
        into = await self._read_merges.get([article.article_id])
        if not into.get(article.article_id):
            self._note_change(article)
            return
        for number, listener in enumerate(list(article.listeners), start=1):
            listener.end(events.retry_after_lease())
            if number % _TURN == 0:
                await asyncio.sleep(0)

    def _note_change(self, article: LiveArticle) -> None:
        self._changed[article] = None
        self._has_changed.set()

    def _schedule_closing(self, article: LiveArticle) -> None:
        """Also what the timer itself calls: it may be early by the granularity of a clock, or late in a busy process."""
        if timer := self._closings.pop(article, None):
            timer.cancel()
        seconds = article.seconds_until_close()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            # A day at most: the clock may be set meanwhile. It is scheduled again with each refresh.
            self._closings[article] = loop.call_later(
                min(seconds, 86_400), self._schedule_closing, article
            )
        elif timer:
            self._note_change(article)  # it has closed since the timer was set

    async def _check_version(self, article: LiveArticle, held: Answer | None) -> None:
        """An older version than `held` has come. It is late, or PostgreSQL was restored, and then an epoch begins."""
        stored = (await self._read_stored.get([article.article_id])).get(article.article_id)
        # Not with what is held by now, which may have come after PostgreSQL was read.
        if held is None or stored is None or stored.version >= held.version:
            return
        logger.warning("Versions of counts have gone back: all live counts are sent again.")
        await self._set_epoch()

    async def _set_epoch(self) -> None:
        self._epoch_set_at = time.monotonic()
        epoch = max(int(time.time()), self._epoch + 1)
        try:
            await self._subscription.set_epoch(epoch)
        except (RedisError, OSError, TimeoutError):
            return  # the next refresh finds it again

    # What is sent.

    async def _send_changes(self) -> None:
        """At most one event a second and article, the last value, to each of its listeners."""
        while True:
            await self._has_changed.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._has_changed.clear()
            now = time.monotonic()
            due = [each for each in self._changed if now - each.sent_at >= _INTERVAL_SECONDS]
            for article in due:
                del self._changed[article]
                article.sent_at = now
            await self._send_articles(due)
            if self._changed and not self._has_changed.is_set():
                next_at = min(each.sent_at for each in self._changed) + _INTERVAL_SECONDS
                loop = asyncio.get_running_loop()
                loop.call_at(loop.time() + next_at - time.monotonic(), self._has_changed.set)

    async def _send_articles(self, changed: list[LiveArticle]) -> None:
        if len(changed) == 1:
            message = body(changed[0].event(self._epoch))
            each_of = [(listener, message, changed) for listener in changed[0].listeners]
        else:
            lists: dict[Listener, list[LiveArticle]] = {}
            for article in changed:
                for listener in article.listeners:
                    lists.setdefault(listener, []).append(article)
            each_of = [(listener, self._joined(each), each) for listener, each in lists.items()]
        began = time.monotonic()
        for number, (listener, message, articles) in enumerate(each_of, start=1):
            if listener.behind is None and self._write(listener, message):
                self.sent += len(articles)
            else:
                self._put_behind(listener, articles)
            await _pause(number, began)

    def _joined(self, articles: Iterable[LiveArticle]) -> Message:
        return body(b"".join(each.event(self._epoch) for each in articles))

    def _put_behind(self, listener: Listener, articles: Collection[LiveArticle]) -> None:
        """Remember that a slow listener lacks the newest of these, whichever that is when it can be sent."""
        if listener.ended:
            return
        self.late += len(articles)
        if listener.behind is None:
            listener.behind = set()
            listener.behind_since = time.monotonic()
            self._behind.add(listener)
            self._is_behind.set()
        listener.behind.update(articles)

    async def _catch_up(self) -> None:
        """Send slow listeners what they lack, or cut them."""
        while True:
            await self._is_behind.wait()
            await asyncio.sleep(_CATCH_UP_SECONDS)
            began = time.monotonic()
            for number, listener in enumerate(list(self._behind), start=1):
                self._send_missed(listener)
                await _pause(number, began)
            if not self._behind:
                self._is_behind.clear()

    def _send_missed(self, listener: Listener) -> None:
        if listener.behind is None or self._write(listener, self._joined(listener.behind)):
            self.sent += len(listener.behind or ())
            listener.behind = None
            self._behind.discard(listener)
        elif time.monotonic() - listener.behind_since > _SLOW_SECONDS:
            self.dropped += 1
            listener.cut()
            self.remove(listener)

    async def _beat(self) -> None:
        """A heartbeat to each listener in its turn, and the end of leases."""
        heartbeat = body(events.HEARTBEAT)
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds / len(self._turns))
            self._turn = (self._turn + 1) % len(self._turns)
            now = began = time.monotonic()
            for number, listener in enumerate(list(self._turns[self._turn - 1]), start=1):
                if now > listener.lease_ends_at:
                    listener.end(events.retry_after_lease())
                elif not self._write(listener, heartbeat):
                    self._put_behind(listener, ())
                await _pause(number, began)
            self._forget_articles(now)

    def _forget_articles(self, now: float) -> None:
        for article in list(self._articles.values()):
            if not article.listeners and now - article.unused_at > _KEEP_SECONDS:
                del self._articles[article.article_id]
                self._changed.pop(article, None)
                if timer := self._closings.pop(article, None):
                    timer.cancel()

    async def _send_to_all(self, content: bytes) -> None:
        message = body(content)
        began = time.monotonic()
        for number, listener in enumerate(list(self._listeners), start=1):
            if not self._write(listener, message):
                self._put_behind(listener, listener.articles)
            await _pause(number, began)

    async def _send_snapshots(self, first: bytes = b"") -> None:
        began = time.monotonic()
        for number, listener in enumerate(list(self._listeners), start=1):
            if self._write(listener, body(first + self._snapshot(listener))):
                self.sent += len(listener.articles)
            else:
                self._put_behind(listener, listener.articles)
            await _pause(number, began)

    def _snapshot(self, listener: Listener) -> bytes:
        snapshot = b"".join(
            events.missing(each.article_id)
            if each.answer and not each.answer.is_shown
            else each.event(self._epoch)
            for each in listener.articles
        )
        return snapshot if self.is_live else snapshot + events.NOT_LIVE

    def _write(self, listener: Listener, message: Message) -> bool:
        return listener.ended or listener.write(message)

    # What is read.

    async def _find_ids(self, addresses: Sequence[str]) -> dict[str, UUID | None]:
        ids: dict[str, UUID | None] = {
            each: known for each in addresses if (known := self._ids.get(each))
        }
        unknown = [each for each in addresses if each not in ids]
        if unknown:
            found = await self._read_ids.get(unknown)
            if len(self._ids) > _MOST_ADDRESSES:
                self._ids.clear()
            # An address of a site may lead to another article after a move.
            self._ids |= {
                address: each for address, each in found.items() if each and not is_url(address)
            }
            ids |= found
        return ids

    def _hold(self, article_id: UUID) -> LiveArticle:
        article = self._articles.get(article_id)
        if article is None:
            article = self._articles[article_id] = LiveArticle(article_id)
        elif not article.listeners:
            article.unused_at = time.monotonic()
        return article

    def _forget_unused(self, article_id: UUID) -> None:
        """Forget an article that does not exist: a client may ask for any number of them."""
        article = self._articles.get(article_id)
        if article and article.answer is None and not article.listeners:
            del self._articles[article_id]

    async def _refresh(self) -> None:
        while True:
            seconds = _REFRESH_SECONDS if self.is_live else _REFRESH_WITHOUT_REDIS_SECONDS
            await asyncio.sleep(seconds)
            await self._refresh_from(self._read_newest)

    async def _refresh_from(self, source: "reading.Batches[UUID, Answer | None]") -> None:
        found = await source.get([each.article_id for each in self._articles.values()])
        for article_id, answer in found.items():
            self._apply(article_id, answer)

    async def _write_records(self) -> None:
        while True:
            self._handover.note(self.record())
            await self._subscription.write_record(self.name, self.record())
            await asyncio.sleep(_RECORD_SECONDS)

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Live counts: a task failed.", exc_info=error)


def _is_missing(article: LiveArticle) -> bool:
    return article.answer is not None and article.answer.state == "missing"


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Run what should never end. One that fails is begun again: without it streams would be open and say nothing."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("Live counts: a task failed, and is begun again.")
            await asyncio.sleep(1)


async def _pause(number: int, began: float) -> None:
    """After so many writes since `began`, let other work have its turn."""
    if number % _TURN == 0:
        await asyncio.sleep(max(0.0, began + number / _MOST_A_SECOND - time.monotonic()))
