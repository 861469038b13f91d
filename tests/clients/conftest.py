"""The Python client, generated for these tests beside a copy of what is written by hand."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.servers import PROJECT

CLIENT = PROJECT / "clients" / "python"


def load_generator() -> Callable[[Path], None]:
    spec = importlib.util.spec_from_file_location("generate_client", CLIENT / "generate.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    generate: Callable[[Path], None] = module.generate
    return generate


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole package, importable."""
    source = tmp_path_factory.mktemp("client")
    folder = source / "newsroom_client"
    ignored = shutil.ignore_patterns("generated", "__pycache__")
    shutil.copytree(CLIENT / "src" / "newsroom_client", folder, ignore=ignored)
    load_generator()(folder / "generated")
    sys.path.insert(0, str(source))
    return folder


@pytest.fixture(scope="session")
def client(package: Path) -> ModuleType:
    return importlib.import_module("newsroom_client")
