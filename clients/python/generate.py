"""Generates src/newsroom_client/generated from docs/api.yaml: `make client`.

Enumerations become plain texts first, so that an installed client reads a kind, a state or a type of event that a later
release of Newsroom adds.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from openapi_python_client import generate as generate_client
from openapi_python_client.config import Config, ConfigFile, MetaType

_HERE = Path(__file__).resolve().parent
DOCUMENT = _HERE.parents[1] / "docs" / "api.yaml"
GENERATED = _HERE / "src" / "newsroom_client" / "generated"


def generate(folder: Path, document: Path = DOCUMENT) -> None:
    """Write the package into the folder, in place of what is there. Raises SystemExit where anything is left out."""
    api = yaml.safe_load(document.read_text("utf-8"))
    _open_enumerations(api)
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as temporary:
        path = Path(temporary) / "api.json"
        path.write_text(json.dumps(api, default=str))
        settings = ConfigFile(
            package_name_override="generated",
            post_hooks=[],
            # A body that a page sends without asking for leave: JSON by another name.
            content_type_overrides={"text/plain": "application/json"},
        )
        problems = generate_client(
            config=Config.from_sources(settings, MetaType.NONE, path, "utf-8", True, folder)
        )
    if problems:
        sys.exit("\n".join(f"{each.header}: {each.detail}" for each in problems))


def _open_enumerations(node: Any) -> None:
    """Take out `enum`, and the descriptions of its values, wherever it is of texts."""
    if isinstance(node, dict):
        values = node.get("enum")
        if isinstance(values, list) and all(isinstance(each, str | None) for each in values):
            del node["enum"]
            node.setdefault("type", "string")
        for each in node.values():
            _open_enumerations(each)
    elif isinstance(node, list):
        for each in node:
            _open_enumerations(each)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    parser.add_argument("--output", type=Path, default=GENERATED)
    options = parser.parse_args()
    generate(options.output, options.document)
