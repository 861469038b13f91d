"""Live counts in a browser: one stream for all its tabs, and what happens where there is none."""

from uuid import uuid4

import pytest
from playwright.sync_api import CDPSession, Locator, Page, Request, Route, expect

from tests.browser.conftest import Visitor
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ROUNDS = 10


@pytest.fixture(scope="module")
def article(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of an article."""
    slug = f"live-{uuid4().hex[:8]}"
    file = tmp_path_factory.mktemp("stories") / "story.md"
    file.write_text(f"---\nheadline: The bridge is open\nslug: {slug}\n---\n\nIt is.\n")
    published = stack.manage("publish", file)
    assert published.returncode == 0, published.stderr
    return f"/articles/{slug}/"


class Streams:
    """The streams that are open in a page and in those that it opens, and how many polls there were."""

    def __init__(self, page: Page) -> None:
        self.open: set[Request] = set()
        self.opened = 0
        self.polls = 0
        page.context.on("request", self._note)
        for event in ("requestfailed", "requestfinished"):
            page.context.on(event, lambda request: self.open.discard(request))

    def _note(self, request: Request) -> None:
        if "/live/" in request.url:
            self.open.add(request)
            self.opened += 1
        elif "/reactions/?" in request.url:
            self.polls += 1


def love(page: Page) -> Locator:
    return page.get_by_role("button", name="Love", exact=True)


def number(page: Page) -> Locator:
    return love(page).locator(".count")


def follow(pages: list[Page], other: Page, *, timeout: float) -> None:
    """Another reader loves the article, or takes it back: all these pages show it in time."""
    before = number(other).inner_text()
    other.wait_for_timeout(600)  # else it is a double click
    love(other).click()
    expect(number(other)).not_to_have_text(before)
    after = number(other).inner_text()
    for page in pages:
        expect(number(page)).to_have_text(after, timeout=timeout)


def freeze(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    return session


def test_twelve_tabs_have_one_stream_and_all_follow(visitor: Visitor, article: str) -> None:
    first, other = visitor(article), visitor(article)
    streams = Streams(first)
    first.reload()
    tabs = [first]
    for _ in range(11):
        tabs.append(first.context.new_page())
        tabs[-1].goto(article)
    expect(love(tabs[-1])).to_be_visible(timeout=2_000)

    follow(tabs, other, timeout=3_000)

    assert len(streams.open) == 1


def test_a_frozen_leader_is_replaced_and_does_not_come_back_with_a_second_stream(
    visitor: Visitor, article: str
) -> None:
    leader, other = visitor(article), visitor(article)
    streams = Streams(leader)
    leader.reload()
    leader.wait_for_timeout(500)
    follower = leader.context.new_page()
    follower.goto(article)
    follower.wait_for_timeout(1_500)

    for _ in range(ROUNDS):
        session = freeze(leader)
        follower.wait_for_timeout(3_000)
        follow([follower], other, timeout=2_000)
        session.send("Page.setWebLifecycleState", {"state": "active"})
        leader.wait_for_timeout(1_500)

    follow([leader, follower], other, timeout=3_000)
    assert len(streams.open) == 1


def test_where_the_stream_is_refused_the_page_polls_and_is_live_again_by_itself(
    visitor: Visitor, article: str
) -> None:
    page, other = visitor(article), visitor(article)
    streams = Streams(page)

    def refuse(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}")

    page.route("**/live/**", refuse)
    page.reload()
    follow([page], other, timeout=20_000)
    assert streams.polls > 0

    page.unroute("**/live/**")
    with page.expect_response(lambda answer: "/live/" in answer.url and answer.ok, timeout=30_000):
        pass
    follow([page], other, timeout=3_000)


def test_a_stream_that_a_proxy_swallows_is_given_up_for_polling(
    visitor: Visitor, article: str
) -> None:
    page, other = visitor(article), visitor(article)
    streams = Streams(page)
    page.route("**/live/**", lambda route: None)
    page.reload()

    follow([page], other, timeout=25_000)

    assert streams.opened <= 3


def test_a_press_that_hangs_says_so_and_is_sent_again(visitor: Visitor, article: str) -> None:
    page = visitor(article)
    page.route("**/mine/", lambda route: None, times=1)

    love(page).click()

    expect(page.get_by_role("status")).to_have_text("Still sending…")
    expect(page.get_by_role("status")).to_have_text("Your reaction: Love.", timeout=15_000)
