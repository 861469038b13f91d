"""The pages in a real browser: accessible in every colour scheme, light in weight, still, and readable when enlarged."""

import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route

from tests.browser.conftest import Visitor
from tests.page_types import FULL, PAGES
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# Bytes over the wire without pictures, of a first visit.
MOST_BYTES = 60_000
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
# WCAG 2.2 AA, and what axe calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Pages that show the same as others, for these tests.
SAME = {"author", "tag", "german", "no results", "older", "search", "gone"}


@pytest.fixture(scope="module", autouse=True)
def stories(stack: RunningStack) -> Iterator[None]:
    """Stories for every type of page, in the running product; gone again afterwards."""
    _run(stack, "fill")
    yield
    _run(stack, "clear")


def _run(stack: RunningStack, name: str) -> None:
    code = f"from tests.page_types import {name}; {name}()"
    ran = stack.manage("shell", "--no-imports", "-c", code)
    assert ran.returncode == 0, ran.stderr


def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe finds wrong: the rule, the elements, and why."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: Any = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_every_page_is_accessible_in_light_dark_and_forced_colours(visitor: Visitor) -> None:
    # Without motion: else colours are on their way from one to the other. Axe sets styles, which the policy forbids.
    page = visitor("/", reduced_motion="reduce", bypass_csp=True)
    page.context.add_init_script(AXE)
    wrong: dict[str, list[str]] = {}
    for name in PAGES.keys() - SAME:
        page.emulate_media(color_scheme="light", forced_colors="none")
        page.goto(PAGES[name])
        wrong[name] = violations(page, RULES)
        page.emulate_media(color_scheme="dark")
        wrong[f"{name}, dark"] = violations(page, ["color-contrast"])
        page.emulate_media(forced_colors="active")
        wrong[f"{name}, forced colours"] = violations(page, ["color-contrast"])

    assert {name: found for name, found in wrong.items() if found} == {}


# Each shift of the layout, from before the first paint.
SHIFTS = (
    "window.shifts = []; new PerformanceObserver(list => shifts.push(...list.getEntries().map(each => each.value)))"
    ".observe({type: 'layout-shift', buffered: true})"
)


@pytest.mark.parametrize("path", ["/", f"/articles/{FULL}/"])
def test_a_first_visit_is_light_asks_no_other_site_and_keeps_still(
    path: str, visitor: Visitor, stack: RunningStack
) -> None:
    page = visitor("/nothing/", viewport={"width": 390, "height": 800}, timezone_id="Asia/Tokyo")
    page.context.add_init_script(SHIFTS)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.clearBrowserCache")
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))

    page.goto(path)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("shifts") == []
    assert all(each.url.startswith((stack.url, "data:")) for each in requests)
    sizes = [each.sizes() for each in requests if each.resource_type != "image"]
    weight = sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes)
    assert len(sizes) > 3
    assert weight <= MOST_BYTES


def test_a_time_that_is_longer_in_the_readers_zone_moves_nothing(visitor: Visitor) -> None:
    page = visitor("/nothing/", viewport={"width": 390, "height": 800})
    page.context.add_init_script(SHIFTS)

    def answer_late(route: Route) -> None:
        time.sleep(
            0.5
        )  # a slow network: a page that does not wait for the script has long been painted
        longer = "document.querySelectorAll('time[data-local]').forEach(each => { each.textContent = '7 December '.repeat(20) })"
        route.fulfill(body=longer, content_type="text/javascript")

    page.route("**/times*.js", answer_late)
    page.goto(f"/articles/{FULL}/")
    page.wait_for_load_state("networkidle")

    assert "7 December 7 December" in page.locator("time[data-local]").first.inner_text()
    assert page.evaluate("shifts") == []


def test_what_readers_loved_most_is_a_page_that_needs_no_script(visitor: Visitor) -> None:
    page = visitor("/", viewport={"width": 390, "height": 800}, java_script_enabled=False)

    page.locator(".colophon a", has_text="Most loved of the week").click()

    assert page.locator("h1").inner_text() == "Most loved of the week"
    stories = page.locator(".most .ranking > li")
    assert stories.count() >= 5  # others have what other tests press
    assert "The bridge is open" in stories.nth(1).inner_text()
    for number in range(5):
        assert stories.nth(number).is_visible()
        count = stories.nth(number).locator(".ranked .sum")
        assert count.inner_text() == f"Love {1_234 - number:,}"
    assert page.locator(".teaser-picture img").first.is_visible()


def test_times_are_also_in_the_readers_zone(visitor: Visitor) -> None:
    path = "/articles/assad-has-fled-syria-war-monitor-says/"
    line = "span:has-text('Published')"

    in_tokyo = visitor(path, timezone_id="Asia/Tokyo").locator(line).inner_text()
    at_the_sites = visitor(path, timezone_id="UTC").locator(line).inner_text()
    in_honolulu = visitor(path, timezone_id="Pacific/Honolulu").locator(line).inner_text()
    without_script = visitor(path, java_script_enabled=False).locator(line).inner_text()

    assert in_tokyo == "Published 8 December 2024, 12:23 in Damascus (18:23 GMT+9)"
    assert "12:23 in Damascus (7 December 2024, 23:23" in in_honolulu
    assert at_the_sites == without_script
    assert without_script == "Published 8 December 2024, 12:23 in Damascus (09:23 UTC)"


# WCAG 1.4.4, and 1.4.12 as its own words are.
LARGE = "html { font-size: 200% !important }"
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    "p { margin-bottom: 2em !important }"
)
# The texts that are wider or higher than their own box, which cuts them off.
CLIPPED = """() => [...document.querySelectorAll("body *")].filter(each => {
  const style = getComputedStyle(each);
  const isHidden = style.clipPath !== "none" || style.display === "none" || !each.textContent.trim();
  const cuts = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
  const isCut = each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
  return !isHidden && cuts && isCut;
}).map(each => each.className || each.nodeName)"""


# As a style sheet of the reader's own: the policy of the page allows no element with one.
STYLE = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [sheet];
}"""


def test_nothing_is_cut_off_or_wider_than_a_small_phone(visitor: Visitor) -> None:
    page = visitor("/", viewport={"width": 320, "height": 640})
    wrong = {}
    for name, path in PAGES.items():
        page.goto(path)
        for text in (" ", LARGE, SPACED):
            page.evaluate(STYLE, text)
            width = page.evaluate("document.documentElement.scrollWidth")
            cut = page.evaluate(CLIPPED)
            if width > 320 or cut:
                wrong[name, text] = (width, cut)

    assert wrong == {}


def test_the_sections_are_one_line_on_a_phone(visitor: Visitor) -> None:
    page = visitor("/", viewport={"width": 320, "height": 640})

    tops = page.eval_on_selector_all(".sections li", "all => all.map(each => each.offsetTop)")

    assert len(tops) > 2
    assert len(set(tops)) == 1
    last = page.locator(".sections a").last
    last.focus()
    box = last.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 320


@pytest.mark.parametrize("path", ["/", PAGES["section"]])
def test_the_lead_and_the_stories_beside_it_end_at_one_line(path: str, visitor: Visitor) -> None:
    page = visitor(path, viewport={"width": 1280, "height": 900})
    ends = [
        page.locator(".teaser-lead .meta").evaluate("each => each.getBoundingClientRect().bottom"),
        page.locator(".latest li").last.evaluate("each => each.getBoundingClientRect().bottom"),
    ]

    assert abs(ends[0] - ends[1]) <= 8  # pixels


def test_paper_has_the_story_and_nothing_that_only_a_screen_needs(visitor: Visitor) -> None:
    page = visitor(f"/articles/{FULL}/")
    page.emulate_media(media="print")

    shown = page.evaluate("document.body.innerText")

    assert "The bridge is open" in shown
    for text in (
        "Skip to content",
        "World and its provinces\nCulture",
        "Search",
        "Corrections",
        "·\n",
    ):
        assert text not in shown
    assert not page.locator("reader-reactions").first.is_visible()
    assert not page.locator(".head-search").is_visible()
