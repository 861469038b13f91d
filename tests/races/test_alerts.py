"""Five workers at once, and workers that are killed: one alert, one report, one mail."""

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.alerts.raising import raise_alerts
from reactions.alerts.reports import make_reports
from reactions.alerts.sending import send_messages
from reactions.models import Alert, Message, Report, Subscription
from tests.conftest import PublishArticle
from tests.races.processes import process
from tests.races.rival import at_once, held_open
from tests.reactions.alerts.mailbox import Mailbox, Server
from tests.reactions.alerts.traffic import NOW, came, set_pace
from tests.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 5
MORNING = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with Server(free_port()) as server:
        settings.MAIL_SERVER = server.address
        settings.MAIL_FROM = "desk@example.org"
        yield server


@pytest.fixture
def mailbox(server: Server) -> Mailbox:
    return server.box


@pytest.fixture
def ada() -> User:
    user = User.objects.create_superuser("ada", "ada@example.org")
    Subscription.objects.create(user=user, alerts=True, daily=True, since=NOW - timedelta(days=9))
    return user


@pytest.fixture
def story(publish_article: PublishArticle) -> Article:
    set_pace(hour_median=4, hour_high=15)
    story = publish_article(first_published_at=NOW - timedelta(hours=3))
    came(story, {"love": 40})
    return story


def test_five_workers_raise_an_alert_and_mail_it_once(
    story: Article, ada: User, mailbox: Mailbox
) -> None:
    for _ in range(3):
        at_once([lambda: raise_alerts(now=NOW)] * WORKERS)
        at_once([send_messages] * WORKERS)

    assert [alert.rule for alert in Alert.objects.all()] == ["spike"]
    assert len(mailbox.mails) == 1


def test_five_workers_make_a_report_and_mail_it_once(ada: User, mailbox: Mailbox) -> None:
    for _ in range(3):
        at_once([lambda: make_reports(now=MORNING)] * WORKERS)
        at_once([send_messages] * WORKERS)

    assert Report.objects.count() == 1
    assert len(mailbox.mails) == 1


def test_a_worker_does_not_evaluate_while_another_does(story: Article, ada: User) -> None:
    with held_open(lambda: raise_alerts(now=NOW), commits=True):
        assert raise_alerts(now=NOW) == []
    assert raise_alerts(now=NOW) == []

    assert Alert.objects.count() == 1


def test_a_worker_does_not_make_a_report_while_another_does(ada: User) -> None:
    with held_open(lambda: make_reports(now=MORNING), commits=True):
        assert make_reports(now=MORNING) == 0
    assert make_reports(now=MORNING) == 0

    assert Report.objects.count() == 1


def worker(program: str, server: Server) -> AbstractContextManager["subprocess.Popen[str]"]:
    """A process of the product that runs this, with the mail server of the test."""
    return process(
        PRELUDE + program,
        EMAIL_URL=f"smtp://127.0.0.1:{server.address.port}",
        MAIL_FROM="desk@example.org",
        MORNING=MORNING.isoformat(),
    )


PRELUDE = """
import os, sys
import django
django.setup()
from datetime import datetime
from django.db import transaction
from reactions.alerts.reports import make_reports
from reactions.alerts.sending import send_messages
now = datetime.fromisoformat(os.environ["MORNING"])
def wait_to_be_killed(what):
    print(what, flush=True)
    sys.stdin.read()
"""


def kill_after(program: str, server: Server) -> None:
    """Run it until it prints a line, and kill it there."""
    with worker(program, server) as started:
        assert started.stdout
        assert started.stdout.readline() == "here\n"
        started.kill()
        started.wait(timeout=30)
    _wait_until_its_session_is_gone()


def _wait_until_its_session_is_gone() -> None:
    """PostgreSQL notices within milliseconds; what the process had not committed is rolled back then."""
    user = User.objects.get(username="ada").pk
    with connection.cursor() as cursor:
        for act in ("lock", "unlock"):
            cursor.execute(f"SELECT pg_advisory_{act}(hashtext('reactions_report'), %s)", [user])


def test_a_worker_that_dies_before_the_commit_has_made_no_report(ada: User, server: Server) -> None:
    kill_after(
        "with transaction.atomic():\n    make_reports(now=now)\n    wait_to_be_killed('here')",
        server,
    )

    assert not Report.objects.exists()
    assert make_reports(now=MORNING) == 1
    assert send_messages() == 1
    assert len(server.box.mails) == 1


def test_a_report_whose_worker_died_before_sending_is_sent_once(ada: User, server: Server) -> None:
    kill_after("make_reports(now=now)\nwait_to_be_killed('here')", server)

    assert make_reports(now=MORNING) == 0
    at_once([send_messages] * WORKERS)
    assert len(server.box.mails) == 1


def test_a_mail_whose_worker_died_while_it_sent_is_not_sent_again(
    ada: User, server: Server
) -> None:
    """The server has the mail when the worker dies. It errs so: of two deaths, one may lose a mail; none doubles one."""
    make_reports(now=MORNING)
    with worker("send_messages()", server) as started:

        def kill(protocol: SMTP) -> None:
            started.kill()

        server.box.answers = [kill]
        started.wait(timeout=30)
    at_once([send_messages] * WORKERS)

    assert len(server.box.mails) == 1
    assert Message.objects.get().state == Message.State.SENDING
