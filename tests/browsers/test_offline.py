"""Choices that wait in the browser, on many articles, over a reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_widget import button, counts, eventually, status
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_choices_made_offline_are_sent_later_also_after_a_reload(
    visitor: Visitor, slugs: Iterator[str], stack: RunningStack
) -> None:
    articles = [next(slugs) for _ in range(5)]
    page = visitor(f"/articles/{articles[0]}/")
    pages = [page, *(page.context.new_page() for _ in range(4))]
    for slug, each in zip(articles, pages, strict=False):
        each.goto(f"/articles/{slug}/")
        # Its texts are there.
        each.wait_for_function(
            "performance.getEntriesByType('resource').some(({name}) => /embed.*json/.test(name))"
        )
    page.context.set_offline(True)
    for each in pages:
        button(each, "Like").click()
        button(each, "Wow").click()
        expect(status(each)).to_have_text(
            "You are offline. Your reaction waits in this browser and is sent later."
        )
        expect(button(each, "Wow")).to_have_attribute("aria-pressed", "true")
    for each in pages[1:]:
        each.close()

    page.context.set_offline(False)
    page.goto("/")
    page.goto(f"/articles/{articles[0]}/")

    for slug in articles[:5]:
        eventually(lambda slug=slug: counts(stack, slug).get("wow") == 1, page, seconds=30)  # type: ignore[misc]
    page.wait_for_function("localStorage.length === 0")
