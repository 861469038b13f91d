"""Short copies in a process: who asks, who waits, what an old copy is good for, what is dropped."""

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
    """What the copies are of. Without `stock` for a key, nothing is behind it; away, nobody can tell."""

    stock: dict[str, int] = field(default_factory=dict)
    is_away: bool = False
    asked: list[list[str]] = field(default_factory=list)
    wait: Callable[[], object] = lambda: None

    def read(self, keys: list[str]) -> dict[str, int | None]:
        self.asked.append(keys)
        found = {} if self.is_away else {key: self.stock.get(key) for key in keys}
        self.wait()
        return found


def cache_of(
    source: Source, *, most: int = 10, fresh: float = 60, stale: float = 60
) -> LocalCache[str, int]:
    """Copies of numbers that never go down."""
    return LocalCache(
        source.read,
        max_entries=most,
        fresh_seconds=fresh,
        stale_seconds=stale,
        is_older=lambda value, held: value < held,
    )


def test_a_fresh_copy_asks_nobody() -> None:
    source = Source({"a": 1})
    kept = cache_of(source)

    answers = [kept.get_many(["a", "b"]) for _ in range(3)]

    assert answers == [{"a": 1, "b": None}] * 3
    assert source.asked == [["a", "b"]]


def test_only_what_is_not_fresh_is_asked_for() -> None:
    source = Source({"a": 1, "b": 2})
    kept = cache_of(source)
    kept.get_many(["a"])

    assert kept.get_many(["a", "b", "b"]) == {"a": 1, "b": 2}

    assert source.asked == [["a"], ["b"]]


def test_a_copy_that_is_too_old_is_asked_for_anew() -> None:
    source = Source({"a": 1})
    kept = cache_of(source, fresh=0)
    kept.get_many(["a"])

    source.stock["a"] = 2

    assert kept.get_many(["a"]) == {"a": 2}


def test_who_asks_anyway_asks_for_what_is_soon_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    source, clock = Source({"a": 1, "b": 2, "c": 3}), [0]
    kept = cache_of(source, fresh=10)
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for clock[0], key in ((0, "a"), (4, "b"), (8, "c")):
        kept.get_many([key])

    clock[0] = 11
    answer = kept.get_many(["a", "b", "b", "c"])

    assert answer == source.stock
    assert sorted(source.asked[-1]) == ["a", "b"]


def test_what_is_soon_too_old_is_no_reason_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    source, clock = Source({"a": 1}), [0]
    kept = cache_of(source, fresh=10)
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    kept.get_many(["a"])

    clock[0] = 9

    assert kept.get_many(["a"]) == kept.get_many(["a"]) == {"a": 1}
    assert len(source.asked) == 1


def test_an_older_value_never_replaces_a_newer_one() -> None:
    source = Source({"a": 2})
    kept = cache_of(source, fresh=0)
    kept.get_many(["a"])

    source.stock["a"] = 1

    assert kept.get_many(["a"]) == {"a": 2}


def test_what_was_just_made_replaces_the_copy_at_once_and_never_by_something_older() -> None:
    kept = cache_of(Source({"a": 2}))
    kept.get_many(["a"])

    kept.update({"a": 3, "b": 7})
    kept.update({"a": 1})

    assert kept.get_many(["a"]) == {"a": 3}
    assert kept.newest("b") is None


def test_a_copy_that_is_outdated_is_asked_for_and_nothing_older_is_kept() -> None:
    source = Source({"a": 1})
    kept = cache_of(source)
    kept.get_many(["a"])

    kept.invalidate_older("a", 2)
    too_early = kept.get_many(["a"])
    source.stock["a"] = 2

    assert too_early == {"a": 1}
    assert kept.get_many(["a"]) == {"a": 2}
    assert len(source.asked) == 3


def test_a_copy_is_not_outdated_by_what_it_already_holds() -> None:
    source = Source({"a": 2})
    kept = cache_of(source)
    kept.get_many(["a"])

    kept.invalidate_older("a", 2)

    assert kept.get_many(["a"]) == {"a": 2}
    assert len(source.asked) == 1


def test_where_nobody_can_tell_an_old_copy_stands_in_and_what_has_none_is_left_out() -> None:
    source = Source({"a": 1})
    kept = cache_of(source, fresh=0)
    kept.get_many(["a"])

    source.is_away = True

    assert kept.get_many(["a", "b"]) == {"a": 1}


def test_a_copy_older_than_its_time_stands_in_for_nothing() -> None:
    source = Source({"a": 1})
    kept = cache_of(source, fresh=0, stale=0)
    kept.get_many(["a"])

    source.is_away = True

    assert kept.get_many(["a"]) == {}


def test_no_more_than_the_most_are_kept() -> None:
    source = Source({"a": 1, "b": 2, "c": 3})
    kept = cache_of(source, most=2)

    for key in "abc":
        kept.get_many([key])

    assert [kept.newest(key) for key in "abc"] == [None, 2, 3]


@pytest.fixture
def slow() -> Iterator["Slow"]:
    """A source that answers only when it is let, and one reader who is asking it."""
    slow = Slow(Source({"a": 1}))
    yield slow
    slow.let.set()
    slow.pool.shutdown()


class Slow:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.let, self.is_asked = Event(), Event()
        self.pool = ThreadPoolExecutor(20)

    def start(self, kept: LocalCache[str, int]) -> "Future[dict[str, int | None]]":
        def wait() -> None:
            self.is_asked.set()
            assert self.let.wait(10)

        self.source.wait = wait
        first = self.pool.submit(kept.get_many, ["a"])
        assert self.is_asked.wait(10)
        return first


def test_many_at_once_make_one_ask_and_all_get_its_answer(slow: Slow) -> None:
    kept = cache_of(slow.source)
    first = slow.start(kept)

    others = [slow.pool.submit(kept.get_many, ["a"]) for _ in range(19)]
    slow.let.set()

    assert [each.result() for each in [first, *others]] == [{"a": 1}] * 20
    assert len(slow.source.asked) == 1


def test_who_has_an_old_copy_does_not_wait_long(slow: Slow) -> None:
    kept = cache_of(slow.source, fresh=0)
    kept.get_many(["a"])
    slow.source.stock["a"] = 2
    first = slow.start(kept)

    meanwhile = kept.get_many(["a"])
    slow.let.set()

    assert (meanwhile, first.result()) == ({"a": 1}, {"a": 2})


def test_who_has_none_waits_longer_and_then_is_told_nothing(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_WAIT_WITHOUT_VALUE_SECONDS", 0.01)
    kept = cache_of(slow.source)
    slow.start(kept)

    assert kept.get_many(["a"]) == {}


def test_what_was_asked_before_it_was_outdated_is_not_given_to_those_who_come_after(
    slow: Slow,
) -> None:
    kept = cache_of(slow.source)
    first = slow.start(kept)
    slow.source.stock["a"] = 2
    slow.source.wait = lambda: None  # for others than the first

    kept.invalidate_older("a", 2)
    after = kept.get_many(["a"])
    slow.let.set()

    assert (first.result(), after) == ({"a": 1}, {"a": 2})
    assert kept.get_many(["a"]) == {"a": 2}


def test_what_was_asked_before_it_was_forgotten_is_not_kept(slow: Slow) -> None:
    kept = cache_of(slow.source)
    first = slow.start(kept)

    kept.invalidate("a")
    slow.let.set()

    assert first.result() == {"a": 1}
    assert kept.newest("a") is None


def test_a_bug_reaches_whoever_met_it_and_the_next_asks_anew() -> None:
    source = Source({"a": 1})
    kept = cache_of(source)

    def break_down() -> None:
        raise ZeroDivisionError

    source.wait = break_down
    with pytest.raises(ZeroDivisionError):
        kept.get_many(["a"])
    source.wait = lambda: None

    assert kept.get_many(["a"]) == {"a": 1}
