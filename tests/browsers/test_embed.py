"""The widget on pages of another origin: what takes a browser longer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from reactions.http.framing import HEIGHTS, height_of
from tests.browser.conftest import Open, Visitor
from tests.browser.hosts import (
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


def test_without_storage_and_in_a_sandboxed_frame_presses_are_for_the_visit(
    host: HostSite, reader: Open, article: str
) -> None:
    host.page("/inner", element(article, 'layout="row"'))
    frame = '<iframe src="/inner" sandbox="allow-scripts" width="600" height="300"></iframe>'
    page = reader(host.page("/outer", frame, headers={}))
    inner = page.frame_locator("iframe")

    inner.get_by_role("button", name="Love", exact=True).click()

    kept = "Your reaction: Love. Your browser keeps no cookies: you can change it until you leave this page."
    expect(inner.get_by_role("status")).to_have_text(kept)
    other = reader(host.page("/plain", element(article)))
    button(other, "Sad").click()
    number = inner.locator("[data-kind=sad] .count")
    expect(number).to_have_text("1", timeout=4_000)


def test_a_module_that_comes_from_elsewhere_needs_to_be_told_where_the_site_is(
    host: HostSite, reader: Open, article: str, stack: RunningStack
) -> None:
    """As optimisers have it: inlined, or renamed and sent by the host."""
    module = stack.get("/embed/reactions.js")
    host.file("/min/a1b2.js", module, headers={"Content-Type": "text/javascript"})
    renamed = '<script type="module" src="/min/a1b2.js"></script>'
    inlined = f"<script type=module>{module}</script>"
    late = """<script>addEventListener("load", () => setTimeout(() => {
      document.head.append(Object.assign(document.createElement("script"), {type: "module", src: "/min/a1b2.js"}))
    }, 100))</script>"""

    for place, head in enumerate([renamed, inlined]):
        page = reader(host.page("/blank", "", headers={}))
        said = said_by(page)
        host.asked.clear()
        page.goto(host.page(f"/lost{place}", element(article) * 2, head=head, headers={}))
        eventually(lambda said=said: bool(said), page)  # type: ignore[misc]
        assert [text for text in said if "api" in text] == said
        assert len(said) == 1
        assert set(host.asked) <= {f"/lost{place}", "/min/a1b2.js", "/favicon.ico"}

    for place, head in enumerate([renamed, inlined, late]):
        api = f'api="{host.api}" layout="row"'
        page = reader(host.page(f"/told{place}", element(article, api), head=head, headers={}))
        expect(button(page, "Love")).to_be_visible()


def test_a_service_worker_of_the_host_that_takes_every_request_is_no_obstacle(
    host: HostSite, reader: Open, article: str
) -> None:
    worker = """
      addEventListener("install", () => skipWaiting());
      addEventListener("activate", (event) => event.waitUntil(clients.claim()));
      addEventListener("fetch", (event) => event.respondWith((async () => {
        const cache = await caches.open("all");
        const fresh = fetch(event.request).then((answer) => {
          if (event.request.method === "GET" && !/live/.test(answer.url)) cache.put(event.request, answer.clone());
          return answer;
        });
        return (await cache.match(event.request)) ?? fresh;
      })()));"""
    host.file("/sw.js", worker, headers={"Content-Type": "text/javascript"})
    url = host.page("/worked", element(article), headers={})
    page, other = reader(url), reader(url)
    page.evaluate(
        "navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)"
    )
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")

    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    button(other, "Sad").click()

    expect(button(page, "Sad").locator(".count")).to_have_text("1", timeout=4_000)


def test_two_names_of_one_article_are_one(host: HostSite, reader: Open) -> None:
    url = post(host, "/posts/twice", element("auto") + element(f"{host.origin}/posts/twice/?x=1"))
    page = reader(host.page("/empty", "", head=""))
    said = said_by(page)
    page.goto(url)
    first, second = (page.locator("reader-reactions").nth(place) for place in range(2))
    assert states_of(page) == ["open", "open"], said

    button(first, "Love").click()

    expect(button(second, "Love")).to_have_attribute("aria-pressed", "true", timeout=500)


def test_an_element_with_auto_follows_a_single_page_site_of_another_origin(
    host: HostSite, reader: Open
) -> None:
    for path in ("/app/a", "/app/b"):
        page = reader(post(host, path, element("auto", "layout=row")))
        assert states_of(page) == ["open"]
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.")
    streams = requests(page, "/live/")
    number = button(page, "Love").locator(".count")

    page.evaluate("history.pushState(null, '', '/app/a')")
    expect(number).to_have_text("", timeout=1_000)
    page.evaluate("history.replaceState(null, '', '/app/b?utm_medium=x#top')")
    expect(number).to_have_text("1", timeout=1_000)
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.body.replaceChildren()")
    page.wait_for_timeout(1_200)
    assert len(streams) <= 2


@pytest.mark.parametrize("early", [True, False])
def test_a_token_that_has_expired_is_asked_for_once_more_and_the_press_sent_again(
    host: HostSite, reader: Open, articles: list[str], stack: RunningStack, *, early: bool
) -> None:
    # Its clock is an hour behind: the browser takes the token for valid, and the site does not.
    clock = "const now = Date.now; Date.now = () => now() - 3_600_000;"
    user = f"user-{early}"
    url = signed_in(host, f"/expired{early}", articles[1 + early], early=early)
    page = reader(url, script=f"{clock} globalThis.jwt = {token_of(user, seconds=-7)!r};")
    eventually(lambda: page.evaluate("globalThis.asked") == 1, page)
    sent = requests(page, "/mine/", "PUT")
    page.wait_for_timeout(3_500)
    page.evaluate(f"globalThis.jwt = {token_of(user)!r}")

    button(page, "Love").click()

    expect(status(page)).to_have_text("Your reaction: Love.")
    assert page.evaluate("globalThis.asked") == 2
    assert len(sent) <= 2
    eventually(lambda: counts(stack, articles[1 + early]) == {"love": 1}, page)
    # Where the host has none any more, the reader is signed out, and the press is nobody's.
    page.evaluate("globalThis.jwt = ''")
    page.evaluate("customElements.get('reader-reactions').signIn(getToken)")
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("layout", list(HEIGHTS))
def test_a_frame_is_as_high_as_is_documented(
    visitor: Visitor, articles: list[str], layout: str
) -> None:
    """With a reaction that can be undone, when it is highest; so no frame has a scroll bar."""
    page = visitor(f"/embed/{articles[2]}/?layout={layout}")
    if layout != "summary":
        button(page, "Love").first.click()
        expect(status(page)).to_have_text("Your reaction: Love.")
    page.locator("reader-reactions").evaluate("""(element) => {
      const undo = element.shadowRoot.querySelector(".undo");
      if (undo) undo.hidden = false;
    }""")
    measured = {}
    for least in HEIGHTS[layout]:
        for width in (least or 260, least + 60 if least else 300):
            page.set_viewport_size({"width": width, "height": 700})
            measured[width] = page.evaluate(
                "Math.ceil(document.body.getBoundingClientRect().height)"
            )

    for width, height in measured.items():
        assert height_of(layout, width) - 60 <= height <= height_of(layout, width), measured


MOVE = """
from articles.sites.moves import move_address
move_address(old_url="{old}", new_url="{new}")
"""


def test_a_tab_that_was_open_before_a_merge_follows_and_turns_nothing_back(
    host: HostSite, reader: Open, stack: RunningStack
) -> None:
    old, new = (post(host, f"/merged/{name}", element("auto")) for name in ("old", "new"))
    page = reader(old)
    button(page, "Love").click()
    expect(status(page)).to_have_text("Your reaction: Love.", timeout=15_000)
    tab = page.context.new_page()
    tab.goto(new)
    button(tab, "Wow").click()
    expect(status(tab)).to_have_text("Your reaction: Wow.", timeout=15_000)
    changes: list[str] = []
    for each in (page, tab):
        each.on(
            "request", lambda sent: changes.append(sent.method) if sent.method == "PUT" else None
        )

    merged = stack.manage("shell", "-c", MOVE.format(old=old, new=new))

    assert merged.returncode == 0, merged.stderr
    # The reader's newest choice stays, and is shown in the tab that knew the merged article.
    expect(button(page, "Wow")).to_have_attribute("aria-pressed", "true", timeout=10_000)
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "false")
    numbers = page.locator(".count")
    expect(numbers.filter(has_text="1")).to_have_count(1, timeout=10_000)
    assert changes == []
    button(page, "Sad").click()
    expect(status(page)).to_have_text("Your reaction: Sad.")
    expect(button(tab, "Sad")).to_have_attribute("aria-pressed", "true", timeout=5_000)
    expect(button(tab, "Sad").locator(".count")).to_have_text("1")
    expect(tab.locator(".count").filter(has_text="1")).to_have_count(1, timeout=5_000)


def test_polls_get_past_the_cache_of_a_service_worker_that_lets_no_stream_through(
    host: HostSite, reader: Open, article: str
) -> None:
    worker = """
      addEventListener("fetch", (event) => event.respondWith((async () => {
        if (/live/.test(event.request.url)) return Response.error();
        const cache = await caches.open("first");
        const known = await cache.match(event.request);
        if (known) return known;
        const answer = await fetch(event.request);
        if (event.request.method === "GET") cache.put(event.request, answer.clone());
        return answer;
      })()));"""
    host.file("/first.js", worker, headers={"Content-Type": "text/javascript"})
    url = host.page("/cached", element(article), headers={})
    page, other = reader(url), reader(url)
    page.evaluate(
        "navigator.serviceWorker.register('/first.js').then(() => navigator.serviceWorker.ready)"
    )
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")

    button(other, "Sad").click()

    expect(button(page, "Sad").locator(".count")).to_have_text("1", timeout=30_000)


def test_where_the_browser_blocks_all_cookies_element_and_frame_say_so_once(
    host: HostSite, blocking_visitor: Visitor, article: str
) -> None:
    frame = f'<iframe src="{host.api}/embed/{article}/" width="640" height="270"></iframe>'
    page = blocking_visitor(host.page("/blocked", element(article) + frame))
    inner = page.frame_locator("iframe")
    kept = "Your browser keeps no cookies: you can change it until you leave this page."

    button(page, "Love").click()
    inner.get_by_role("button", name="Sad", exact=True).click()

    expect(status(page)).to_have_text(f"Your reaction: Love. {kept}")
    expect(inner.get_by_role("status")).to_have_text(f"Your reaction: Sad. {kept}")
