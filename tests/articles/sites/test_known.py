"""The sites that a process knows: read once a second, and where PostgreSQL is unreachable those of before."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import OperationalError

from articles.models import Site
from articles.sites import known
from articles.sites.known import clear_sites, known_sites
from articles.sites.rules import Sites

ORIGIN = "https://blog.example"


class Unreachable:
    """In the place of reading them: PostgreSQL does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _: object) -> None:
        self.asked += 1
        raise OperationalError


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Unreachable:
    made = Unreachable()
    monkeypatch.setattr(known, "Sites", made)
    return made


def test_a_site_is_known_within_a_second(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    known_sites()
    Site.objects.create(name="Blog", origins=[ORIGIN])

    assert known_sites().of_origin(ORIGIN) is None
    monkeypatch.setattr(known, "_FRESH_SECONDS", 0)
    assert known_sites().of_origin(ORIGIN)


def test_where_postgresql_is_unreachable_those_of_before_are_known(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Site.objects.create(name="Blog", origins=[ORIGIN])
    known_sites()
    gone = Unreachable()
    monkeypatch.setattr(known, "Sites", gone)
    monkeypatch.setattr(known, "_FRESH_SECONDS", 0)

    assert [known_sites().of_origin(ORIGIN) is not None for _ in range(3)] == [True] * 3
    assert gone.asked == 3


def test_without_any_the_callers_do_not_wait_for_postgresql_one_after_the_other(
    db: None, unreachable: Unreachable
) -> None:
    clear_sites()

    def ask(_: int) -> str:
        with pytest.raises(OperationalError) as caught:
            known_sites()
        return str(caught.value)

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(ask, range(8)))

    assert unreachable.asked == 1
    assert len([each for each in said if each]) == 7


def test_callers_at_once_read_them_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_sites()
    asked, may_answer = Event(), Event()
    read: list[object] = []

    def slowly(found: object) -> Sites:
        read.append(found)
        asked.set()
        assert may_answer.wait(10)
        return Sites([])

    monkeypatch.setattr(known, "Sites", slowly)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(known_sites) for _ in range(4)]
        assert asked.wait(10)
        may_answer.set()

    assert len({id(each.result()) for each in found}) == 1
    assert len(read) == 1
