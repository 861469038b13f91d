"""Writes the lock files with uv: the pin and the hashes of every package, direct or transitive. `make lock` runs it.

One resolution for every Python from 3.11 and every platform, with environment markers. With `--check` it needs no
network, and names the direct requirements that the lock files do not have.
"""

import re
import subprocess
import sys
from pathlib import Path

from newsroom.stack.install import entries_of, uv_environment

# The tools first: the product gets the versions that also satisfy the tools.
LOCKS = {"requirements-dev.lock": "requirements-dev.txt", "requirements.lock": "requirements.txt"}
PIN = re.compile(r"([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)")


def main(words: list[str]) -> str | None:
    if "--check" in words:
        stale = stale_pins(Path())
        return f"Run `make lock`: the lock files do not have {', '.join(stale)}." if stale else None
    try:
        for lock, requirements in LOCKS.items():
            compile_lock(lock, requirements, words)
    except (OSError, subprocess.CalledProcessError) as reason:
        return f"uv could not make the lock files: {reason}"
    return None


def compile_lock(lock: str, requirements: str, words: list[str]) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--annotation-style", "line"]
    command += ["--custom-compile-command", "make lock"]
    if lock != "requirements-dev.lock":
        command += ["--constraint", "requirements-dev.lock"]
    # One index only: a further one may hold some of a version's files, and so some of its hashes.
    environment = uv_environment(sys.executable, more_indexes=False)
    subprocess.run([*command, *words, requirements, "-o", lock], env=environment, check=True)


def stale_pins(folder: Path) -> list[str]:
    """The direct requirements that a lock file has in another version, without hash, or not."""
    stale = []
    for lock, requirements in LOCKS.items():
        locked = {pin(entry) for entry in entries_of(str(folder / lock)) if "--hash=" in entry}
        lines = (folder / requirements).read_text().splitlines()
        stale += [
            f"{name}=={version}"
            for name, version in map(pin, lines)
            if name and (name, version) not in locked
        ]
    return stale


def pin(line: str) -> tuple[str, str]:
    found = PIN.match(line)
    return (re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]) if found else ("", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
