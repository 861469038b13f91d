"""The virtual environment that `make` makes."""

import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from newsroom.stack import install as installer
from newsroom.stack.install import entries_of
from newsroom.stack.lock import LOCKS, stale_pins
from tests.servers import PROJECT

INSTALL = PROJECT / "newsroom/stack/install.py"
MISMATCH = "Refused: a package is not the file whose hash the lock names"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a virtual environment, and an index of its own."""
    folder = tmp_path_factory.mktemp("install")
    (folder / "needs.txt").touch()
    install(folder)
    return folder


def install(folder: Path) -> "subprocess.CompletedProcess[str]":
    places = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "UV_CACHE_DIR": str(folder / "uv"),
    }
    without_uvs = {name: value for name, value in os.environ.items() if name[:3] != "UV_"}
    return subprocess.run(
        [sys.executable, INSTALL, "a venv", "needs.txt"],
        cwd=folder,
        env=without_uvs | places,
        capture_output=True,
        text=True,
        check=False,
    )


def wheel(folder: Path, name: str, program: str = "") -> str:
    """Puts a small package into the index; its entry in a lock file."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with ZipFile(path, "w") as file:
        if program:
            script = ZipInfo(f"{name}-1.0.data/scripts/{name}")
            script.external_attr = 0o100755 << 16
            file.writestr(script, program)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{sha256(path.read_bytes()).hexdigest()}\n"


def uv_that(folder: Path, does: str) -> str:
    (folder / "a venv/bin/uv").unlink(missing_ok=True)
    for left in (folder / "a venv").glob("lib/python*/site-packages/uv-*"):
        shutil.rmtree(left)
    return wheel(folder, "uv", f"#!/bin/sh\n{does}\n")


def tampered(entry: str) -> str:
    return re.sub(r":[0-9a-f]{8}", ":00000000", entry)


def installed(folder: Path) -> set[str]:
    return {
        found.name.split("-")[0] for found in folder.glob("a venv/lib/*/site-packages/*.dist-info")
    }


def test_it_is_made_once_and_repaired_until_complete(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").write_text("no-such-package==1 --hash=sha256:00\n")
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


def test_uv_installs_from_where_pip_would(folder: Path) -> None:
    uv = uv_that(folder, f'echo called > called; exec {sys.prefix}/bin/uv "$@"')
    (folder / "needs.txt").write_text(uv + wheel(folder, "by_uv"))

    done = install(folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert "pip " not in done.stdout
    assert (folder / "called").exists()
    assert {"uv", "by_uv"} <= installed(folder)


@pytest.mark.parametrize("trouble", ["no wheel", "does not run", "fails"])
def test_pip_installs_where_uv_cannot(folder: Path, trouble: str) -> None:
    name = f"by_pip_{trouble.replace(' ', '_')}"
    uv = uv_that(folder, "exit 1" if trouble == "fails" else "exec /no/such/loader")
    if trouble == "no wheel":
        (folder / "uv-1.0-py3-none-any.whl").unlink()
    (folder / "needs.txt").write_text(uv + wheel(folder, name))

    done = install(folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert "pip " in done.stdout
    assert name in installed(folder)


@pytest.mark.parametrize("what", ["uv", "by uv", "by pip"])
def test_a_package_of_another_hash_is_refused(folder: Path, what: str) -> None:
    name = f"other_{what.replace(' ', '_')}"
    uv, package = uv_that(folder, f'exec {sys.prefix}/bin/uv "$@"'), wheel(folder, name)
    lock = {
        "uv": tampered(uv) + package,
        "by uv": uv + tampered(package),
        "by pip": tampered(package),
    }
    (folder / "needs.txt").write_text(lock[what])

    refused = install(folder)

    assert refused.returncode == 1
    assert MISMATCH in refused.stderr
    assert ("Hash mismatch" in refused.stderr) == (what == "by uv")  # in uv's words
    assert name not in installed(folder)


def test_a_refused_package_is_refused_again(folder: Path) -> None:
    (folder / "needs.txt").write_text(tampered(wheel(folder, "other_again")))

    refused = [install(folder).returncode for _ in range(2)]

    assert refused == [1, 1]


def test_uv_gets_the_configuration_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://all.test/simple\ncert = /all.pem\n"
        "extra-index-url =\n  https://one.test/\n  https://two.test/\n"
        "[install]\ncert = /install.pem\nfind-links = /one /two\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:it's@here.test/simple")
    monkeypatch.setenv("UV_FIND_LINKS", "/uv's own")

    environment = installer.uv_environment(sys.executable)

    assert environment["UV_DEFAULT_INDEX"] == "https://me:it's@here.test/simple"
    assert environment["UV_INDEX"] == "https://one.test/ https://two.test/"
    assert environment["SSL_CERT_FILE"] == "/install.pem"
    assert environment["UV_FIND_LINKS"] == "/uv's own"


def test_the_lock_files_have_what_is_required() -> None:
    assert stale_pins(PROJECT) == []


def test_a_lock_file_that_is_behind_is_found(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# What\nA.b[c]==2 ; os == 'x'  # why\nd==1\ne==1\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (tmp_path / "requirements.lock").write_text("a-b==2 \\\n    --hash=x\nd==2 --hash=x\ne==1\n")
    (tmp_path / "requirements-dev.lock").touch()

    assert stale_pins(tmp_path) == ["d==1", "e==1"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_a_hash_for_each_pin_and_names_no_index(name: str) -> None:
    header, *entries = entries_of(str(PROJECT / name))
    pins = [entry for entry in entries if not entry.startswith("#")]

    assert header.startswith("#")
    assert [
        entry
        for entry in pins
        if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:", entry, re.DOTALL)
    ] == []
    assert "://" not in "".join(entries)


def test_tools_run_beside_the_very_packages_of_the_product() -> None:
    product, everything = (
        {entry.split("    # via")[0] for entry in entries_of(str(PROJECT / name))}
        for name in ("requirements.lock", "requirements-dev.lock")
    )

    assert product <= everything


@pytest.mark.parametrize("made_by", ["3.9 {venv}", "{version} /elsewhere", ""])
def test_an_environment_of_another_python_or_place_or_half_made_is_rebuilt(
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


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").touch()
    (tmp_path / "a venv").mkdir()
    (tmp_path / "a venv/letter").write_text("dear")

    refused = install(tmp_path)

    assert "no virtual environment" in refused.stderr
    assert (tmp_path / "a venv/letter").read_text() == "dear"


@pytest.mark.parametrize("program", ["newsroom/stack/install.py", "newsroom/stack/__main__.py"])
def test_an_old_python_is_refused_in_one_sentence(program: str) -> None:
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

    for target in ("run", "test", "test-fast", "lint", "bench", "bench-quick", "chaos", "lock"):
        assert f"\n{target} " in f"\n{listed.stdout}"
