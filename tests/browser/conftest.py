"""A browser, and a separate visitor for each test."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import find_chromium
from tests.servers import RunningStack

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its module: while it runs there is an event loop, in which Django's ORM refuses to work."""
    with sync_playwright() as playwright:
        path = find_chromium(playwrights_own=playwright.chromium.executable_path)
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visitor(browser: Browser, stack: RunningStack) -> Iterator[Visitor]:
    """Opens a page in a browser of its own, as another visitor would. No page may report an error."""
    contexts = []
    errors: list[str] = []

    def visit(path: str, **options: object) -> Page:
        context = browser.new_context(base_url=stack.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []
