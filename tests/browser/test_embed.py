"""The widget on pages of another origin, which a server of their own sends, under a strict policy."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reactions.http.framing import height_of
from reactions.http.releases import releases
from tests.browser.conftest import Open
from tests.browser.hosts import (
    SIGN_IN,
    SIGN_OUT,
    HostSite,
    element,
    post,
    said_by,
    signed_in,
    states_of,
    token_of,
)
from tests.browser.test_widget import button, counts, eventually, requests, status
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def article(slugs: Iterator[str]) -> str:
    """An article without reactions."""
    return next(slugs)


@pytest.fixture(scope="module")
def articles(slugs: Iterator[str]) -> list[str]:
    """Articles that the tests of this module share."""
    return [next(slugs) for _ in range(4)]


def test_a_reader_of_another_site_presses_follows_reloads_and_goes_offline(
    host: HostSite, reader: Open, article: str, stack: RunningStack
) -> None:
    url = host.page("/press", element(article))
    one, other = reader(url), reader(url)
    streams = requests(one, "/live/")

    button(one, "Love").click()

    expect(status(one)).to_have_text("Your reaction: Love.")
    expect(button(other, "Love").locator(".count")).to_have_text("1", timeout=4_000)
    assert one.context.cookies() == []
    one.reload()
    expect(button(one, "Love")).to_have_attribute("aria-pressed", "true")
    eventually(lambda: bool(streams), one)
    assert not [url for url in streams if "Reader" in url or "token" in url]

    one.context.set_offline(True)
    button(one, "Sad").click()
    expect(status(one)).to_have_text(re.compile("waits in this browser"))
    one.context.set_offline(False)
    expect(status(one)).to_have_text("Your reaction: Sad.", timeout=10_000)
    eventually(lambda: counts(stack, article) == {"sad": 1}, one)

    asked = requests(one, "privacy/")
    one.get_by_role("link", name="What is stored").click()
    expect(one.get_by_text("1 reaction is stored that was made with this browser.")).to_be_visible()
    assert one.url == f"{stack.url}privacy/"
    assert {url.partition("#")[0] for url in asked} == {one.url}
    one.get_by_role("button", name="Forget me").click()
    one.get_by_role("button", name="Delete everything").click()
    eventually(lambda: counts(stack, article) == {}, one)


def test_a_page_of_an_origin_that_is_not_listed_shows_counts_and_says_why_it_takes_no_press(
    stranger: HostSite, reader: Open, article: str, stack: RunningStack
) -> None:
    page = reader(stranger.page("/", element(article)))
    said = said_by(page)

    button(page, "Love").click()

    expect(status(page)).to_have_text("Reactions are not accepted from this page.")
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "false")
    expect(button(page, "Sad")).to_have_attribute("aria-disabled", "true")
    button(page, "Sad").click(force=True)
    assert len([text for text in said if text.startswith("reader-reactions: ")]) == 1
    assert page.evaluate("Object.keys(localStorage)") == []
    assert counts(stack, article) == {}


@pytest.mark.parametrize("token", ['"no:signature:here"', '"\\u2603 snow"'])
def test_a_token_that_is_not_valid_is_dropped_after_one_refusal(
    host: HostSite, reader: Open, articles: list[str], token: str
) -> None:
    set_token = f"""if (location.origin === "{host.origin}" && !sessionStorage.set) {{
      sessionStorage.set = 1;
      localStorage.setItem("newsroom {host.api}", {token!r});
    }}"""
    page = reader(host.page("/token", element(articles[0], "layout=row")), script=set_token)
    refused: list[int] = []
    page.on("response", lambda answer: refused.append(1) if answer.status == 401 else None)

    button(page, "Love").click()

    expect(status(page)).to_have_text("Your reaction: Love.")
    assert len(refused) <= 2  # two that were under way at once
    page.reload()
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "true")


# A browser that is driven loads no page in advance: this is what such a page sees.
IN_ADVANCE = """
let isAhead = true;
for (const name of ["prerendering", "hidden"]) Object.defineProperty(Document.prototype, name, {get: () => isAhead});
globalThis.activate = () => {
  isAhead = false;
  for (const name of ["prerenderingchange", "visibilitychange"]) document.dispatchEvent(new Event(name));
};
"""


def test_a_page_loaded_in_advance_asks_for_nothing_before_it_is_seen(
    host: HostSite, reader: Open, articles: list[str]
) -> None:
    page = reader(host.page("/blank", "", headers={}), script=IN_ADVANCE)
    calls, streams = requests(page, "/api/"), requests(page, "/live/")
    page.goto(host.page("/ahead", element(articles[0], "layout=row")))
    expect(button(page, "Love")).to_be_visible()
    page.wait_for_timeout(1_200)
    assert calls + streams == []

    page.evaluate("activate()")

    assert states_of(page) == ["open"]
    eventually(lambda: bool(streams), page)


def test_a_page_becomes_an_article_when_it_is_first_seen_and_a_press_waits_for_it(
    host: HostSite, reader: Open, stack: RunningStack
) -> None:
    url = post(host, "/posts/first", element("auto"))
    page = reader(f"{url}?utm_source=mail#comments")

    button(page, "Love").click()

    expect(status(page)).to_have_text("Your reaction: Love.", timeout=15_000)
    calls = requests(page, "/sightings/", "POST")
    page.goto(f"{host.origin}/posts/first/?utm_source=other")
    other = reader(url)
    expect(button(other, "Love").locator(".count")).to_have_text("1", timeout=4_000)
    expect(other.locator("reader-reactions")).to_be_visible()
    assert calls == []


def test_a_page_that_is_refused_shows_the_counts_of_its_canonical_link_and_takes_no_press(
    host: HostSite, stranger: HostSite, reader: Open
) -> None:
    original = post(host, "/posts/original", element("auto"))
    page = reader(original)
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.", timeout=15_000)
    link = f'<link rel="canonical" href="{original}">'
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    copy = stranger.page("/copy", element("auto"), head=link + module)
    other = reader(stranger.page("/empty", "", head=""))
    said = said_by(other)

    other.goto(copy)

    expect(button(other, "Love").locator(".count")).to_have_text("1")
    expect(button(other, "Love")).to_have_attribute("aria-disabled", "true")
    button(other, "Love").click(force=True)
    expect(status(other)).to_have_text("Reactions are not accepted from this page.")
    (line,) = [text for text in said if text.startswith("reader-reactions")]
    assert line.startswith(f"reader-reactions: {copy}: '{copy}' is no page of a site")


def test_a_guest_who_signs_in_keeps_one_reaction_and_two_accounts_share_none(
    host: HostSite, reader: Open, article: str, stack: RunningStack
) -> None:
    page = reader(signed_in(host, "/accounts", article, early=True))
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    assert page.evaluate("Object.keys(localStorage)") == [f"newsroom {host.api}"]

    page.evaluate(SIGN_IN, [token_of("ada")])
    eventually(lambda: page.evaluate("localStorage.length") == 0, page)
    page.wait_for_timeout(600)
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "true")
    button(page, "Sad").click()
    expect(status(page)).to_have_text("Your reaction: Sad.")
    eventually(lambda: counts(stack, article) == {"sad": 1}, page)

    calls = requests(page, "/mine/", "GET")
    assert page.evaluate(SIGN_OUT) == [[], 0]
    page.wait_for_timeout(300)
    assert calls == []
    expect(button(page, "Sad").locator(".count")).to_have_text("1")

    page.evaluate(SIGN_IN, [token_of("bela")])
    page.wait_for_timeout(300)
    expect(button(page, "Sad")).to_have_attribute("aria-pressed", "false")
    button(page, "Wow").click()
    expect(status(page)).to_have_text("Your reaction: Wow.")
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])") == "[{},{}]"
    page.evaluate(SIGN_OUT)
    page.evaluate(SIGN_IN, [token_of("ada")])
    expect(button(page, "Sad")).to_have_attribute("aria-pressed", "true")
    eventually(lambda: counts(stack, article) == {"sad": 1, "wow": 1}, page)


@pytest.mark.parametrize("version", list(releases()))
def test_a_release_works_with_the_server_of_today_and_beside_the_newest_module(
    host: HostSite, reader: Open, articles: list[str], version: str
) -> None:
    address = f"{host.api}/embed/{version}/reactions.js"
    released = f'<script type="module" src="{address}" integrity="{releases()[version]}" crossorigin></script>'
    newest = f'<script type="module" src="{host.api}/embed/reactions.js" async></script>'
    page = reader(host.page("/empty", "", head=""))
    said = said_by(page)
    body = element(articles[3]) + element(articles[3], "layout=summary")
    page.goto(host.page(f"/{version}", body + newest.replace(" async", ""), head=released))

    button(page, "Love").click()

    expect(status(page)).to_have_text("Your reaction: Love.")
    expect(button(page, "Love").locator(".count")).to_have_text("1")
    expect(page.locator("reader-reactions").last.locator(".sum")).to_have_text("You are the first")
    (line,) = [text for text in said if "is there already" in text]
    assert f"version {version} is there already" in line


PARENT = """
globalThis.heard = [];
addEventListener("message", ({origin, data, source}) => {
  heard.push([origin, data.type]);
  const frame = [...document.querySelectorAll("iframe")].find((each) => each.contentWindow === source);
  if (data.type === "newsroom:height") frame.height = data.height;
});
"""


def test_a_frame_shows_the_widget_as_high_as_it_is_and_keeps_the_reader(
    host: HostSite, reader: Open, article: str
) -> None:
    host.file("/parent.js", PARENT, headers={"Content-Type": "text/javascript"})
    frame = f'<iframe src="{host.api}/embed/{article}/" title="Reactions" width="640" height="240"></iframe>'
    head = '<script src="/parent.js"></script>'
    page = reader(
        host.page("/framed", f"<a href=#>Before</a>{frame}<a href=#>After</a>", head=head)
    )
    inner = page.frame_locator("iframe")
    love = inner.get_by_role("button", name="Love", exact=True)

    love.click()

    expect(inner.get_by_role("status")).to_have_text("Your reaction: Love.")
    assert page.context.cookies() == []
    assert {tuple(each) for each in page.evaluate("heard")} == {(host.api, "newsroom:height")}
    page.reload()
    expect(love).to_have_attribute("aria-pressed", "true")
    scrolled = """document.documentElement.scrollHeight > document.documentElement.clientHeight"""
    content = page.frames[1]
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(f"document.querySelector('iframe').width = {min(width - 20, 900)}")
        eventually(lambda: not content.evaluate(scrolled), page)

    page.get_by_role("link", name="Before").focus()
    for _ in range(9):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "After"

    colour = "getComputedStyle(document.querySelector('reader-reactions').shadowRoot.querySelector('.widget')).color"
    light = content.evaluate(colour)
    page.evaluate(
        "document.querySelector('iframe').contentWindow.postMessage({type: 'newsroom:theme', theme: 'dark'}, '*')"
    )
    eventually(lambda: content.evaluate(colour) != light, page, seconds=1)
    assert content.locator("meta[name=color-scheme]").get_attribute("content") == "dark"


SHIFTS = """
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) shifts.push(each.value);
}).observe({type: "layout-shift", buffered: true});
"""


RESERVED = """reader-reactions { display: block; min-height: 15em }
@media (max-width: 40em) { reader-reactions { min-height: 22em } }"""


@pytest.mark.parametrize("width", [320, 1280])
def test_neither_element_nor_frame_moves_what_is_below(
    host: HostSite, reader: Open, articles: list[str], width: int
) -> None:
    assert RESERVED in Path("docs/widget.md").read_text()
    host.file("/reserved.css", RESERVED, headers={"Content-Type": "text/css"})
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    frame = f'<iframe src="{host.api}/embed/{articles[1]}/" width="300" height="{height_of("tiles", 300)}"></iframe>'
    head = f'<link rel="stylesheet" href="/reserved.css">{module}'
    url = host.page("/still", f"{element(articles[0])}{frame}<p>Below", head=head)
    page = reader(
        host.page("/blank", "", headers={}), script=SHIFTS, viewport={"width": width, "height": 900}
    )

    page.goto(url)

    assert states_of(page) == ["open"]
    expect(page.frame_locator("iframe").locator(".kind").first).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("shifts") == []
