"""`manage.py aggregate`: counting without a broker, once or until it is stopped."""

from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from articles.models import Article
from reactions.record import set_reactions
from tests.reactions.crowds import LOVE
from tests.reactions.oracle import totals
from tests.sessions import session_settings

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


class Stopped(Exception):
    """What ends the loop, as Ctrl-C does."""


@pytest.fixture
def until_the_first_pause() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch, until_the_first_pause: ExitStack) -> list[float]:
    """The pauses of the loop, which ends after some rounds."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        until_the_first_pause.close()
        if len(pauses) == ROUNDS:
            raise Stopped

    monkeypatch.setattr("reactions.management.commands.aggregate.time.sleep", pause)
    return pauses


def loop() -> str:
    errors = StringIO()
    with pytest.raises(Stopped):
        call_command("aggregate", loop=True, stderr=errors)
    return errors.getvalue()


def test_the_loop_counts_every_quarter_of_a_second(article: Article, rounds: list[float]) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)

    errors = loop()

    assert rounds == [0.25] * ROUNDS
    assert errors == ""
    assert totals(article.id) == {"love": 1}


def test_the_loop_goes_on_after_a_server_that_was_read_only(
    article: Article, rounds: list[float], until_the_first_pause: ExitStack
) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    until_the_first_pause.enter_context(session_settings(default_transaction_read_only="on"))

    errors = loop()

    assert errors.count("PostgreSQL does not count") == 1
    assert totals(article.id) == {"love": 1}
