"""The local cache: who reads, who waits, how long a stale copy is served, what is dropped."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from types import SimpleNamespace

import pytest

from reactions.cache import local
from reactions.cache.local import LocalCache


@dataclass
class Source:
    """The source that is cached. A key without `stored` does not exist; unreachable, every read fails."""

    stored: dict[str, int] = field(default_factory=dict)
    is_unreachable: bool = False
    reads: list[list[str]] = field(default_factory=list)
    wait: Callable[[], object] = lambda: None

    def read(self, keys: list[str]) -> dict[str, int | None]:
        self.reads.append(keys)
        found = {} if self.is_unreachable else {key: self.stored.get(key) for key in keys}
        self.wait()
        return found


def cache_of(
    source: Source, *, most: int = 10, fresh: float = 60, stale: float = 60
) -> LocalCache[str, int]:
    """A cache of numbers that never decrease."""
    return LocalCache(
        source.read,
        max_entries=most,
        fresh_seconds=fresh,
        stale_seconds=stale,
        is_older=lambda value, held: value < held,
    )


def test_a_fresh_copy_is_served_without_a_read() -> None:
    source = Source({"a": 1})
    cache = cache_of(source)

    answers = [cache.get_many(["a", "b"]) for _ in range(3)]

    assert answers == [{"a": 1, "b": None}] * 3
    assert source.reads == [["a", "b"]]


def test_only_expired_copies_are_read() -> None:
    source = Source({"a": 1, "b": 2})
    cache = cache_of(source)
    cache.get_many(["a"])

    assert cache.get_many(["a", "b", "b"]) == {"a": 1, "b": 2}

    assert source.reads == [["a"], ["b"]]


def test_an_expired_copy_is_refreshed() -> None:
    source = Source({"a": 1})
    cache = cache_of(source, fresh=0)
    cache.get_many(["a"])

    source.stored["a"] = 2

    assert cache.get_many(["a"]) == {"a": 2}


def test_a_read_refreshes_copies_that_expire_soon_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    source, clock = Source({"a": 1, "b": 2, "c": 3}), [0]
    cache = cache_of(source, fresh=10)
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for clock[0], key in ((0, "a"), (4, "b"), (8, "c")):
        cache.get_many([key])

    clock[0] = 11
    answer = cache.get_many(["a", "b", "b", "c"])

    assert answer == source.stored
    assert sorted(source.reads[-1]) == ["a", "b"]


def test_copies_that_expire_soon_cause_no_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source, clock = Source({"a": 1}), [0]
    cache = cache_of(source, fresh=10)
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    cache.get_many(["a"])

    clock[0] = 9

    assert cache.get_many(["a"]) == cache.get_many(["a"]) == {"a": 1}
    assert len(source.reads) == 1


def test_an_older_value_never_replaces_a_newer_one() -> None:
    source = Source({"a": 2})
    cache = cache_of(source, fresh=0)
    cache.get_many(["a"])

    source.stored["a"] = 1

    assert cache.get_many(["a"]) == {"a": 2}


def test_put_replaces_the_copy_at_once_and_never_by_an_older_value() -> None:
    cache = cache_of(Source({"a": 2}))
    cache.get_many(["a"])

    cache.update({"a": 3, "b": 7})
    cache.update({"a": 1})

    assert cache.get_many(["a"]) == {"a": 3}
    assert cache.newest("b") is None


def test_an_invalidated_copy_is_refreshed_and_no_older_value_is_stored() -> None:
    source = Source({"a": 1})
    cache = cache_of(source)
    cache.get_many(["a"])

    cache.invalidate_older("a", 2)
    too_early = cache.get_many(["a"])
    source.stored["a"] = 2

    assert too_early == {"a": 1}
    assert cache.get_many(["a"]) == {"a": 2}
    assert len(source.reads) == 3


def test_a_copy_is_not_invalidated_by_the_version_that_it_holds() -> None:
    source = Source({"a": 2})
    cache = cache_of(source)
    cache.get_many(["a"])

    cache.invalidate_older("a", 2)

    assert cache.get_many(["a"]) == {"a": 2}
    assert len(source.reads) == 1


def test_an_unreachable_source_is_replaced_by_stale_copies_and_missing_keys_are_left_out() -> None:
    source = Source({"a": 1})
    cache = cache_of(source, fresh=0)
    cache.get_many(["a"])

    source.is_unreachable = True

    assert cache.get_many(["a", "b"]) == {"a": 1}


def test_a_copy_past_its_stale_time_is_not_served() -> None:
    source = Source({"a": 1})
    cache = cache_of(source, fresh=0, stale=0)
    cache.get_many(["a"])

    source.is_unreachable = True

    assert cache.get_many(["a"]) == {}


def test_the_cache_is_bounded() -> None:
    source = Source({"a": 1, "b": 2, "c": 3})
    cache = cache_of(source, most=2)

    for key in "abc":
        cache.get_many([key])

    assert [cache.newest(key) for key in "abc"] == [None, 2, 3]


@pytest.fixture
def slow() -> Iterator["Slow"]:
    """A source that answers only when released, and one reader that waits for it."""
    slow = Slow(Source({"a": 1}))
    yield slow
    slow.released.set()
    slow.pool.shutdown()


class Slow:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.released, self.is_reading = Event(), Event()
        self.pool = ThreadPoolExecutor(20)

    def start(self, cache: LocalCache[str, int]) -> "Future[dict[str, int | None]]":
        def wait() -> None:
            self.is_reading.set()
            assert self.released.wait(10)

        self.source.wait = wait
        first = self.pool.submit(cache.get_many, ["a"])
        assert self.is_reading.wait(10)
        return first


def test_concurrent_readers_share_one_read(slow: Slow) -> None:
    cache = cache_of(slow.source)
    first = slow.start(cache)

    others = [slow.pool.submit(cache.get_many, ["a"]) for _ in range(19)]
    slow.released.set()

    assert [each.result() for each in [first, *others]] == [{"a": 1}] * 20
    assert len(slow.source.reads) == 1


def test_a_reader_with_a_stale_copy_waits_briefly(slow: Slow) -> None:
    cache = cache_of(slow.source, fresh=0)
    cache.get_many(["a"])
    slow.source.stored["a"] = 2
    first = slow.start(cache)

    during = cache.get_many(["a"])
    slow.released.set()

    assert (during, first.result()) == ({"a": 1}, {"a": 2})


def test_a_reader_without_a_copy_waits_longer_and_then_gets_none(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_WAIT_WITHOUT_VALUE_SECONDS", 0.01)
    cache = cache_of(slow.source)
    slow.start(cache)

    assert cache.get_many(["a"]) == {}


def test_a_read_begun_before_an_invalidation_is_not_shared_after_it(
    slow: Slow,
) -> None:
    cache = cache_of(slow.source)
    first = slow.start(cache)
    slow.source.stored["a"] = 2
    slow.source.wait = lambda: None  # for readers after the first

    cache.invalidate_older("a", 2)
    after = cache.get_many(["a"])
    slow.released.set()

    assert (first.result(), after) == ({"a": 1}, {"a": 2})
    assert cache.get_many(["a"]) == {"a": 2}


def test_a_read_begun_before_a_clear_is_not_stored(slow: Slow) -> None:
    cache = cache_of(slow.source)
    first = slow.start(cache)

    cache.invalidate("a")
    slow.released.set()

    assert first.result() == {"a": 1}
    assert cache.newest("a") is None


def test_an_exception_reaches_its_caller_and_the_next_caller_reads_again() -> None:
    source = Source({"a": 1})
    cache = cache_of(source)

    def break_down() -> None:
        raise ZeroDivisionError

    source.wait = break_down
    with pytest.raises(ZeroDivisionError):
        cache.get_many(["a"])
    source.wait = lambda: None

    assert cache.get_many(["a"]) == {"a": 1}
