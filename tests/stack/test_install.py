"""The virtual environment that `make` makes."""

import subprocess
import sys
from pathlib import Path

import pytest

from newsroom.stack import install as installer
from tests.servers import PROJECT

INSTALL = PROJECT / "newsroom/stack/install.py"


def install(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, INSTALL, "a venv", "needs.txt"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_made_once_and_mended_until_all_is_there(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").write_text("./no-such-package\n")
    made = install(tmp_path)
    failed_again = install(tmp_path)
    (tmp_path / "needs.txt").write_text("# nothing\n")
    mended = install(tmp_path)
    idle = install(tmp_path)

    assert (made.returncode, "Making a venv" in made.stdout) == (1, True)
    assert (failed_again.returncode, "Making a venv" in failed_again.stdout) == (1, False)
    assert "no-such-package" in failed_again.stderr
    assert (mended.returncode, mended.stdout[:10]) == (0, "Installing")
    assert (idle.returncode, idle.stdout) == (0, "")


@pytest.mark.parametrize("made_by", ["3.9 {venv}", "{version} /elsewhere", ""])
def test_one_of_another_python_or_place_or_half_made_is_not_sound(
    tmp_path: Path, made_by: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").touch()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stamp = tmp_path / "python.stamp"
    stamp.write_text(f"{version} {tmp_path}")
    assert installer.is_sound(str(tmp_path))

    stamp.write_text(made_by.format(venv=tmp_path, version=version))

    assert not installer.is_sound(str(tmp_path))


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").touch()
    (tmp_path / "a venv").mkdir()
    (tmp_path / "a venv/letter").write_text("dear")

    refused = install(tmp_path)

    assert "no virtual environment" in refused.stderr
    assert (tmp_path / "a venv/letter").read_text() == "dear"


@pytest.mark.parametrize("program", ["newsroom/stack/install.py", "newsroom/stack/__main__.py"])
def test_an_old_python_is_told_so_in_one_sentence(program: str) -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 10, 14, 'final', 0); "
    run_it = f"sys.argv = ['it', '.venv']; runpy.run_path({program!r}, run_name='__main__')"

    refused = subprocess.run(
        [sys.executable, "-c", pretend + run_it],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("Newsroom needs Python 3.11 or newer")
    assert refused.stderr.count("\n") == 1


def test_make_alone_lists_the_targets() -> None:
    listed = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S607

    for target in ("run", "test", "test-fast", "lint", "bench", "bench-quick", "chaos"):
        assert f"\n{target} " in f"\n{listed.stdout}"
