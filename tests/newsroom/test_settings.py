"""The settings that an installation gives in its environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("REACTIONS_PER_NETWORK_STORY", "REACTIONS_PER_NETWORK_ARTICLE"),
        ("REACTIONS_UNREAD_PER_HOUR", "REACTIONS_WITHOUT_PAGE_PER_HOUR"),
    ],
)
def test_a_renamed_setting_is_refused_with_its_new_name(old: str, new: str) -> None:
    """An old name that were ignored would leave an installation with another limit than its own."""
    started = start_with({old: "7"})

    assert started.returncode != 0
    assert f"{old} is called {new} since release 0.2.0: rename it." in started.stderr


def test_a_component_that_does_not_exist_is_refused() -> None:
    started = start_with({"READYZ_COMPONENTS": "postgresql,postgres"})

    assert started.returncode != 0
    assert "READYZ_COMPONENTS has unknown names: postgres." in started.stderr


def start_with(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "import newsroom.settings"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
