"""What a reader feels, in a real Chromium before the whole product: presses, first sight, and others' reactions."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from tests.bench.table import Row, Samples, at_most
from tests.bench.workload import Workload
from tests.browser.chromium import find_chromium
from tests.servers import RunningStack, running_stack

STORY = "articles/goose-attends-council-meeting/"
SWITCHES = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
SLOWER = 4  # times, as a cheap phone is beside this machine
# What Lighthouse calls slow 4G, as simulated by the browser: 150 ms and 1.6 Mbit/s.
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 204_800,
    "uploadThroughput": 84_480,
}
LOADS, PRESSES, CHANGES = 5, 14, 20
IDLE_SECONDS = 60

OBSERVE = """
globalThis.seen = {shift: 0, paint: 0, slowest: 0};
const watch = (type, note, more) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({type, buffered: true, ...more});
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("largest-contentful-paint", (entry) => { seen.paint = entry.startTime; });
watch("event", (entry) => {
  if (entry.interactionId) seen.slowest = Math.max(seen.slowest, entry.duration);
}, {durationThreshold: 16});
"""
# When the number of a button was painted that is not `before`, in milliseconds since 1970.
PAINTED = """(before) => new Promise((resolve) => {
  const count = document.querySelector("#reactions").shadowRoot.querySelector("[data-kind=wow] .count");
  const look = () => count.textContent !== before
    ? requestAnimationFrame(() => resolve(Date.now()))
    : setTimeout(look, 5);
  look();
})"""


def measure(workload: Workload) -> Iterator[Row]:  # it has a product of its own
    with (
        running_stack("bench-browsing", TRUSTED_PROXY_HOPS="1") as stack,
        sync_playwright() as playwright,
    ):
        path = find_chromium(playwrights_own=playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield from _first_sight(browser, stack)
        yield from _presses(browser, stack)
        yield from _changes(browser, stack)
        browser.close()


def _open(browser: Browser, stack: RunningStack) -> tuple[Page, CDPSession]:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.add_init_script(OBSERVE)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page, session


def _first_sight(browser: Browser, stack: RunningStack) -> Iterator[Row]:
    for name, path in (("front page", ""), ("article page", STORY)):
        paints, shifts, sizes = [], [], []
        for _ in range(LOADS):
            page, session = _open(browser, stack)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", SLOW_4G)
            sent: list[int] = []

            def add(finished: dict[str, Any], sent: list[int] = sent) -> None:
                sent.append(finished["encodedDataLength"])

            session.on("Network.loadingFinished", add)
            page.goto(f"{stack.url}{path}")
            page.wait_for_timeout(3_000)
            seen = page.evaluate("seen")
            paints.append(seen["paint"] / 1000)
            shifts.append(seen["shift"])
            sizes.append(sum(sent) / 1000)
            page.context.close()
        note = f"slow 4G, {SLOWER} times slower CPU"
        yield Row(
            f"{name}: largest contentful paint",
            Samples(paints, "s"),
            target=at_most(1.5, "s"),
            note=note,
        )
        yield Row(f"{name}: layout shift", Samples(shifts), target=at_most(0))
        yield Row(
            f"{name}: bytes of a first visit, with the stream's first",
            Samples(sizes, "kB"),
            target=at_most(60, "kB"),
        )


def _presses(browser: Browser, stack: RunningStack) -> Iterator[Row]:
    page, _ = _open(browser, stack)
    page.goto(f"{stack.url}{STORY}")
    page.wait_for_load_state("load")
    for name in ["Love", "Sad"] * (PRESSES // 2):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(400)
    yield Row(
        "press to next paint, the slowest (INP)",
        Samples([page.evaluate("seen.slowest")], "ms"),
        target=at_most(100, "ms"),
        note=f"{SLOWER} times slower CPU, {PRESSES} presses",
    )
    page.context.close()


def _changes(browser: Browser, stack: RunningStack) -> Iterator[Row]:
    page = browser.new_context().new_page()
    page.goto(f"{stack.url}{STORY}")
    page.wait_for_timeout(2_000)
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(request.url)

    page.on("request", note)
    page.wait_for_timeout(IDLE_SECONDS * 1000)
    requests = len(sent)
    took = []
    for number in range(CHANGES):
        before = page.locator("#reactions [data-kind=wow] .count").inner_text()
        painted = page.evaluate_handle(f"(before) => ({{when: ({PAINTED})(before)}})", before)
        acknowledged = _wow(stack, number)
        took.append(page.evaluate("async ({when}) => await when", painted) / 1000 - acknowledged)
    took.sort()
    yield Row(
        "another reader's 200 to pixels, p95",
        Samples([took[int(0.95 * CHANGES) - 1]], "s"),
        target=at_most(1.5, "s"),
        note=f"median {took[CHANGES // 2]:.2f} s, {CHANGES} changes",
    )
    yield Row(
        f"requests of an idle page in {IDLE_SECONDS} s, beside its stream",
        Samples([requests]),
        target=at_most(0.2),
        note="polling each 3 to 15 s made 20 in 110 s",
    )
    page.context.close()


def _wow(stack: RunningStack, number: int) -> float:
    """A new reader of a network of their own reacts; returns when it was acknowledged, in seconds since 1970."""
    network = {"X-Forwarded-For": f"198.51.{number}.1"}
    token = _send(stack, "POST", "readers/", **network)["token"]
    mine = _send(stack, "GET", f"{STORY}reactions/mine/", **network)
    page = {"Page-Token": mine["page_token"], "Authorization": f"Reader {token}"}
    _send(stack, "PUT", f"{STORY}reactions/mine/", {"reactions": ["wow"]}, **network, **page)
    return time.time()


def _send(
    stack: RunningStack, method: str, path: str, body: object = None, **headers: str
) -> dict[str, Any]:
    """The answer, with the page token that came with it."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  # it begins with http
        f"{stack.url}api/v1/{path}",
        data,
        {"Content-Type": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        content: dict[str, Any] = json.load(answer)
        return {**content, "page_token": answer.headers.get("Page-Token", "")}
