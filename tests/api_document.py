"""docs/api.yaml as tests read it: by libyaml, which takes a tenth of the time, and once in a process."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

API = Path(__file__).parents[1] / "docs" / "api.yaml"


def parse(text: str | bytes) -> Any:
    return yaml.load(text, yaml.CSafeLoader)  # as safe as SafeLoader


@cache
def read_document(path: Path = API) -> Any:
    """Not to be changed: all tests share it."""
    return parse(path.read_text("utf-8"))
