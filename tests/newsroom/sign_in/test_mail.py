"""The mail about a browser that had not signed in to an account before."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from articles.models import Account
from newsroom.sign_in.mail import mail_about_new_browser
from newsroom.tasks import mail_new_browser
from tests.reactions.alerts.conftest import mailbox as mailbox
from tests.reactions.alerts.mailbox import Mailbox

pytestmark = pytest.mark.django_db
PASSWORD = "a bridge over the river"
AT = datetime(2026, 11, 26, 20, 15, tzinfo=UTC).timestamp()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD, is_staff=True)


def test_it_says_who_with_what_and_when_in_the_zone_of_the_user(
    ada: User, mailbox: Mailbox
) -> None:
    Account.objects.create(user=ada, timezone="Europe/Oslo")

    mail_about_new_browser(ada.pk, "Firefox on Windows", AT)

    (mail,) = mailbox.mails
    assert mail["To"] == "ada@example.org"
    assert "signed in from a new browser" in mail["Subject"]
    text = mail.get_content()
    assert "ada signed in" in text
    assert "Firefox on Windows" in text
    assert "26 November 2026, 21:15 (CET)" in text
    assert "/desk/sessions/" in text


def test_a_server_that_refuses_it_stops_nothing(ada: User, mailbox: Mailbox) -> None:
    mailbox.answers.append("554 no")

    mail_about_new_browser(ada.pk, "Firefox on Windows", AT)

    assert mailbox.mails == []


def test_a_browser_is_new_once(
    ada: User,
    client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    mailbox: Mailbox,
) -> None:
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(
        mail_new_browser, "delay", lambda pk, browser, at: sent.append((pk, browser))
    )
    for each in (client, client, Client()):
        with django_capture_on_commit_callbacks(execute=True):
            each.post("/desk/login/", {"username": "ada", "password": PASSWORD})

    assert sent == [(ada.pk, "A browser")] * 2
