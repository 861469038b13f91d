"""Readers at an article's page, in a real browser, against the running product."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import Visitor
from tests.servers import RunningStack

Say = Callable[..., None]

DOUBLE_CLICK_MS = 550

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def article(slugs: Iterator[str]) -> str:
    """The path of an article without reactions."""
    return f"/articles/{next(slugs)}/"


@pytest.fixture(scope="module")
def say(stack: RunningStack) -> Say:
    """Sets an article's policy, as a program of the desk does."""
    issued = stack.manage("issue_key", "Desk", "--scopes", "reactions:manage")
    key = issued.stdout.split()[-1]

    def put(article: str, **policy: object) -> None:
        url = f"{stack.url}api/v1{article}reactions/policy/"
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = json.dumps(policy).encode()
        call = urllib.request.Request(url, body, headers, method="PUT")  # noqa: S310  # it begins with http
        with urllib.request.urlopen(call, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200

    return put


def button(page: Page, kind: str) -> "Button":
    return Button(page, kind)


class Button:
    """One button of the widget, found by its name as a reader finds it."""

    def __init__(self, page: Page, kind: str) -> None:
        self.locator = page.get_by_role("button", name=kind.capitalize(), exact=True)

    def press(self) -> None:
        self.locator.click()

    def press_again(self) -> None:
        """A second press that is no double click."""
        self.locator.page.wait_for_timeout(DOUBLE_CLICK_MS)
        self.locator.click()

    def shows(self, count: int) -> None:
        """Its number; without reactions there is none."""
        number = re.compile(r"^0?$") if count == 0 else str(count)
        expect(self.locator.locator(".count")).to_have_text(number)

    def is_pressed(self, pressed: bool = True) -> None:
        expect(self.locator).to_have_attribute("aria-pressed", str(pressed).lower())


def total(page: Page) -> Locator:
    """How many reacted, below the buttons."""
    return page.locator("#reactions .sum")


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def test_a_reader_loves_an_article_and_everyone_sees_it(visitor: Visitor, article: str) -> None:
    one, other = visitor(article), visitor(article)
    button(other, "love").shows(0)

    button(one, "love").press()

    button(one, "love").shows(1)
    button(one, "love").is_pressed()
    button(other, "love").shows(1)  # by itself, on a page that is already open
    button(other, "love").is_pressed(False)
    button(visitor(article), "love").shows(1)
    one.reload()
    button(one, "love").is_pressed()
    button(one, "love").shows(1)


def test_a_reader_changes_their_mind_and_takes_it_back(visitor: Visitor, article: str) -> None:
    page = visitor(article)
    button(page, "love").press()
    button(page, "love").shows(1)

    button(page, "sad").press()
    button(page, "sad").shows(1)
    button(page, "love").shows(0)
    button(page, "love").is_pressed(False)

    button(page, "sad").press_again()
    button(page, "sad").shows(0)
    page.reload()
    button(page, "sad").is_pressed(False)


def test_a_page_from_the_history_shows_what_was_chosen_since(
    visitor: Visitor, article: str
) -> None:
    page = visitor(article)
    button(page, "love").press()
    expect(status(page)).to_have_text("Your reaction: Love.")
    page.goto("/")

    page.go_back()

    button(page, "love").is_pressed()
    button(page, "love").press_again()
    expect(status(page)).to_have_text("Your reaction was taken back.")
    page.go_forward()
    page.go_back()
    button(page, "love").is_pressed(False)
    button(page, "love").shows(0)


def test_a_tab_that_is_shown_again_has_what_was_chosen_in_another(
    visitor: Visitor, article: str
) -> None:
    page = visitor(article)
    button(page, "love").press()
    expect(status(page)).to_have_text("Your reaction: Love.")
    other = page.context.new_page()
    other.goto(article)
    button(other, "sad").press()
    expect(status(other)).to_have_text("Your reaction: Sad.")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    button(page, "sad").is_pressed()
    button(page, "love").is_pressed(False)


def test_an_article_that_closes_under_an_open_page_says_so_and_opens_again(
    visitor: Visitor, article: str, say: Say
) -> None:
    page = visitor(article)
    button(page, "love").press()
    expect(status(page)).to_have_text("Your reaction: Love.")

    say(article, state="closed")

    expect(total(page)).to_contain_text("Reactions are closed.", timeout=2_000)
    expect(status(page)).to_have_text("Reactions to this story have just been closed.")
    expect(button(page, "sad").locator).to_be_disabled()
    button(page, "love").shows(1)
    say(article, state="open")
    expect(button(page, "sad").locator).to_be_enabled(timeout=2_000)


def test_a_press_on_an_article_that_closed_unnoticed_says_so(
    visitor: Visitor, article: str, say: Say
) -> None:
    page = visitor(article)
    page.route("**/live/**", lambda route: route.abort())
    page.route("**/reactions/?*", lambda route: route.abort())
    page.reload()
    say(article, state="closed")

    button(page, "sad").press()

    expect(status(page)).to_have_text("Reactions to this story have just been closed.")
    button(page, "sad").is_pressed(False)


def test_a_reader_may_undo_a_kind_that_is_no_longer_allowed(
    visitor: Visitor, article: str, say: Say
) -> None:
    page = visitor(article)
    button(page, "funny").press()
    expect(status(page)).to_have_text("Your reaction: Funny.")

    say(article, allowed=["sad"])

    expect(button(page, "wow").locator).to_be_disabled()
    button(page, "funny").press_again()
    button(page, "funny").shows(0)
    expect(button(page, "funny").locator).to_be_disabled()


def test_rapid_clicks_end_in_the_last_one(visitor: Visitor, article: str) -> None:
    page = visitor(article)

    for kind in ("like", "love", "funny", "angry", "sad", "wow"):
        button(page, kind).press()

    expect(total(page)).to_have_text("You are the first")
    button(page, "wow").is_pressed()
    page.reload()
    button(page, "wow").is_pressed()
    button(page, "wow").shows(1)
    expect(total(page)).to_have_text("You are the first")


def test_the_widget_works_without_javascript(visitor: Visitor, article: str) -> None:
    page = visitor(article, java_script_enabled=False)

    button(page, "wow").press()

    expect(page).to_have_url(re.compile(r"#reactions$"))
    button(page, "wow").is_pressed()
    button(visitor(article), "wow").shows(1)
    button(page, "wow").press()
    button(page, "wow").is_pressed(False)


def requests_of(page: Page) -> list[tuple[str, str, bool]]:
    """The reader’s requests from now on, views left out: method, last part of the path, and whether a token is in a header."""
    sent: list[tuple[str, str, bool]] = []

    def note(request: Request) -> None:
        if request.method != "GET" and not request.url.endswith("/views/"):
            last = request.url.rstrip("/").rpartition("/")[2]
            sent.append((request.method, last, "authorization" in request.headers))

    page.on("request", note)
    return sent


def test_a_first_press_gets_the_reader_and_a_press_whose_answer_is_lost_counts_once(
    visitor: Visitor, article: str
) -> None:
    page = visitor(article)
    sent = requests_of(page)

    def lose(route: Route) -> None:
        route.fetch()  # recorded, and no answer comes
        route.abort()

    page.route("**/mine/", lose, times=1)
    button(page, "love").press()

    expect(status(page)).to_have_text("Your reaction: Love.", timeout=10_000)
    assert sent == [("POST", "readers", False), ("PUT", "mine", False), ("PUT", "mine", False)]
    button(page, "love").shows(1)
    expect(total(page)).to_have_text("You are the first")
    button(visitor(article), "love").shows(1)
    button(page, "love").press()
    expect(status(page)).to_have_text("Your reaction was taken back.")
    button(visitor(article), "love").shows(0)


def test_two_tabs_that_are_pressed_at_once_are_one_reader(visitor: Visitor, article: str) -> None:
    tabs = [visitor(article)]
    tabs.append(tabs[0].context.new_page())
    tabs[1].goto(article)
    held: list[Route] = []
    tabs[0].context.route("**/readers/", lambda route: held.append(route), times=1)

    for tab, kind in zip(tabs, ("love", "sad"), strict=True):
        with tab.expect_request("**/readers/") if kind == "love" else nullcontext():
            button(tab, kind).press()
    tabs[1].wait_for_function(
        "async () => (await navigator.locks.query()).pending.length === 1"
    )  # the second tab waits for the first
    held[0].continue_()

    for tab, kind in zip(tabs, ("Love", "Sad"), strict=True):
        expect(status(tab)).to_have_text(f"Your reaction: {kind}.")
    expect(total(tabs[0])).to_have_text("You are the first")
    assert len(tabs[0].context.cookies()) == 1
    other = visitor(article)
    expect(total(other)).to_have_text("1 reaction")


def test_a_cookie_that_is_cleared_between_two_presses_makes_a_new_reader(
    visitor: Visitor, article: str
) -> None:
    page = visitor(article)
    button(page, "love").press()
    expect(status(page)).to_have_text("Your reaction: Love.")
    page.context.clear_cookies()

    button(page, "sad").press()

    expect(status(page)).to_have_text("Your reaction: Sad.")
    assert len(page.context.cookies()) == 1


def test_where_cookies_are_blocked_a_press_counts_once_and_can_be_taken_back(
    blocking_visitor: Visitor, visitor: Visitor, article: str
) -> None:
    page = blocking_visitor(article)
    sent = requests_of(page)
    keeps_none = "Your browser keeps no cookies: you can change it until you leave this page."

    button(page, "love").press()
    expect(status(page)).to_have_text(f"Your reaction: Love. {keeps_none}")
    button(page, "sad").press()
    expect(status(page)).to_have_text(f"Your reaction: Sad. {keeps_none}")

    assert page.context.cookies() == []
    assert sent == [
        ("POST", "readers", False),
        ("PUT", "mine", False),
        ("PUT", "mine", True),
        ("PUT", "mine", True),
    ]
    expect(total(visitor(article))).to_have_text("1 reaction")
    button(page, "sad").press_again()
    expect(status(page)).to_have_text("Your reaction was taken back.")
    expect(total(visitor(article))).to_have_text("Be the first to react")


def test_without_javascript_and_cookies_the_page_says_that_nothing_was_recorded(
    blocking_visitor: Visitor, visitor: Visitor, article: str
) -> None:
    page = blocking_visitor(article, java_script_enabled=False)

    button(page, "wow").press()

    expect(status(page)).to_have_text(
        "Your browser keeps no cookies, and a reaction needs one. Nothing was recorded."
    )
    expect(total(visitor(article))).to_have_text("Be the first to react")


def test_the_widget_works_by_keyboard_and_announces_the_result(
    visitor: Visitor, article: str
) -> None:
    page = visitor(article)
    button(page, "angry").locator.focus()

    page.keyboard.press("Enter")

    expect(status(page)).to_have_text("Your reaction: Angry.")
    button(page, "angry").is_pressed()
    assert button(page, "angry").locator.evaluate("each => each.matches(':focus')")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_the_screen(visitor: Visitor, article: str, width: int) -> None:
    page = visitor(article, viewport={"width": width, "height": 800})

    for path in (article, "/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_reading_stores_nothing_in_the_browser(visitor: Visitor, article: str) -> None:
    page = visitor(article)
    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
