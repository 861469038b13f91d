"""The widget under everything that happens in a browser: fast presses, a lost network, other tabs, strict pages."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from tests.browser.conftest import Visitor
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Host = Callable[..., Page]
DOUBLE_CLICK_MS = 550


@pytest.fixture(scope="module")
def articles(slugs: Iterator[str]) -> list[str]:
    """A dozen articles, which the tests of this module share."""
    return [next(slugs) for _ in range(12)]


@pytest.fixture
def article(slugs: Iterator[str]) -> str:
    """An article without reactions."""
    return next(slugs)


@pytest.fixture
def host(visitor: Visitor, stack: RunningStack) -> Host:
    """Opens a page that is not ours: it has the module and this body, and may send headers."""

    def open_page(body: str, *, headers: dict[str, str] | None = None, **options: object) -> Page:
        page = visitor("/robots.txt", **options)
        html = (
            "<!doctype html><html lang=en><meta charset=utf-8><title>Host</title>"
            f'<script type="module" src="/embed/reactions.js"></script>{body}'
        )

        def answer(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html", headers=headers or {})

        page.route(f"{stack.url}host.html", answer)
        page.goto("/host.html")
        return page

    return open_page


def button(page: Page | Locator, kind: str) -> Locator:
    return page.get_by_role("button", name=kind, exact=True)


def status(page: Page | Locator) -> Locator:
    return page.get_by_role("status")


def requests(page: Page, part: str, method: str = "GET") -> list[str]:
    """The addresses with this part that the page asks for from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if part in request.url and request.method == method:
            sent.append(request.url)

    page.on("request", note)
    return sent


def counts(stack: RunningStack, slug: str) -> dict[str, int]:
    url = f"{stack.url}api/v1/articles/{slug}/reactions/"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # it begins with http
        content: dict[str, Any] = json.load(answer)
    return {kind: count for kind, count in content["counts"].items() if count}


def eventually(check: Callable[[], bool], page: Page, *, seconds: float = 5) -> None:
    for _ in range(int(seconds * 10)):
        if check():
            return
        page.wait_for_timeout(100)
    assert check(), page.evaluate("JSON.stringify(localStorage)")


def test_a_double_click_is_one_press_and_a_later_press_takes_it_back(
    visitor: Visitor, article: str
) -> None:
    page = visitor(f"/articles/{article}/")
    sent = requests(page, "/mine/", "PUT")

    button(page, "Love").dblclick()

    expect(status(page)).to_have_text("Your reaction: Love.")
    assert len(sent) == 1
    page.wait_for_timeout(DOUBLE_CLICK_MS)
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction was taken back.")


def test_a_press_shows_in_the_same_task_and_fast_presses_send_the_last(
    visitor: Visitor, article: str, stack: RunningStack
) -> None:
    page = visitor(f"/articles/{article}/")
    page.wait_for_load_state("networkidle")
    sent = requests(page, "/mine/", "PUT")

    shown = page.evaluate("""() => {
      const root = document.querySelector("#reactions").shadowRoot;
      const press = (kind) => root.querySelector(`[data-kind=${kind}]`).click();
      for (let round = 0; round < 20; round++) for (const kind of ["like", "sad", "wow"]) press(kind);
      const wow = root.querySelector("[data-kind=wow]");
      return [wow.ariaPressed, wow.querySelector(".count").textContent];
    }""")

    assert shown == ["true", "1"]
    expect(status(page)).to_have_text("Your reaction: Wow.")
    assert len(sent) <= 2
    eventually(lambda: counts(stack, article) == {"wow": 1}, page)


def test_a_press_can_be_undone_for_some_seconds_without_losing_the_focus(
    visitor: Visitor, article: str, stack: RunningStack
) -> None:
    page = visitor(f"/articles/{article}/")
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    button(page, "Sad").click()
    expect(status(page)).to_have_text("Your reaction: Sad.")

    button(page, "Undo").focus()
    page.keyboard.press("Enter")

    expect(status(page)).to_have_text("Your reaction: Love.")
    focused = "document.activeElement.shadowRoot.activeElement.dataset.kind ?? 'undo'"
    assert page.evaluate(focused) == "sad"
    eventually(lambda: counts(stack, article) == {"love": 1}, page)


def test_a_choice_made_offline_waits_and_is_sent_by_the_next_page(
    visitor: Visitor, article: str, stack: RunningStack
) -> None:
    page = visitor(f"/articles/{article}/")
    texts = "performance.getEntriesByType('resource').some(({name}) => /embed.*json/.test(name))"
    page.wait_for_function(texts)
    page.context.set_offline(True)
    button(page, "Like").click()
    button(page, "Wow").click()
    expect(status(page)).to_have_text(
        "You are offline. Your reaction waits in this browser and is sent later."
    )
    expect(button(page, "Wow")).to_have_attribute("aria-pressed", "true")

    page.context.set_offline(False)
    page.goto("/")

    eventually(lambda: counts(stack, article) == {"wow": 1}, page, seconds=15)
    page.wait_for_function("localStorage.length === 0")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503, "content_type": "text/html", "body": "<h1>Down</h1>"},
        {"status": 200, "content_type": "text/html", "body": "<h1>Sign in to this network</h1>"},
    ],
)
def test_where_something_else_answers_the_choice_waits(
    visitor: Visitor, article: str, answer: dict[str, Any]
) -> None:
    page = visitor(f"/articles/{article}/")
    page.route("**/mine/", lambda route: route.fulfill(**answer), times=1)

    button(page, "Love").click()

    expect(status(page)).to_have_text("The site cannot be reached. Your reaction is sent later.")
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "true")
    expect(status(page)).to_have_text("Your reaction: Love.", timeout=10_000)


def test_another_tab_shows_a_press_at_once_and_another_reader_within_seconds(
    visitor: Visitor, article: str
) -> None:
    path = f"/articles/{article}/"
    one, other = visitor(path), visitor(path)
    tab = one.context.new_page()
    tab.goto(path)
    expect(button(tab, "Love")).to_be_visible()

    button(one, "Love").click()

    expect(button(tab, "Love")).to_have_attribute("aria-pressed", "true", timeout=1_000)
    expect(button(other, "Love").locator(".count")).to_have_text("1", timeout=2_000)
    expect(other.locator(".chip .sum")).to_have_text("1 reaction")
    expect(button(other, "Love")).to_have_attribute("aria-pressed", "false")


def test_a_stale_tab_does_not_delete_a_newer_choice(
    visitor: Visitor, article: str, stack: RunningStack
) -> None:
    path = f"/articles/{article}/"
    page = visitor(path)
    # A browser whose tabs do not know of each other, as on two machines with one account.
    page.context.add_init_script("delete globalThis.BroadcastChannel")
    page.reload()
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    other = page.context.new_page()
    other.goto(path)
    button(other, "Sad").click()
    expect(status(other)).to_have_text("Your reaction: Sad.")

    page.wait_for_timeout(2_100)  # what was read before is not believed
    button(page, "Love").click()

    expect(status(page)).to_have_text("Your reaction: Sad.")
    expect(button(page, "Sad")).to_have_attribute("aria-pressed", "true")
    assert counts(stack, article) == {"sad": 1}


def test_a_page_is_kept_for_the_history_while_its_stream_is_open(
    remembering_browser: Browser, article: str, stack: RunningStack
) -> None:
    context = remembering_browser.new_context(base_url=stack.url)
    page = context.new_page()
    page.goto(f"/articles/{article}/")
    page.evaluate("addEventListener('pageshow', ({persisted}) => { globalThis.kept = persisted })")
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    other = context.new_page()
    other.goto(f"/articles/{article}/")
    streams = requests(page, "/live/")

    page.goto("/search/")
    button(other, "Sad").click()
    expect(status(other)).to_have_text("Your reaction: Sad.")
    page.evaluate("setTimeout(() => history.back())")

    page.wait_for_function("globalThis.kept === true")
    expect(button(page, "Sad")).to_have_attribute("aria-pressed", "true")
    other.close()
    eventually(lambda: len(streams) == 1, page)
    context.close()


def test_many_elements_make_one_call_and_one_stream(host: Host, articles: list[str]) -> None:
    elements = "".join(
        f'<reader-reactions article="{slug}" layout="row"></reader-reactions>' for slug in articles
    )
    page = host(f'{elements}<reader-reactions article="{articles[0]}"></reader-reactions>')
    # What the first load asks for late belongs to no count.
    page.goto("/robots.txt")
    calls, streams = requests(page, "/api/v1/reactions/?"), requests(page, "/live/")
    page.goto("/host.html")
    expect(button(page, "Love")).to_have_count(13)
    asked = len(calls)
    eventually(lambda: bool(streams), page)

    assert (asked, len(streams)) == (1, 1)
    globals_before = "Object.keys(globalThis).filter((name) => /reaction|newsroom/i.test(name))"
    assert page.evaluate(globals_before) == []
    button(page.locator("reader-reactions").last, "Love").click()
    first = button(page.locator("reader-reactions").first, "Love")
    expect(first).to_have_attribute("aria-pressed", "true", timeout=500)


def test_every_layout_works_under_a_strict_policy(host: Host, articles: list[str]) -> None:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    layouts = ("tiles", "row", "compact", "summary")
    page = host(
        "".join(
            f'<reader-reactions article="{slug}" layout="{layout}"></reader-reactions>'
            for slug, layout in zip(articles[1:], layouts, strict=False)
        ),
        headers={"Content-Security-Policy": policy},
    )
    page.evaluate("""() => {
      globalThis.broken = [];
      document.addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
    }""")
    expect(page.locator("reader-reactions .widget")).to_have_count(4)
    for layout in layouts[:3]:
        element = page.locator(f"reader-reactions[layout={layout}]")
        button(element, "Sad").click()
        expect(status(element)).to_have_text(re.compile("Your reaction"))
        size = button(element, "Sad").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44

    assert page.evaluate("globalThis.broken") == []
    styled = "element.shadowRoot.querySelectorAll('[style]').length"
    assert (
        page.evaluate(
            f"[...document.querySelectorAll('reader-reactions')].map((element) => {styled})"
        )
        == [0] * 4
    )


def test_the_module_may_be_loaded_twice(host: Host, articles: list[str]) -> None:
    page = host(f'<reader-reactions article="{articles[0]}"></reader-reactions>')
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    page.evaluate("import('/embed/reactions.js?again')")

    expect(button(page, "Love")).to_be_visible()
    assert len([text for text in said if "is there already" in text]) == 1


def test_an_element_follows_its_attributes_and_leaves_with_its_stream(
    host: Host, articles: list[str]
) -> None:
    page = host(f'<reader-reactions article="{articles[0]}"></reader-reactions>')
    expect(button(page, "Love")).to_be_visible()
    calls = requests(page, "/api/v1/reactions/?")
    page.evaluate("""() => {
      const element = document.querySelector("reader-reactions");
      document.body.append(element); document.body.prepend(element); element.remove(); document.body.append(element);
    }""")
    page.wait_for_timeout(300)
    assert calls == []

    page.evaluate(
        f"document.querySelector('reader-reactions').setAttribute('article', '{articles[2]}')"
    )
    page.evaluate("document.querySelector('reader-reactions').setAttribute('layout', 'compact')")
    page.evaluate("document.documentElement.lang = 'de'")

    expect(page.get_by_role("button", name="Traurig", exact=True)).to_be_visible()
    assert len(calls) == 1


def test_a_program_sets_reads_and_hears_reactions(
    host: Host, articles: list[str], stack: RunningStack
) -> None:
    page = host(f'<reader-reactions article="{articles[3]}" load="manual"></reader-reactions>')
    calls = requests(page, "/api/v1/")
    page.wait_for_timeout(300)
    assert calls == []

    heard = page.evaluate("""async () => {
      const element = document.querySelector("reader-reactions");
      const heard = [];
      document.addEventListener("reactionchange", ({detail}) => heard.push([detail.previous, detail.value]));
      await element.load();
      await element.react(["angry"]);
      return [heard, element.value, element.counts.angry, element.state];
    }""")

    assert heard == [[[[], ["angry"]]], ["angry"], 1, "open"]


def test_a_translation_by_the_browser_breaks_nothing(host: Host, articles: list[str]) -> None:
    page = host(f'<reader-reactions article="{articles[4]}"></reader-reactions>')
    expect(button(page, "Love")).to_be_visible()
    page.evaluate("""() => {
      const root = document.querySelector("reader-reactions").shadowRoot;
      const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walk.nextNode()) texts.push(walk.currentNode);
      texts.forEach((text, place) => {
        const font = document.createElement("font");
        text.replaceWith(font);
        if (place % 2) font.append(text);
      });
    }""")

    page.locator("reader-reactions [data-kind=love]").click()

    expect(status(page)).to_have_text(re.compile("Your reaction"))
    expect(page.locator("[data-kind=love] .count")).not_to_have_text("")


def test_storage_that_throws_or_holds_rubbish_is_no_obstacle(
    host: Host, articles: list[str]
) -> None:
    element = f'<reader-reactions article="{articles[5]}"></reader-reactions>'
    page = host(element)
    page.evaluate(
        "for (const key of ['x']) localStorage.setItem(`newsroom ${origin} waiting`, '{')"
    )
    page.reload()
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")

    page.context.add_init_script(
        "Object.defineProperty(globalThis, 'localStorage', {get() { throw new Error('blocked') }})"
    )
    page.reload()
    button(page, "Sad").click()
    expect(status(page)).to_have_text("Your reaction: Sad.")


def test_an_element_of_a_single_page_site_follows_its_address(
    host: Host, articles: list[str]
) -> None:
    page = host('<reader-reactions article="auto" layout="compact"></reader-reactions>')
    calls = requests(page, "/api/v1/reactions/?")

    for slug in articles[6:8]:
        page.evaluate(f"history.pushState(null, '', '/articles/{slug}/')")
        eventually(lambda slug=slug: any(slug in call for call in calls), page, seconds=1)  # type: ignore[misc]
    page.go_back()

    expect(button(page, "Love")).to_be_visible()
    key = "document.querySelector('reader-reactions').ready.then(({state}) => state)"
    assert page.evaluate(key) == "open"


@pytest.mark.parametrize(
    "sheet",
    [
        "* { all: unset }",
        "button { display: none !important } svg, img { width: 100% !important }",
        "html { font-size: 62.5% } div, span { position: absolute !important; color: red !important }",
    ],
)
def test_a_pages_style_sheet_does_not_deform_it_and_is_not_touched(
    host: Host, articles: list[str], sheet: str
) -> None:
    element = f'<p>Text</p><reader-reactions article="{articles[8]}"></reader-reactions>'
    plain, styled = host(element), host(f"<style>{sheet}</style>{element}")

    sizes = []
    for page in (plain, styled):
        expect(page.locator("reader-reactions .kind").first).to_be_visible()
        box = page.locator("reader-reactions .kinds").bounding_box()
        assert box is not None
        tops = page.evaluate("""() => [...document.querySelector("reader-reactions").shadowRoot
          .querySelectorAll(".kind")].map((kind) => kind.getBoundingClientRect().top)""")
        sizes.append((round(box["width"] / 50), len(set(tops))))
    assert sizes[0][1] == sizes[1][1] == 1
    assert plain.evaluate("document.querySelector('p').className") == ""


def test_the_keyboard_passes_through_the_widget(visitor: Visitor, article: str) -> None:
    page = visitor(f"/articles/{article}/")
    button(page, "Like").focus()

    for _ in range(7):
        page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.shadowRoot.activeElement.href").endswith(
        "/privacy/"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot") is None
