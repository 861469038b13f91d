"""Views: a page says once that its article was opened, and a list says nothing."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Open
from tests.browser.hosts import HostSite, element
from tests.browser.test_widget import eventually
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# That of a headless one is a bot's.
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
# The widget looks every second at what the page shows: a page that has not sent anything by then sends nothing.
QUIET_MS = 3_000
IS_HIDDEN = """
globalThis.isHidden = true;
Object.defineProperty(Document.prototype, "hidden", { get: () => isHidden });
"""
PRIVACY = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });"
COPIED = """
from reactions.page_views import copy_views
from reactions.models import ViewBucket
from reactions.cache.slugs import find_article
copy_views()
print(sum(each.views for each in ViewBucket.objects.filter(article_id=find_article("{slug}"))))
"""


@pytest.fixture
def article(slugs: Iterator[str]) -> str:
    return next(slugs)


@pytest.fixture(scope="module")
def two(slugs: Iterator[str]) -> tuple[str, str]:
    return next(slugs), next(slugs)


@dataclass
class Sent:
    """What a page sends about views; `preflights` are what a browser asks before."""

    articles: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    preflights: int = 0

    def __call__(self, request: Request) -> None:
        if not request.url.endswith("/api/v1/views/"):
            return
        if request.method == "OPTIONS":
            self.preflights += 1
            return
        self.articles.append(json.loads(request.post_data or "null")["article"])
        self.headers.append(request.headers)


def opened(reader: Open, url: str, *, script: str = "") -> tuple[Page, Sent]:
    page = reader("about:blank", script=script, user_agent=CHROME)
    sent = Sent()
    page.on("request", sent)
    page.goto(url)
    return page, sent


def views_of(stack: RunningStack, slug: str) -> int:
    done = stack.manage("shell", "-v", "0", "-c", COPIED.format(slug=slug))
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def is_quiet(page: Page, sent: Sent, number: int) -> bool:
    """Whether it has sent so many views, and sends no more."""
    eventually(lambda: len(sent.articles) >= number, page)
    page.wait_for_timeout(QUIET_MS)
    return len(sent.articles) == number


def test_a_visit_counts_once_and_twice_within_the_half_hour_once(
    reader: Open, article: str, stack: RunningStack
) -> None:
    begun = time.time() // 1_800
    page, sent = opened(reader, f"{stack.url}articles/{article}/")
    first = is_quiet(page, sent, 1)
    page.reload()
    again = is_quiet(page, sent, 2)
    opened_in = range(1, 2 + int(time.time() // 1_800 - begun))

    assert (first, again) == (True, True)
    assert sent.articles[0] == sent.articles[1]
    assert "cookie" not in sent.headers[0]
    assert page.context.cookies() == []
    assert views_of(stack, article) in opened_in


def test_a_browser_with_global_privacy_control_says_nothing(
    reader: Open, article: str, stack: RunningStack
) -> None:
    page, sent = opened(reader, f"{stack.url}articles/{article}/", script=PRIVACY)
    expect(page.locator("reader-reactions .sum").first).to_be_visible()

    assert is_quiet(page, sent, 0)
    assert views_of(stack, article) == 0


def test_a_page_counts_once_it_is_seen(reader: Open, article: str, stack: RunningStack) -> None:
    page, sent = opened(reader, f"{stack.url}articles/{article}/", script=IS_HIDDEN)
    before = is_quiet(page, sent, 0)

    page.evaluate("isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")

    assert before
    assert is_quiet(page, sent, 1)


def test_lists_of_ours_say_nothing(reader: Open, two: tuple[str, str], stack: RunningStack) -> None:
    page, sent = opened(reader, stack.url)
    expect(page.locator("reader-reactions").first).to_be_attached()

    assert is_quiet(page, sent, 0)


def test_a_page_of_another_site_counts_without_a_preflight(
    reader: Open, host: HostSite, article: str, two: tuple[str, str], stack: RunningStack
) -> None:
    """Summaries of other articles stand beside it, and it stands there twice."""
    others = "".join(element(each, 'layout="summary"') for each in two)
    body = element(article) + others + element(article, 'layout="row"')
    page, sent = opened(reader, host.page("/opened", body))

    assert is_quiet(page, sent, 1)
    assert sent.preflights == 0
    assert sent.headers[0]["content-type"].startswith("text/plain")
    assert views_of(stack, article) == 1


@pytest.mark.parametrize("more", ["", 'layout="summary"'])
def test_a_list_of_another_site_says_nothing(
    reader: Open, host: HostSite, two: tuple[str, str], more: str
) -> None:
    body = "".join(element(each, more) for each in two)
    page, sent = opened(reader, host.page("/listed", body))
    expect(page.locator("reader-reactions .sum").first).to_be_attached()

    assert is_quiet(page, sent, 0)


def test_a_page_that_changes_its_article_opens_the_next_one(
    reader: Open, host: HostSite, two: tuple[str, str]
) -> None:
    page, sent = opened(reader, host.page("/application", element(two[0])))
    eventually(lambda: len(sent.articles) == 1, page)

    page.evaluate(f"document.querySelector('reader-reactions').setAttribute('article', '{two[1]}')")

    assert is_quiet(page, sent, 2)
    assert len({*sent.articles}) == 2


def test_a_frame_counts_once(
    reader: Open, host: HostSite, article: str, stack: RunningStack
) -> None:
    frame = f'<iframe src="{host.api}/embed/{article}/" title="Reactions" width="640" height="270"></iframe>'
    page, sent = opened(reader, host.page("/framed-view", frame, head=""))

    assert is_quiet(page, sent, 1)
    assert views_of(stack, article) == 1
