"""Who hears of a webhook that fails: by mail, after a day, a day before it is switched off, and then."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from reactions.models import WebhookEndpoint
from reactions.webhooks.deliveries import new_delivery
from reactions.webhooks.endpoints import check_failing
from tests.reactions.alerts.conftest import mailbox as mailbox
from tests.reactions.alerts.conftest import make_user
from tests.reactions.alerts.mailbox import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)

SINCE = datetime(2026, 11, 3, 20, 15, tzinfo=UTC)


@pytest.fixture
def failing() -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.create(
        url="https://app.example/hook", types=["article.killed"], failing_since=SINCE
    )
    delivery = new_delivery(endpoint, "article.killed", [])
    delivery.error = "The receiver answered 500."
    delivery.save()
    return endpoint


@pytest.fixture
def users(db: None) -> None:
    make_user("paula", "Publishers")
    make_user("ed", "Editors")
    User.objects.create_superuser("root")  # without an address


def test_publishers_get_three_mails_and_nobody_else_any(
    failing: WebhookEndpoint, users: None, mailbox: Mailbox
) -> None:
    came = {}
    for hours in range(0, 96, 4):
        before = len(mailbox.mails)
        check_failing(now=SINCE + timedelta(hours=hours))
        if len(mailbox.mails) > before:
            came[hours] = mailbox.mails[before:]

    assert [*came] == [24, 48, 72]
    assert [mail["To"] for mails in came.values() for mail in mails] == ["paula@example.org"] * 3
    assert [mails[0]["Subject"] for mails in came.values()] == [
        "A webhook fails",
        "A webhook fails",
        "A webhook was switched off",
    ]
    warning = came[48][0].get_content()
    assert "https://app.example/hook" in warning
    assert "since 03 November 2026, 20:15 UTC" in warning
    assert "switched off at 06 November 2026, 20:15 UTC" in warning
    assert "The receiver answered 500." in warning


def test_a_mail_that_is_refused_stops_nothing(
    failing: WebhookEndpoint, users: None, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.answers = ["550 No."]

    assert check_failing(now=SINCE + timedelta(days=3)) == 1

    failing.refresh_from_db()
    assert not failing.active
    assert "was not sent" in caplog.text
