"""The widget in Firefox and in WebKitGTK: what readers do most, with the browser's own clicks."""

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browsers.drivers import Browser
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

KINDS = ["like", "dislike", "love", "funny", "angry", "sad", "wow"]
DOUBLE_CLICK_SECONDS = 0.55
WIDGET = "document.querySelector(arguments[0] || '#reactions').shadowRoot"
# The pressed state shows by shape, too.
UNDERLINED = f"""[...{WIDGET}.querySelectorAll(".label")]
  .filter((each) => getComputedStyle(each).textDecorationLine === "underline")
  .map((each) => each.textContent)"""

SHOWN = """
const root = document.querySelector(arguments[0] || "#reactions")?.shadowRoot;
if (!root?.querySelector(".widget")) return {};
const buttons = [...root.querySelectorAll(".kind")].filter((each) => each.checkVisibility());
const text = (selector) => root.querySelector(selector)?.textContent.trim();
return {
  kinds: buttons.map((each) => each.dataset.kind),
  pressed: buttons.filter((each) => each.ariaPressed === "true").map((each) => each.dataset.kind),
  counts: Object.fromEntries(
    buttons.flatMap((each) => {
      const count = each.querySelector(".count").textContent.trim();
      return count && count !== "0" ? [[each.dataset.kind, count]] : [];
    }),
  ),
  sum: text(".sum"),
  status: text("[role=status]"),
  undo: root.querySelector(".undo")?.checkVisibility(),
};
"""

# The faces that are drawn, and every button that is too small, or whose content is cut.
DRAWN = """
const root = document.querySelector(arguments[0] || "#reactions").shadowRoot;
const buttons = [...root.querySelectorAll(".kind")];
const area = (element) => { const {width, height} = element.getBoundingClientRect(); return [width, height]; };
return {
  faces: [...root.querySelectorAll("svg.face")].filter(
    (each) => Math.min(...area(each)) >= 14 && [...each.children].some((part) => Math.min(...area(part)) > 2),
  ).length,
  colours: new Set([...root.querySelectorAll("svg.face path")].map((each) => getComputedStyle(each).fill)).size,
  small: buttons.filter((each) => Math.min(...area(each)) < 44).map((each) => each.dataset.kind),
  cut: buttons.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.dataset.kind),
  isWide: root.host.scrollWidth > root.host.clientWidth,
  ends: new Set(Object.values(Object.groupBy(buttons, (each) => each.getBoundingClientRect().top)).map(
    (line) => Math.round(line.at(-1).getBoundingClientRect().right),
  )).size,
};
"""


@pytest.fixture(scope="module")
def browser(browser_type: type[Browser]) -> Iterator[Browser]:
    started = browser_type()
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def slug(slugs: Iterator[str]) -> str:
    """The slug of an article without reactions."""
    return next(slugs)


@pytest.fixture
def story(stack: RunningStack, slug: str) -> str:
    return f"{stack.url}articles/{slug}/"


@pytest.fixture
def reader(browser: Browser, stack: RunningStack, story: str) -> Iterator[Browser]:
    """The browser of a new reader, at the story, in the only tab."""
    browser.command("SetWindowRect", width=1280, height=900)
    tab = browser.command("GetWindowHandle")
    browser.goto(f"{stack.url}robots.txt")
    browser.command("DeleteAllCookies")
    browser.run("localStorage.clear()")
    open_story(browser, story)
    yield browser
    for other in browser.command("GetWindowHandles"):
        if other != tab:
            browser.switch_to(other)
            browser.command("CloseWindow")
    browser.switch_to(tab)


def open_story(browser: Browser, story: str) -> None:
    """Opens the story, and waits until the module has its texts."""
    browser.goto(story)
    wait_for_texts(browser)


def wait_for_texts(browser: Browser) -> None:
    arrived = (
        "return performance.getEntriesByType('resource').some(({name}) => /embed.*json/.test(name))"
    )
    until(lambda: browser.run(arrived))


def until(check: Callable[[], Any], *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sees(browser: Browser, element: str = "", *, seconds: float = 5, **wanted: Any) -> None:
    """Waits until the widget shows this."""
    deadline = time.monotonic() + seconds
    while True:
        shown = browser.run(SHOWN, element)
        found = {name: shown.get(name) for name in wanted}
        if found == wanted or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert found == wanted


def button(browser: Browser, kind: str, element: str = "") -> Any:
    found = browser.run(
        f"return {WIDGET}.querySelector(`[data-kind=${{arguments[1]}}]`)", element, kind
    )
    assert found
    return found


def press(browser: Browser, kind: str, element: str = "") -> None:
    browser.click(button(browser, kind, element))


def counts(stack: RunningStack, slug: str) -> dict[str, int]:
    answer = json.loads(stack.get(f"api/v1/articles/{slug}/reactions/"))
    return {kind: count for kind, count in answer["counts"].items() if count}


def react_elsewhere(stack: RunningStack, slug: str, kind: str) -> None:
    """A new reader of the API reacts."""
    token = send(stack, "POST", "readers/")["token"]
    path = f"articles/{slug}/reactions/mine/"
    send(stack, "PUT", path, {"reactions": [kind]}, Authorization=f"Reader {token}")


def send(stack: RunningStack, method: str, path: str, body: object = None, **headers: str) -> Any:
    request = urllib.request.Request(  # noqa: S310  # it begins with http
        f"{stack.url}api/v1/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def test_the_widget_shows_its_kinds_its_faces_and_the_counts(
    reader: Browser, stack: RunningStack, slug: str, story: str
) -> None:
    sees(reader, kinds=KINDS, pressed=[], counts={}, sum="Be the first to react")
    for kind in ("sad", "wow"):
        react_elsewhere(stack, slug, kind)
    until(lambda: counts(stack, slug) == {"sad": 1, "wow": 1})

    open_story(reader, story)

    sees(reader, counts={"sad": "1", "wow": "1"}, sum="2 reactions")
    drawn = reader.run(DRAWN)
    assert (drawn["faces"], drawn["small"], drawn["cut"]) == (7, [], [])
    assert drawn["colours"] > 4


def test_a_press_is_acknowledged_and_there_after_a_reload(
    reader: Browser, stack: RunningStack, slug: str
) -> None:
    press(reader, "love")

    sees(reader, status="Your reaction: Love.", pressed=["love"], counts={"love": "1"}, undo=True)
    assert reader.run(f"return {UNDERLINED}") == ["Love"]
    reader.command("Refresh")
    sees(reader, pressed=["love"], counts={"love": "1"})
    until(lambda: counts(stack, slug) == {"love": 1})


def test_a_press_is_shown_before_its_click_returns(reader: Browser) -> None:
    press(reader, "love")
    assert reader.run(SHOWN)["pressed"] == ["love"]


def test_a_double_click_is_one_press_and_a_later_press_takes_it_back(reader: Browser) -> None:
    reader.double_click(button(reader, "love"))

    sees(reader, status="Your reaction: Love.", pressed=["love"])
    time.sleep(DOUBLE_CLICK_SECONDS)
    sees(reader, pressed=["love"])
    press(reader, "love")
    sees(reader, status="Your reaction was taken back.", pressed=[])


def test_a_reader_switches_and_undoes(reader: Browser, stack: RunningStack, slug: str) -> None:
    press(reader, "love")
    sees(reader, status="Your reaction: Love.")
    press(reader, "sad")
    sees(reader, status="Your reaction: Sad.", pressed=["sad"], counts={"sad": "1"})

    reader.click(reader.run(f"return {WIDGET}.querySelector('.undo')"))

    sees(reader, status="Your reaction: Love.", pressed=["love"], undo=True)
    focused = "return document.activeElement.shadowRoot.activeElement?.dataset.kind"
    assert reader.run(focused) is not None
    until(lambda: counts(stack, slug) == {"love": 1})


def test_another_readers_reaction_shows_within_three_seconds(
    reader: Browser, stack: RunningStack, slug: str
) -> None:
    react_elsewhere(stack, slug, "wow")
    sees(reader, counts={"wow": "1"}, sum="1 reaction", seconds=3)
    react_elsewhere(stack, slug, "sad")
    sees(reader, counts={"sad": "1", "wow": "1"}, pressed=[], seconds=3)


def test_two_tabs_agree(reader: Browser, story: str) -> None:
    first = reader.command("GetWindowHandle")
    second = reader.new_tab()
    open_story(reader, story)
    press(reader, "love")
    sees(reader, status="Your reaction: Love.")

    reader.switch_to(first)
    sees(reader, pressed=["love"], counts={"love": "1"}, seconds=2)
    press(reader, "angry")
    sees(reader, status="Your reaction: Angry.")

    reader.switch_to(second)
    sees(reader, pressed=["angry"], counts={"angry": "1"}, seconds=2)


def test_where_the_site_stands_still_the_choice_waits_and_is_sent(
    reader: Browser, stack: RunningStack, slug: str, story: str
) -> None:
    front = stack.process_of("caddy")
    front.send_signal(signal.SIGSTOP)
    try:
        press(reader, "love")
        sees(reader, status="Still sending…", pressed=["love"])
        press(reader, "wow")
        waits = "The site cannot be reached. Your reaction is sent later."
        sees(reader, status=waits, pressed=["wow"], seconds=30)
        # The page that holds it is gone.
        reader.goto("about:blank")
    finally:
        front.send_signal(signal.SIGCONT)

    open_story(reader, story)

    sees(reader, pressed=["wow"], counts={"wow": "1"}, status="Your reaction: Wow.")
    until(lambda: counts(stack, slug) == {"wow": 1})
    until(lambda: reader.run("return localStorage.length === 0"))


def test_a_page_from_the_history_is_the_same_page_with_what_was_chosen_since(
    reader: Browser, story: str
) -> None:
    # Firefox's driver listens for `unload` where it clicks or runs a script; such a page is not kept.
    reader.click_slowly(button(reader, "love"))
    sees(reader, status="Your reaction: Love.")
    reader.run("document.documentElement.dataset.kept = 'kept'")
    first = reader.command("GetWindowHandle")
    reader.click_slowly(reader.run("return document.querySelector('a[href^=\"/sections/\"]')"))
    until(lambda: "/sections/" in reader.command("GetCurrentURL"))
    reader.new_tab()
    open_story(reader, story)
    press(reader, "sad")
    sees(reader, status="Your reaction: Sad.")
    reader.switch_to(first)

    reader.command("Back")

    sees(reader, pressed=["sad"], counts={"sad": "1"})
    assert reader.run("return document.documentElement.dataset.kept") == "kept"


@pytest.mark.parametrize("layout", ["tiles", "row", "compact"])
def test_a_layout_is_drawn_and_pressed_at_any_width(reader: Browser, layout: str) -> None:
    reader.run(
        """const element = document.createElement("reader-reactions");
        element.id = "added";
        element.setAttribute("article", document.querySelector("#reactions").getAttribute("article"));
        element.setAttribute("layout", arguments[0]);
        document.querySelector("#reactions").after(element);""",
        layout,
    )
    sees(reader, "#added", kinds=KINDS)
    for width in (200, 288, 358, 700, 900):
        reader.run("document.querySelector('#added').style.width = `${arguments[0]}px`", width)
        drawn = reader.run(DRAWN, "#added")
        assert (drawn["faces"], drawn["small"], drawn["cut"]) == (7, [], []), width
        assert not drawn["isWide"], width
        if layout == "tiles":
            assert drawn["ends"] == 1, width

    press(reader, "funny", "#added")

    sees(reader, "#added", status="Your reaction: Funny.", pressed=["funny"])
    sees(reader, pressed=["funny"])


def test_the_summary_follows_a_press(reader: Browser) -> None:
    reader.run(
        """const element = document.createElement("reader-reactions");
        element.id = "added";
        element.setAttribute("article", document.querySelector("#reactions").getAttribute("article"));
        element.setAttribute("layout", "summary");
        document.querySelector("#reactions").after(element);"""
    )

    press(reader, "wow")

    sees(reader, "#added", sum="You are the first")
    assert reader.run(DRAWN, "#added")["faces"] == 1


def test_an_attribute_changes_the_layout_of_what_the_server_wrote(reader: Browser) -> None:
    for layout in ("row", "compact", "tiles"):
        reader.run(
            "document.querySelector('#reactions').setAttribute('layout', arguments[0])", layout
        )
        until(lambda layout=layout: reader.run(f"return !!{WIDGET}.querySelector(`.{layout}`)", ""))  # type: ignore[misc]
        drawn = reader.run(DRAWN)
        assert (drawn["faces"], drawn["small"], drawn["cut"]) == (7, [], [])
    press(reader, "sad")
    sees(reader, status="Your reaction: Sad.", pressed=["sad"])


def test_without_javascript_a_press_is_acknowledged(
    browser_type: type[Browser], stack: RunningStack, slug: str, story: str
) -> None:
    browser = browser_type(scripts=False)
    try:
        browser.start()
        browser.goto(story)
        sees(browser, kinds=KINDS, pressed=[])
        assert browser.run(DRAWN)["faces"] == 7

        press(browser, "love")

        sees(browser, pressed=["love"], counts={"love": "1"}, sum="You are the first")
        until(lambda: counts(stack, slug) == {"love": 1})
    finally:
        browser.stop()
