from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import Settings

from reactions.readers import InvalidToken, new_reader, read_token


def test_a_token_names_its_reader_again() -> None:
    reader = new_reader()

    found = read_token(reader.token)

    assert found.id == reader.id


def test_no_two_readers_are_alike() -> None:
    assert len({new_reader().id for _ in range(1_000)}) == 1_000


def test_what_is_stored_does_not_hold_the_token() -> None:
    reader = new_reader()

    assert reader.token.split(".")[0].encode().hex() not in reader.id.hex


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_an_altered_token_is_refused(position: int, character: str) -> None:
    token = new_reader().token
    position %= len(token)
    altered = token[:position] + character + token[position + 1 :]

    assume(altered != token)

    with pytest.raises(InvalidToken):
        read_token(altered)


@given(st.text(max_size=300))
def test_a_foreign_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        read_token(token)


@pytest.mark.parametrize("kept", [0, 1, 10, 22, 23, 30, 40])
def test_a_truncated_token_is_refused(kept: int) -> None:
    with pytest.raises(InvalidToken):
        read_token(new_reader().token[:kept])


def test_an_expired_token_is_refused(settings: Settings) -> None:
    token = new_reader().token

    settings.READER_LIFETIME = timedelta(seconds=-1)

    with pytest.raises(InvalidToken):
        read_token(token)
