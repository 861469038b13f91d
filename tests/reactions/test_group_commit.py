"""Reactions that are set together: the same outcomes as alone, and no reaction suffers from another."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import Error, OperationalError
from pytest_django.fixtures import Settings

from articles.models import Article, State
from reactions import group_commit as module
from reactions.counting.aggregate import aggregate
from reactions.group_commit import GroupCommit
from reactions.kinds import KINDS, pack
from reactions.models import OutboxEntry, Policy, Reaction
from reactions.policy import set_policy
from reactions.record import (
    Change,
    Outcome,
    ReactionRefused,
    Write,
    erase_reader,
    set_alone,
    set_reactions,
    set_together,
)
from reactions.sql.errors import Failure, failure_of
from reactions.sql.sessions import session
from tests.conftest import PublishArticle
from tests.newsroom.test_database import execute
from tests.races.rival import (
    held_open,
    on_a_connection_of_its_own,
    wait_for_a_blocked_backend,
)
from tests.reactions.crowds import from_anywhere
from tests.reactions.oracle import assert_counts_are_the_rows
from tests.servers import PROJECT
from tests.sessions import database_url, session_settings

pytestmark = pytest.mark.django_db(transaction=True)

LOVE, SAD, WOW = pack(["love"]), pack(["sad"]), pack(["wow"])

# What a write did, or why it was refused; None where it was left out.
Result = Change | str | None
Start = Callable[..., "list[Future[Result]]"]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[GroupCommit]:
    """A group commit whose committer waits for what is set alone, so that a test decides what is set together."""
    monkeypatch.setattr(module, "_GATHER_SECONDS", 10)
    settings.REACTIONS_PER_COMMIT = 64
    group_commit = GroupCommit()
    yield group_commit
    group_commit.stop()


def write(article: Article, kinds: int, reader_id: UUID | None = None) -> Write:
    return Write(article.id, reader_id or uuid4(), kinds, from_anywhere())


def result_of(act: Callable[[], Change]) -> Result:
    try:
        return act()
    except ReactionRefused as refused:
        return refused.reason


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as threads:
        yield threads


@pytest.fixture
def start(commits: GroupCommit, pool: ThreadPoolExecutor) -> Start:
    """Begins to set these, as one batch."""

    def begin(*writes: Write) -> "list[Future[Result]]":
        acts = [partial(result_of, partial(commits.set, each)) for each in writes]
        all_wait = commits._waiting + len(writes)
        with commits._busy:
            futures = [pool.submit(on_a_connection_of_its_own, act) for act in acts]
            deadline = time.monotonic() + 10
            while commits._waiting < all_wait and time.monotonic() < deadline:
                time.sleep(0.001)
        return futures

    return begin


def results_of(futures: "Sequence[Future[Result]]") -> list[Result]:
    return [future.result(10) for future in futures]


def together(*writes: Write) -> list[Result]:
    """One statement."""

    def result(each: Write, outcome: Outcome | None) -> Result:
        return None if outcome is None else result_of(partial(outcome.as_change, each))

    with session({}) as on:
        outcomes = set_together(writes, on=on)
    return list(map(result, writes, outcomes))


def committers() -> list[int]:
    """The server's processes that have run the statement for many."""
    found = execute(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '-- record_many%'"
        " AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    return [int(str(pid)) for (pid,) in found]


# The policy of an article, what a reader has there, and what the reader asks for.
Case = tuple[dict[str, Policy.State | int], int | None, int]
CASES: dict[str, Case] = {
    "a first reaction": ({}, None, LOVE),
    "another one": ({}, LOVE, SAD),
    "the same again": ({}, LOVE, LOVE),
    "taken back": ({}, LOVE, 0),
    "taken back twice": ({}, 0, 0),
    "set again": ({}, 0, LOVE),
    "nothing, by a new reader": ({}, None, 0),
    "too many": ({}, None, LOVE | SAD),
    "too many, with one there": ({}, LOVE, LOVE | SAD),
    "fewer, and still too many": ({}, LOVE | SAD | WOW, LOVE | SAD),
    "not accepted": ({"allowed": LOVE}, None, SAD),
    "no longer accepted, and kept": ({"allowed": LOVE}, SAD, SAD),
    "no longer accepted, and taken back": ({"allowed": LOVE}, SAD, 0),
    "closed": ({"state": Policy.State.CLOSED}, None, LOVE),
    "closed, and taken back": ({"state": Policy.State.CLOSED}, LOVE, 0),
    "hidden": ({"state": Policy.State.HIDDEN}, None, LOVE),
}


def given(article: Article, case: Case) -> Write:
    """The write of a case, in the situation of the case."""
    policy, had, kinds = case
    reader_id = uuid4()
    if had is not None:
        Reaction.objects.create(article_id=article.id, reader_id=reader_id, kinds=had)
        OutboxEntry.objects.create(article_id=article.id, reader_id=reader_id)
        aggregate()
    set_policy(article_id=article.id, **policy)  # type: ignore[arg-type]
    return write(article, kinds, reader_id)


def comparable(result: Result) -> object:
    if not isinstance(result, Change):
        return result
    return {**result.as_json(), "article": None, "as_of": None}


def test_each_case_has_the_outcome_that_it_has_alone(publish_article: PublishArticle) -> None:
    alone = [given(publish_article(), case) for case in CASES.values()]
    joined = [given(publish_article(), case) for case in CASES.values()]
    draft = publish_article(state=State.DRAFT)
    retracted = publish_article(state=State.RETRACTED)
    others = [write(draft, LOVE), write(retracted, LOVE), Write(uuid4(), uuid4(), LOVE)]

    expected = [result_of(partial(set_alone, each)) for each in [*alone, *others]]
    found = together(*joined, *others)

    assert dict(
        zip([*CASES, "draft", "retracted", "unknown"], map(comparable, found), strict=True)
    ) == dict(
        zip([*CASES, "draft", "retracted", "unknown"], map(comparable, expected), strict=True)
    )
    entries = OutboxEntry.objects.values_list("article_id", "is_first", "has_page_token")
    of_articles = {article: rest for article, *rest in entries}
    assert [of_articles.get(each.article_id) for each in joined] == [
        of_articles.get(each.article_id) for each in alone
    ]
    aggregate()
    for each in joined:
        assert_counts_are_the_rows(each.article_id)


def test_many_readers_of_one_article_are_one_commit(article: Article, start: Start) -> None:
    writes = [write(article, kind.mask) for kind in KINDS for _ in range(3)]

    changes = [each for each in results_of(start(*writes)) if isinstance(each, Change)]

    assert [each.kinds for each in changes] == [each.kinds for each in writes]
    for table in ("reactions_reaction", "reactions_outboxentry"):
        assert len(set(execute(f"SELECT xmin::text FROM {table}"))) == 1  # noqa: S608
    aggregate()
    assert_counts_are_the_rows(article.id, expected=[each.kinds for each in writes])


def test_no_more_are_set_at_once_than_the_setting_says(
    article: Article, start: Start, settings: Settings
) -> None:
    settings.REACTIONS_PER_COMMIT = 4

    assert all(results_of(start(*(write(article, LOVE) for _ in range(10)))))

    commits = [
        count
        for _, count in execute("SELECT xmin::text, count(*) FROM reactions_reaction GROUP BY 1")
    ]
    assert sorted(map(str, commits)) == ["2", "4", "4"]


def test_a_reaction_that_nothing_waits_for_is_set_by_its_own_thread(
    article: Article, commits: GroupCommit
) -> None:
    change = commits.set(write(article, LOVE))

    assert change.changed
    assert commits._committer is None


def test_one_reader_in_many_tabs_replaces_one_choice_by_the_next(
    article: Article, reader_id: UUID, start: Start
) -> None:
    writes = [write(article, kind.mask, reader_id) for kind in KINDS]

    changes = [each for each in results_of(start(*writes)) if isinstance(each, Change)]

    # The first replaces nothing, each other what one of them has set, and the last is what is stored.
    stored = Reaction.objects.get().kinds
    assert {each.previous for each in changes} == {0, *(w.kinds for w in writes)} - {stored}
    assert len(changes) == len(writes)
    aggregate()
    assert_counts_are_the_rows(article.id)


def test_a_row_that_another_transaction_holds_delays_only_its_own_reader(
    article: Article, start: Start
) -> None:
    reader_id = uuid4()
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)

    with held_open(lambda: Reaction.objects.select_for_update().get(reader_id=reader_id)):
        held, *others = start(
            write(article, LOVE, reader_id), *(write(article, LOVE) for _ in range(5))
        )
        assert all(results_of(others))
        assert not held.done()
    assert held.result(10)

    assert Reaction.objects.filter(kinds=LOVE).count() == 6


def test_a_row_that_another_transaction_has_just_added_is_replaced_when_it_is_there(
    article: Article, reader_id: UUID, start: Start
) -> None:
    first = Write(article.id, reader_id, SAD, from_anywhere())

    with held_open(lambda: set_alone(first), commits=True):
        second, *others = start(write(article, LOVE, reader_id), write(article, LOVE))
        assert all(results_of(others))
        assert not second.done()
    change = second.result(10)

    assert isinstance(change, Change)
    assert (change.previous, Reaction.objects.get(reader_id=reader_id).kinds) == (SAD, LOVE)
    aggregate()
    assert_counts_are_the_rows(article.id)


def test_a_row_that_changes_after_the_snapshot_is_left_out(
    article: Article, reader_id: UUID, pool: ThreadPoolExecutor
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    execute(WAIT)
    try:
        with held_open(lambda: execute("SELECT pg_advisory_xact_lock(12)")):
            batch = pool.submit(together, write(article, LOVE, reader_id), write(article, LOVE))
            wait_for_a_blocked_backend()
            Reaction.objects.filter(reader_id=reader_id).update(kinds=WOW)
        left_out, other = batch.result(10)
    finally:
        execute("DROP FUNCTION wait_for_test CASCADE")

    assert left_out is None
    assert isinstance(other, Change)
    assert Reaction.objects.get(reader_id=reader_id).kinds == WOW
    assert OutboxEntry.objects.count() == 2


# A trigger of the statement runs after its snapshot, and before it reads a row.
WAIT = """
CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_advisory_xact_lock(12); RETURN NULL; END$$;
CREATE TRIGGER wait_for_test BEFORE INSERT ON reactions_reaction
   FOR EACH STATEMENT EXECUTE FUNCTION wait_for_test();
"""


def test_a_reader_who_is_erased_meanwhile_reacts_as_a_new_one(
    article: Article, reader_id: UUID, start: Start
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    aggregate()

    with held_open(lambda: erase_reader(reader_id=reader_id), commits=True):
        again, other = start(write(article, LOVE, reader_id), write(article, LOVE))
        assert other.result(10)
    change = again.result(10)
    aggregate()

    assert isinstance(change, Change)
    assert change.previous == 0
    assert_counts_are_the_rows(article.id, expected=[LOVE, LOVE])


def test_a_reaction_that_the_server_refuses_fails_alone(
    article: Article, reader_id: UUID, start: Start
) -> None:
    execute(REFUSE.format(reader_id))
    try:
        refused, *others = start(
            write(article, LOVE, reader_id), *(write(article, LOVE) for _ in range(5))
        )
        assert all(results_of(others))
        with pytest.raises(Exception, match="refused by the test"):
            refused.result(10)
    finally:
        execute("DROP FUNCTION refuse_reader CASCADE")

    assert Reaction.objects.count() == 5


REFUSE = """
CREATE FUNCTION refuse_reader() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'refused by the test'; END$$;
CREATE TRIGGER refuse_reader BEFORE INSERT ON reactions_reaction
   FOR EACH ROW WHEN (NEW.reader_id = '{}') EXECUTE FUNCTION refuse_reader();
"""


def test_a_failure_of_the_program_loses_nothing(
    article: Article,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "set_together", lambda writes, on: 1 / 0)

    assert all(results_of(start(*(write(article, LOVE) for _ in range(3)))))

    assert Reaction.objects.count() == 3
    assert "A batch of 3 reactions failed" in caplog.text


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning"
)  # as the test wants
def test_a_committer_that_ended_is_replaced_and_holds_no_one_up(
    article: Article, start: Start, commits: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_thread(writes: Sequence[Write], on: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(module, "set_together", end_thread)
        assert all(results_of(start(write(article, LOVE), write(article, LOVE))))
    assert commits._committer is not None
    commits._committer.join(10)

    assert all(results_of(start(write(article, LOVE), write(article, LOVE))))

    assert Reaction.objects.count() == 4


@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_that_the_server_ended_is_replaced(
    article: Article, start: Start, times: int
) -> None:
    for _ in range(times):
        assert all(results_of(start(write(article, LOVE), write(article, LOVE))))
        (pid,) = committers()
        execute(f"SELECT pg_terminate_backend({pid}, 5000)")

    assert all(results_of(start(write(article, LOVE), write(article, LOVE))))

    assert Reaction.objects.count() == 2 * times + 2


def test_a_connection_that_is_lost_while_a_batch_runs_repeats_it(
    article: Article, reader_id: UUID, start: Start
) -> None:
    first = Write(article.id, reader_id, SAD, from_anywhere())

    with held_open(lambda: set_alone(first)):
        futures = start(write(article, LOVE, reader_id), write(article, LOVE))
        while not (waits := [pid for pid in committers() if is_blocked(pid)]):
            time.sleep(0.005)
        execute(f"SELECT pg_terminate_backend({waits[0]}, 5000)")
    assert all(results_of(futures))

    assert Reaction.objects.count() == OutboxEntry.objects.count() == 2


def is_blocked(pid: int) -> bool:
    return execute(f"SELECT cardinality(pg_blocking_pids({pid})) > 0") == [(True,)]


def test_a_server_that_takes_no_writes_is_asked_once(
    article: Article, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "set_alone", lambda write: pytest.fail("It was tried alone, too."))

    with session_settings(default_transaction_read_only="on"):
        futures = start(write(article, LOVE), write(article, LOVE))
        errors = [future.exception(10) for future in futures]

    assert [isinstance(e, Error) and failure_of(e) for e in errors] == [Failure.READ_ONLY] * 2
    assert errors[0] is not errors[1]
    assert not Reaction.objects.exists()


def test_where_the_committer_is_stuck_what_comes_then_is_refused_at_once(
    article: Article,
    start: Start,
    commits: GroupCommit,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.REACTIONS_PER_COMMIT = 2
    monkeypatch.setitem(module._SESSION, "lock_timeout", "10s")

    with held_open(lambda: execute("LOCK TABLE reactions_outboxentry")):
        waiting = start(write(article, LOVE), write(article, LOVE))
        time.sleep(2 * module._STUCK_SECONDS)
        began = time.monotonic()
        with pytest.raises(OperationalError) as refused:
            commits.set(write(article, LOVE))
        took = time.monotonic() - began
    assert all(results_of(waiting))

    assert took < 0.1
    assert failure_of(refused.value) is Failure.BUSY
    assert Reaction.objects.count() == 2


def test_a_reaction_that_waits_too_long_is_refused_and_is_not_set_later(
    article: Article,
    commits: GroupCommit,
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.1)

    with commits._busy:
        futures = [pool.submit(result_of, partial(commits.set, write(article, LOVE))) for _ in "ab"]
        errors = [future.exception(5) for future in futures]
    commits.stop()

    assert [isinstance(e, Error) and failure_of(e) for e in errors] == [Failure.BUSY] * 2
    assert not Reaction.objects.exists()


def test_a_process_that_was_forked_has_a_committer_of_its_own(article: Article) -> None:
    urls = {"DATABASE_URL": database_url(), "ARTICLE": str(article.id)}

    done = subprocess.run(
        [sys.executable, "-c", FORK],
        env={**os.environ, **urls},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout) == (0, "parent 5\n"), done.stderr
    assert Reaction.objects.count() == 10


FORK = """
import os, time
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4
from django.db import connection
from reactions.group_commit import group_commit
from reactions.record import Write

def react(_):
    change = group_commit.set(Write(UUID(os.environ["ARTICLE"]), uuid4(), 1))
    connection.close()
    return change.changed

def react_at_once():
    with ThreadPoolExecutor(5) as pool, group_commit._busy:
        return pool.map(react, range(5))

assert sum(react_at_once()) == 5
connection.close_pool()
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    print("parent", 5)
else:
    os._exit(sum(react_at_once()) != 5)
"""
