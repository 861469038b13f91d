"""The element of the Open Heart Protocol, as its authors publish it, and a form, on pages of another site.

The element is a package of tests/javascript; where that is not installed, this file is not collected (conftest.py).
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OPEN_HEART_ELEMENT, Open
from tests.browser.hosts import HostSite
from tests.load import Api
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

BODY = """
<open-heart href="{url}" emoji="❤️">♥</open-heart>
<form action="{url}" method="post" enctype="text/plain"><button name="😢">😢</button></form>
"""


def show(site: HostSite, slug: str) -> str:
    script = OPEN_HEART_ELEMENT.read_text("utf-8")
    site.file("/element.js", script, headers={"Content-Type": "text/javascript"})
    return site.page(
        f"/{slug}",
        BODY.format(url=f"{site.api}/openheart/{slug}"),
        head='<script type="module" src="/element.js"></script>',
        headers={},
    )


def counts(stack: RunningStack, slug: str) -> dict[str, int]:
    with Api(stack.url) as api:
        found = api.ask("GET", f"articles/{slug}/reactions/")["counts"]
    assert isinstance(found, dict)
    return {kind: count for kind, count in found.items() if count}


def press(page: Page) -> None:
    with page.expect_response(lambda answer: "/openheart/" in answer.url):
        page.locator("open-heart").click()


def test_the_element_counts_once_and_reads_the_count(
    stack: RunningStack, host: HostSite, slugs: Iterator[str], reader: Open
) -> None:
    slug = next(slugs)
    page = reader(show(host, slug))

    press(page)
    expect(page.locator("open-heart")).to_have_attribute("aria-pressed", "true")
    page.evaluate("localStorage.clear()")
    page.reload()
    press(page)
    page.wait_for_timeout(1_000)  # a second count would be public by then
    page.evaluate("document.querySelector('open-heart').getCount()")

    expect(page.locator("open-heart")).to_have_attribute("count", "1")
    assert counts(stack, slug) == {"love": 1}


def test_a_form_leads_to_the_story(
    stack: RunningStack, host: HostSite, slugs: Iterator[str], reader: Open
) -> None:
    slug = next(slugs)
    page = reader(show(host, slug))

    page.get_by_role("button", name="😢").click()

    page.wait_for_url(f"**/articles/{slug}/")
    for _ in range(100):
        if found := counts(stack, slug):
            break
        page.wait_for_timeout(50)
    assert found == {"sad": 1}


def test_a_page_of_no_site_changes_nothing(
    stack: RunningStack, stranger: HostSite, slugs: Iterator[str], reader: Open
) -> None:
    slug = next(slugs)
    page = reader(show(stranger, slug))

    press(page)

    page.wait_for_timeout(1_000)  # a count would be public by then
    assert counts(stack, slug) == {}
