"""Freezes the widget's module as it is, under the version in pyproject.toml: `make embed-release` runs it.

Pages of others load it by an address with the version, and may name its hash (`integrity`). So a release is a file in the
tree, which no later build, minifier or setting changes; `releases.json` has the hash of each.
"""

import json
import os
import sys
import tomllib
from pathlib import Path

import django


def main(folder: Path | None = None) -> str | None:
    from reactions.http.releases import FOLDER, MANIFEST, freeze, integrity_of

    folder = folder or FOLDER
    manifest = folder / MANIFEST.name
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    made: dict[str, str] = json.loads(manifest.read_text()) if manifest.exists() else {}
    content = freeze(version)
    integrity = integrity_of(content)
    if made.get(version, integrity) != integrity:
        return f"{version} is released with other bytes: raise the version in pyproject.toml."
    (folder / f"{version}.js").write_bytes(content)
    manifest.write_text(json.dumps(made | {version: integrity}, indent=2) + "\n")
    print(f"/embed/{version}/reactions.js {integrity}")  # noqa: T201
    return None


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    sys.exit(main())
