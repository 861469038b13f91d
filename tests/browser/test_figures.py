"""The desk's pages of figures in a real browser: what an editor of a phone or a large screen sees, and live."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import AXE, violations
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# An editor who is signed in, and an hour of reactions to two stories, as aggregation writes them.
PREPARE = """
from datetime import UTC, datetime, timedelta
import time
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from articles.models import Article
from reactions.kinds import BY_KEY
from reactions.models import Wave
from reactions.sql import rows
user = auth.models.User.objects.create(username="figures", is_staff=True, is_superuser=True, password="!")
session = SessionStore()
session[auth.SESSION_KEY] = str(user.pk)
session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
session["begun_at"] = session["seen_at"] = int(time.time())
session.create()
now = datetime.now(UTC)
start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
lines = []
for slug in {slugs!r}:
    article = Article.objects.get(slug=slug)
    for ago in range(5):
        for key, count in {{"love": 30 - ago, "angry": 12, "sad": 5}}.items():
            at = start - ago * timedelta(minutes=15)
            lines.append((article.pk, at, BY_KEY[key].bit, count, 0, count))
names = ("articles", "starts", "kinds", "added", "removed", "readers")
rows("write_traffic", dict(zip(names, map(list, zip(*lines)))))
Wave.objects.create(article_id=article.pk, rule="surge", started_at=start, last_at=now, size=30, network_count=2)
print(session.session_key, article.pk)
"""
PAGES = (
    *("/desk/", "/desk/stories/", "/desk/sections/", "/desk/tags/"),
    *("/desk/alerts/", "/desk/account/", "/desk/reactions/wave/"),
)


@pytest.fixture(scope="module")
def prepared(
    stack: RunningStack, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, list[str]]:
    """The session of an editor, the id of a story with reactions, and the slugs of two."""
    slugs = [f"story-{uuid4().hex[:8]}" for _ in range(2)]
    folder = tmp_path_factory.mktemp("figures")
    for slug in slugs:
        text = f"---\nheadline: The bridge is open {slug}\nslug: {slug}\n---\n\nIt is.\n"
        (folder / f"{slug}.md").write_text(text)
    published = stack.manage("publish", *folder.iterdir())
    assert published.returncode == 0, published.stderr
    done = stack.manage("shell", "--verbosity=0", "-c", PREPARE.format(slugs=slugs))
    assert done.returncode == 0, done.stderr
    session, article_id = done.stdout.split()
    return session, article_id, slugs


def enter(
    prepared: tuple[str, str, list[str]], stack: RunningStack, visitor: Visitor, path: str
) -> Page:
    page = visitor("/healthz")
    cookie = {"name": "sessionid", "value": prepared[0], "url": stack.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a SetCookieParam
    page.goto(path)
    return page


@pytest.mark.parametrize(("scheme", "paths"), [("light", PAGES), ("dark", PAGES[:1])])
def test_every_page_is_accessible_and_fits_a_phone(
    prepared: tuple[str, str, list[str]],
    stack: RunningStack,
    visitor: Visitor,
    scheme: str,
    paths: tuple[str, ...],
) -> None:
    page = enter(prepared, stack, visitor, "/desk/")
    page.context.add_init_script(AXE)
    wrong: dict[str, list[str]] = {}
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    for path in (*paths, f"/desk/stories/{prepared[1]}/"):
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.set_viewport_size({"width": 1280, "height": 800})
        wrong[path] = violations(page, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])

    assert {name: found for name, found in wrong.items() if found} == {}


def test_today_shows_a_reaction_at_its_next_refresh_and_keeps_the_focus(
    prepared: tuple[str, str, list[str]], stack: RunningStack, visitor: Visitor
) -> None:
    page = enter(prepared, stack, visitor, "/healthz")
    page.clock.install()
    page.goto("/desk/")
    cell = page.locator(f'[data-came="{prepared[1]}"]')
    before = int(cell.inner_text())
    link = page.locator(f'.figures-table a[href*="{prepared[1]}"]')
    link.focus()

    reader = visitor(f"/articles/{prepared[2][1]}/")
    reader.get_by_role("button", name=re.compile("Wow")).first.click()
    expect(reader.locator("[aria-pressed=true]").first).to_be_visible()
    reader.wait_for_timeout(1_500)
    page.clock.fast_forward(31_000)

    expect(cell).to_have_text(str(before + 1), timeout=20_000)
    assert page.evaluate("document.activeElement.getAttribute('href')") == link.get_attribute(
        "href"
    )


def test_the_zones_that_the_browser_knows_are_offered(
    prepared: tuple[str, str, list[str]], stack: RunningStack, visitor: Visitor
) -> None:
    page = enter(prepared, stack, visitor, f"/desk/stories/{prepared[1]}/")

    page.get_by_label("Time zone").focus()

    assert page.locator("#zones option").count() > 300
    page.get_by_label("Time zone").fill("Asia/Kathmandu")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("From (Asia/Kathmandu)")).to_be_visible()
