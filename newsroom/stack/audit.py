"""Asks for known vulnerabilities of the packages in requirements.lock, with pip-audit. `make audit` runs it, and CI.

Exit code 1 where there is one. Where no advisories can be had, as behind a mirror of packages alone, it says so.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIP_AUDIT = "pip-audit==2.10.1"
_PATIENCE_SECONDS = 60


def main() -> str | None:
    command = [str(Path(sys.executable).with_name("uv")), "tool", "run", PIP_AUDIT]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", "--requirement", "requirements.lock"]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as reason:
        _not_audited(str(reason))
        return None
    return judge(ran.stdout)


def judge(report: str) -> str | None:
    """What is wrong, by the report of pip-audit; None where nothing is, or where there are no advisories."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        _not_audited("pip-audit has no report")
        return None
    asked = [each for each in packages if "skip_reason" not in each]
    if not asked:
        _not_audited("no advisories can be had here")
        return None
    if found := list(_vulnerabilities(asked)):
        return "\n".join(["Known vulnerabilities:", *found])
    _say(f"{len(asked)} of {len(packages)} packages have no known vulnerability.")
    return None


def _vulnerabilities(packages: list[Any]) -> Iterator[str]:
    for package in packages:
        for each in package["vulns"]:
            fixed = ", ".join(each.get("fix_versions", [])) or "none"
            yield f"  {package['name']} {package['version']}: {each['id']}, fixed in {fixed}"


def _not_audited(reason: str) -> None:
    _say(f"Packages not audited: {reason}.")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
