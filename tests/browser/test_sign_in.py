"""Signing in at the desk in a real browser: password, second factor, sessions and the audit log, in light, dark and on a phone."""

import time
from base64 import b32decode
from typing import Any
from uuid import uuid4

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_desk_alerts import faults
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

PASSWORD = "a bridge over the river"
PREPARE = """
from django.contrib.auth.models import User
User.objects.create_superuser({name!r}, {name!r} + "@example.org", {password!r})
"""


def code_of(key: str) -> str:
    """What the app shows. `key` is as the page writes it, in groups."""
    totp: Any = TOTP(_bytes(key))  # type: ignore[no-untyped-call]  # django-otp has no types
    totp.time = time.time()
    return f"{totp.token():06}"


def _bytes(key: str) -> bytes:
    plain = key.replace("-", "")
    return b32decode(plain + "=" * (-len(plain) % 8))


class Looker:
    """Looks at each page of a journey, wide and on a phone."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.wrong: dict[str, list[str]] = {}

    def look(self, name: str, part: str = "body") -> None:
        self._page.set_viewport_size({"width": 1280, "height": 900})
        self.wrong[name] = faults(self._page, part)
        self._page.set_viewport_size({"width": 390, "height": 800})
        width = self._page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            self.wrong[name].append(f"{width} pixels wide")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_with_a_second_factor(
    stack: RunningStack, visitor: Visitor, scheme: str
) -> None:
    name = f"ada-{uuid4().hex[:8]}"
    prepare = PREPARE.format(name=name, password=PASSWORD)
    done = stack.manage("shell", "--verbosity=0", "-c", prepare)
    assert done.returncode == 0, done.stderr
    page = visitor("/desk/login/", color_scheme=scheme)
    looker = Looker(page)

    looker.look("password")
    sign_in(page, name, "wrong")
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    looker.look("wrong password")
    sign_in(page, name, PASSWORD)

    page.goto("/desk/second-factor/")
    looker.look("no second factor", ".desk-page")
    page.get_by_role("link", name="Set it up").click()
    page.wait_for_url("**/set-up/")
    page.get_by_text("No camera? Type this key").click()
    looker.look("set up", ".desk-page")
    key = page.locator(".desk-key code").inner_text()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Confirm").press("Enter")
    expect(page.get_by_text("This is not the code that the app shows")).to_be_visible()
    looker.look("wrong code", ".desk-page")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("textbox", name="Code").fill(code_of(key))
    page.get_by_role("button", name="Confirm").press("Enter")
    expect(page.locator(".desk-codes code")).to_have_count(10)
    looker.look("recovery codes", ".desk-page")
    recovery = page.locator(".desk-codes code").first.inner_text()
    page.goto("/desk/sessions/")
    looker.look("sessions", ".desk-page")
    page.goto("/desk/password_change/")
    looker.look("password change", "#content")
    page.goto("/desk/articles/auditentry/")
    looker.look("audit log", "#content")
    page.locator("#result_list a[href*='/change/']").first.click()
    page.wait_for_url("**/change/**")
    expect(page.get_by_text("Before and after")).to_be_visible()
    looker.look("audit entry", "#content")

    page.context.clear_cookies()
    page.goto("/desk/login/")
    sign_in(page, name, PASSWORD)
    looker.look("code")
    page.get_by_role("textbox", name="Code").fill(recovery)
    page.get_by_role("button", name="Sign in").press("Enter")
    expect(page).to_have_url(f"{stack.url}desk/")

    assert {name: found for name, found in looker.wrong.items() if found} == {}


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")
    page.wait_for_load_state()
