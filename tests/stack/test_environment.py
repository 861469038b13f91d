"""The recorded environment: URLs of the servers, and secrets."""

import stat
from pathlib import Path

import pytest

from newsroom.stack.environment import (
    broker_url_of,
    load_or_create_secrets,
    record_environment,
    recorded_environment,
)


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    values = {"SECRET_KEY": "a=b#c", "DATABASE_URL": "postgresql://newsroom@%2Ftmp/newsroom"}

    record_environment(tmp_path, {"SECRET_KEY": "of before"})
    record_environment(tmp_path, values)

    assert recorded_environment(tmp_path) == values


def test_the_record_is_for_its_owner_alone(tmp_path: Path) -> None:
    record_environment(tmp_path, {"SECRET_KEY": "x"})

    assert stat.S_IMODE((tmp_path / "environment").stat().st_mode) == 0o600


@pytest.mark.parametrize("folder", ["empty", "environment/below-a-file"])
def test_a_folder_without_a_record_gives_no_environment(tmp_path: Path, folder: str) -> None:
    (tmp_path / "environment").touch()

    assert recorded_environment(tmp_path / folder) == {}


def test_secrets_are_made_once_and_differ() -> None:
    made = load_or_create_secrets({})

    assert made["SECRET_KEY"] != made["READER_KEY"]
    assert load_or_create_secrets(made) == made


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("unix:///tmp/x/valkey.sock", "redis+socket:///tmp/x/valkey.sock"),
        ("unix:///tmp/x/valkey.sock?db=0", "redis+socket:///tmp/x/valkey.sock"),
        ("unix:///tmp/v.sock?db=2", "redis+socket:///tmp/v.sock?virtual_host=2"),
        ("unix://:secret@/tmp/v.sock", "redis+socket://:secret@/tmp/v.sock"),
        ("redis://localhost:6379/1", "redis://localhost:6379/1"),
        ("rediss://u:p@host/0", "rediss://u:p@host/0"),
    ],
)
def test_the_broker_url_is_the_redis_url_in_celerys_form(redis_url: str, broker_url: str) -> None:
    assert broker_url_of(redis_url) == broker_url
