"""The recorded environment: URLs of the servers, and secrets."""

import re
import stat
from pathlib import Path

import pytest

from newsroom.stack.environment import (
    SECRET_SETTINGS,
    broker_url_of,
    load_or_create_secrets,
    record_environment,
    recorded_environment,
    with_secret_files,
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


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")

    found = with_secret_files(
        {"READER_KEY_FILE": str(tmp_path / "key"), "METRICS_TOKEN": "x", "WORKER_ALIVE_FILE": "y"}
    )

    assert found == {"READER_KEY": "s3cret", "METRICS_TOKEN": "x", "WORKER_ALIVE_FILE": "y"}


def test_a_secret_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "key").write_text("s3cret")

    for environment, says in (
        ({"SECRET_KEY_FILE": str(tmp_path / "none")}, "SECRET_KEY_FILE cannot be read"),
        ({"SECRET_KEY_FILE": str(tmp_path / "empty")}, "SECRET_KEY_FILE is empty"),
        (
            {"SECRET_KEY_FILE": str(tmp_path / "key"), "SECRET_KEY": "x"},
            "SECRET_KEY and SECRET_KEY_FILE are both set",
        ),
    ):
        with pytest.raises(ValueError, match=says) as refused:
            with_secret_files(environment)
        assert "s3cret" not in str(refused.value)


def test_every_setting_with_a_secret_may_be_in_a_file() -> None:
    """Those of the settings whose names say that they are secret."""
    settings = (Path(__file__).parents[2] / "newsroom" / "settings.py").read_text()
    named = {*re.findall(r'(?:text|required|words)\("(\w+)"', settings)}
    looks_secret = re.compile(r"(?:^|_)(?:KEY|KEYS|TOKEN|PASSWORD|SECRET|FALLBACKS|PREVIOUS)$")

    assert {name for name in named if looks_secret.search(name)} <= {*SECRET_SETTINGS}
    assert {"DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL"} <= {*SECRET_SETTINGS}
