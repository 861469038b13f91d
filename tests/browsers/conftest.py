"""What takes a browser's patience, and other browsers: `make test-browsers`."""

from functools import cache
from pathlib import Path

import pytest

from tests.browser.conftest import (
    blocking_visitor,
    browser,
    chromium_path,
    host,
    playwright,
    reader,
    slugs,
    stranger,
    visitor,
)
from tests.browsers.drivers import BROWSERS, Browser
from tests.browsers.programs import NotFound

__all__ = [
    "blocking_visitor",
    "browser",
    "chromium_path",
    "host",
    "playwright",
    "reader",
    "slugs",
    "stranger",
    "visitor",
]


@cache
def _available() -> tuple[list[type[Browser]], list[str]]:
    """The other browsers that can be had, and why the rest cannot."""
    found, reasons = [], []
    for each in BROWSERS:
        try:
            each()
            found.append(each)
        except NotFound as error:
            reasons.append(f"{each.name} is not tested: {error}")
    return found, reasons


def pytest_report_header() -> list[str]:
    return _available()[1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "browser_type" in metafunc.fixturenames:
        found, _ = _available()
        metafunc.parametrize(
            "browser_type", found, ids=[each.name for each in found], scope="module"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without any of them its tests are not there, rather than skipped."""
    return (
        True if collection_path.name == "test_other_browsers.py" and not _available()[0] else None
    )
