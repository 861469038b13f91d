"""The widget on pages of another origin, which a server of their own sends, under a strict policy."""

import re
import time
from collections.abc import Callable, Iterator

import jwt
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hosts import HostSite, host_site
from tests.browser.test_widget import button, counts, eventually, requests, status
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Open = Callable[..., Page]

SECRET = "0123456789abcdef0123456789abcdef"
SITES = """
from articles.models import Site
Site.objects.create(
    name="Blog {origin}", origins=["{origin}", "null"], has_mobile_hosts=False, registers=True, query_parameters=["p"],
    jwt_algorithm="HS256", jwt_audience="newsroom", jwt_secrets="{secret}",
)
"""


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
def article(slugs: Iterator[str]) -> str:
    """An article without reactions."""
    return next(slugs)


@pytest.fixture(scope="module")
def articles(slugs: Iterator[str]) -> list[str]:
    """Articles that the tests of this module share."""
    return [next(slugs) for _ in range(4)]


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


def said_by(page: Page) -> list[str]:
    """What the widget says on the console from now on."""
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    return said


def states_of(page: Page) -> list[str]:
    """The states of the widgets of a page, once all are known."""
    expect(button(page, "Love").last).to_be_visible()
    states: list[str] = page.evaluate(
        """Promise.all([...document.querySelectorAll("reader-reactions")].map(({ready}) => ready))
          .then((all) => all.map(({state}) => state))"""
    )
    return states


def element(article: str, more: str = "") -> str:
    return f'<reader-reactions article="{article}" {more}></reader-reactions>'


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


@pytest.mark.parametrize(
    "token",
    ['"rubbish"', "{", '"no:signature:here"', '{"a": 1}', '"\\u2603 snow"'],
)
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
    assert len(refused) <= 1
    page.reload()
    expect(button(page, "Love")).to_have_attribute("aria-pressed", "true")


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


def test_a_page_loaded_in_advance_asks_for_nothing_before_it_is_seen(
    host: HostSite, reader: Open, article: str
) -> None:
    ahead = host.page("/ahead", element(article))
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["/ahead"]}]}</script>'
    page = reader(host.page("/first", f'<a href="/ahead">Next</a>{rules}', headers={}))
    eventually(lambda: "/ahead" in host.asked, page)
    page.wait_for_timeout(500)

    page.get_by_role("link").click()

    page.wait_for_url(ahead)
    expect(button(page, "Love")).to_be_visible()
    starts = page.evaluate("""() => {
      const [{activationStart}] = performance.getEntriesByType("navigation");
      const calls = performance.getEntriesByType("resource").filter(({name}) => /api|live/.test(name));
      return [activationStart > 0, calls.length > 0, calls.every(({startTime}) => startTime >= activationStart)];
    }""")
    assert starts == [True, True, True]


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


def post(host: HostSite, path: str, body: str, *, canonical: str = "") -> str:
    """A page that can become an article: it has a title."""
    link = f'<link rel="canonical" href="{host.origin}{canonical or path}">'
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    return host.page(path, f"<h1>A post at {path}</h1>{body}", head=link + module)


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


def token_of(user: str, *, seconds: float = 600) -> str:
    """What the host's server says of its signed-in reader."""
    claims = {"aud": "newsroom", "sub": user, "exp": int(time.time() + seconds)}
    return jwt.encode(claims, SECRET, "HS256")


ASKED = """
globalThis.asked = 0;
globalThis.getToken = () => { asked++; return globalThis.jwt; };
document.querySelector("reader-reactions").getToken = getToken;
"""
SIGN_IN = (
    "([jwt]) => { globalThis.jwt = jwt; customElements.get('reader-reactions').signIn(getToken); }"
)
SIGN_OUT = """() => {
  const element = document.querySelector("reader-reactions");
  element.signOut();
  return [element.value, element.shadowRoot.querySelectorAll("[aria-pressed=true]").length];
}"""


def signed_in(host: HostSite, path: str, article: str, *, early: bool) -> str:
    """A page whose own script knows the reader, and runs before the module, or after it."""
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    host.file("/asked.js", ASKED, headers={"Content-Type": "text/javascript"})
    script = '<script src="/asked.js"></script>'
    later = '<script type="module" src="/asked.js"></script>'
    order = (script + module) if early else (module + later)
    return host.page(path, element(article) + order, head="")


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
