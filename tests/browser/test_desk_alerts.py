"""Alerts, account and waves at the desk in a real browser: without a fault of accessibility, on a phone, in dark, by keyboard."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import AXE
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

NAME = f"alerts-{uuid4().hex[:8]}"
PREPARE = f"""
from datetime import datetime, timedelta, UTC
from uuid import uuid4
import time
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from articles.models import Article
from reactions.alerts.links import Unsubscribe
from reactions.models import Alert, Reaction, Report, Subscription, Wave
user = auth.models.User.objects.create_superuser({NAME!r}, {NAME!r} + "@example.org")
Subscription.objects.create(user=user, alerts=True)
session = SessionStore()
session[auth.SESSION_KEY] = str(user.pk)
session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
session["begun_at"] = session["seen_at"] = int(time.time())
session.create()
now = datetime.now(UTC)
story = Article.objects.filter(state="published").first()
wave = Wave.objects.create(article_id=uuid4(), rule="surge", started_at=now - timedelta(minutes=9),
                           last_at=now, size=3, network_count=2, is_open=False)
Reaction.objects.bulk_create(
    Reaction(article_id=wave.article_id, reader_id=uuid4(), kinds=1 << 4, held=True, wave_id=wave.pk)
    for _ in range(3))
figures = {{"hour": 86, "site_hour": 410, "usual": 12.0, "high": 31.0, "of_section": True}}
Alert.objects.create(article_id=story.pk, rule="spike", figures=figures)
report = Report.objects.create(user=user, period="day", first_day="2026-03-03",
                               subject="Tuesday, 3 March 2026", html="<p>As sent</p>", text="As sent")
print(session.session_key, wave.pk, report.pk, Unsubscribe(user.pk, "alerts").url)
"""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def prepared(stack: RunningStack) -> list[str]:
    done = stack.manage("shell", "--verbosity=0", "-c", PREPARE)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def desk(prepared: list[str], stack: RunningStack, visitor: Visitor) -> Open:
    def enter(path: str, **options: object) -> Page:
        page = visitor("/healthz", **options)
        cookie = {"name": "sessionid", "value": prepared[0], "url": stack.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]  # a SetCookieParam
        page.goto(path)
        return page

    return enter


def faults(page: Page, part: str = ".figures") -> list[str]:
    """What axe finds wrong in our part of the page; the frame around it is Unfold's."""
    page.evaluate(AXE)
    found: Any = page.evaluate("part => axe.run(part)", part)
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_the_pages_are_accessible_and_fit_a_phone_in_light_and_dark(
    prepared: list[str], desk: Open
) -> None:
    paths = [
        "/desk/alerts/",
        "/desk/account/",
        f"/desk/reactions/wave/{prepared[1]}/change/",
    ]
    for scheme in ("light", "dark"):
        page = desk("/desk/alerts/", color_scheme=scheme)
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(path)
            assert faults(page) == [], (path, scheme)
            page.set_viewport_size({"width": 390, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, (path, scheme)


def test_an_editor_mutes_a_story_in_one_press_and_takes_it_back(desk: Open) -> None:
    page = desk("/desk/alerts/")

    page.get_by_role("button", name="Mute this story").first.press("Enter")
    expect(page.get_by_text("Muted. You can take it back below.")).to_be_visible()
    page.get_by_role("button", name="Take back").press("Enter")
    expect(page.get_by_text("Nothing is muted.")).to_be_visible()


def test_the_link_in_a_mail_asks_first_and_works_without_signing_in(
    prepared: list[str], visitor: Visitor
) -> None:
    page = visitor("/desk/mail/" + prepared[3].partition("/desk/mail/")[2])

    expect(page.get_by_role("heading", name="No more mails with alerts?")).to_be_visible()
    assert faults(page, "main") == []
    page.get_by_role("button", name="No more of these mails").click()
    expect(page.get_by_role("heading", name="You get no more mails with alerts.")).to_be_visible()
