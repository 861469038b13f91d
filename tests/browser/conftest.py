"""A browser, and a separate visitor for each test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.hosts import SECRET, SITES, HostSite, host_site
from tests.servers import PROJECT, RunningStack

Visitor = Callable[..., Page]
Open = Callable[..., Page]

OPEN_HEART_ELEMENT = PROJECT / "tests/javascript/node_modules/open-heart-element/dist/index.js"
collect_ignore = [] if OPEN_HEART_ELEMENT.exists() else ["test_open_heart.py"]

ARTICLES = 40  # more than the tests of one module use

SWITCHES = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Ends with its module: while it runs there is an event loop, in which Django's ORM refuses to work."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium_path(playwright: Playwright) -> str:
    return find_chromium(playwrights_own=playwright.chromium.executable_path)


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=chromium_path, args=SWITCHES)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def remembering_browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """One that keeps pages for the history alive, as browsers do outside tests."""
    chromium = playwright.chromium.launch(
        executable_path=chromium_path,
        args=SWITCHES,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def slugs(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Slugs of articles without reactions, published together: a command takes seconds to start."""
    folder = tmp_path_factory.mktemp("stories")
    made = [f"story-{uuid4().hex[:8]}" for _ in range(ARTICLES)]
    for slug in made:
        text = f"---\nheadline: The bridge is open\nslug: {slug}\n---\n\nIt is.\n"
        (folder / f"{slug}.md").write_text(text)
    published = stack.manage("publish", *folder.iterdir())
    assert published.returncode == 0, published.stderr
    return iter(made)


@pytest.fixture
def blocking_visitor(
    playwright: Playwright, chromium_path: str, stack: RunningStack, tmp_path: Path
) -> Iterator[Visitor]:
    """Opens a page in a Chromium whose user has blocked all cookies in its settings."""
    preferences = tmp_path / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    block = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    preferences.write_text(json.dumps(block))
    contexts = []

    def visit(path: str, **options: object) -> Page:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium_path,
            args=SWITCHES,
            base_url=stack.url,
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(browser: Browser, stack: RunningStack) -> Iterator[Visitor]:
    """Opens a page in a browser of its own, as another visitor would. No page may report an error, or violate its policy."""
    contexts = []
    errors: list[str] = []

    def visit(path: str, **options: object) -> Page:
        context = browser.new_context(base_url=stack.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security" in said.text else None,
        )
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def host(stack: RunningStack) -> Iterator[HostSite]:
    """A site that the installation lists."""
    with host_site(stack.url) as site:
        made = stack.manage("shell", "-c", SITES.format(origin=site.origin, secret=SECRET))
        assert made.returncode == 0, made.stderr
        yield site


@pytest.fixture(scope="module")
def stranger(stack: RunningStack) -> Iterator[HostSite]:
    """A site that it does not list."""
    with host_site(stack.url) as site:
        yield site


@pytest.fixture
def reader(browser: Browser) -> Iterator[Open]:
    """Opens a page in a browser of its own. None may report an error, and none violates the policy of its page."""
    contexts = []
    errors: list[str] = []

    def visit(url: str, *, script: str = "", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        if script:
            context.add_init_script(script)
        context.on("weberror", lambda found: errors.append(str(found.error)))
        context.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security" in said.text else None,
        )
        page = context.new_page()
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []
