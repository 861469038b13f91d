"""Messages over a real SMTP server and to a real HTTP server: sent once, tried again, or given up."""

import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from reactions.alerts import smtp
from reactions.alerts.links import Unsubscribe
from reactions.alerts.mail import make_mail
from reactions.alerts.sending import send_messages
from reactions.alerts.smtp import MailServer, MaybeSent, NotSent, mail_server, send_mail
from reactions.models import Alert, Message, MessageState, Report
from reactions.sql import row
from tests.reactions.alerts.conftest import make_user
from tests.reactions.alerts.mailbox import PASSWORD, USER, Mailbox, Server, accepts, break_off
from tests.servers import free_port

pytestmark = pytest.mark.django_db


def message(alert: Alert, user: User | None) -> Message:
    return Message.objects.create(alert=alert, user=user)


def make_due() -> None:
    Message.objects.update(retry_at=datetime.now(UTC) - timedelta(seconds=1))


def test_an_alert_is_mailed_with_both_parts_and_its_links(
    alert: Alert, ada: User, mailbox: Mailbox
) -> None:
    message(alert, ada)

    assert send_messages() == 1
    assert send_messages() == 0

    (mail,) = mailbox.mails
    assert mail["To"] == "ada@example.org"
    assert mail["From"] == "The Desk <desk@example.org>"
    assert mail["Subject"] == "Spike: “Harbour <wall> & more”"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/desk/mail/unsubscribe/")
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "26 reactions in the last hour." in text
    assert f"/desk/stories/{alert.article_id}/" in text
    assert "/desk/mail/mute/" in text
    assert "“Harbour &lt;wall&gt; &amp; more”" in html
    assert "<style" not in html
    assert 'style="' in html
    assert Message.objects.get().state == MessageState.SENT


def test_a_mail_server_that_is_down_gets_it_later(
    alert: Alert, ada: User, mailbox: Mailbox, settings: Settings
) -> None:
    server = settings.MAIL_SERVER
    settings.MAIL_SERVER = MailServer("127.0.0.1", free_port())
    message(alert, ada)

    assert send_messages() == 0
    waiting = Message.objects.get()
    assert (waiting.state, waiting.failures) == (MessageState.WAITING, 1)
    assert "unreachable" in waiting.error
    assert send_messages() == 0  # not due

    settings.MAIL_SERVER = server
    make_due()
    assert send_messages() == 1
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("refuses", ["recipient", "text"])
def test_what_the_server_refuses_is_tried_again_and_then_given_up(
    alert: Alert, ada: User, mailbox: Mailbox, refuses: str
) -> None:
    message(alert, ada)
    refusals = ["451 Later"] * 6
    if refuses == "recipient":
        mailbox.recipient_answers = list(refusals)
    else:
        mailbox.answers = list(refusals)

    for _ in refusals:
        make_due()
        assert send_messages() == 0

    given_up = Message.objects.get()
    assert given_up.state == MessageState.FAILED
    assert "451" in given_up.error
    make_due()
    assert send_messages() == 0
    assert mailbox.mails == []


def test_a_mail_that_may_have_been_accepted_is_not_sent_again(
    alert: Alert, ada: User, mailbox: Mailbox
) -> None:
    message(alert, ada)
    mailbox.answers = [break_off]

    assert send_messages() == 0
    make_due()
    assert send_messages() == 0

    assert len(mailbox.mails) == 1
    perhaps = Message.objects.get()
    assert perhaps.state == MessageState.SENDING
    assert perhaps.ended_at


def test_one_that_fails_does_not_keep_the_others(alert: Alert, ada: User, mailbox: Mailbox) -> None:
    message(alert, ada)
    message(alert, make_user("ben"))
    mailbox.recipient_answers = ["550 No such user"]

    assert send_messages() == 1
    assert [mail["To"] for mail in mailbox.mails] == ["ben@example.org"]


def test_who_lost_the_right_or_has_no_real_address_gets_nothing(
    alert: Alert, ada: User, mailbox: Mailbox
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    message(alert, ada)
    odd = make_user("odd")
    User.objects.filter(pk=odd.pk).update(email="odd\r\nBcc: all@example.org")
    message(alert, odd)
    report = Report.objects.create(
        user=ada, period="day", first_day="2026-03-03", subject="s", html="h", text="t"
    )
    Message.objects.create(report=report, user=ada)

    assert send_messages() == 0

    assert set(Message.objects.values_list("state", flat=True)) == {"failed"}
    assert mailbox.mails == []


def test_mail_that_was_switched_off_meanwhile_waits(
    alert: Alert, ada: User, settings: Settings
) -> None:
    settings.MAIL_SERVER = None
    message(alert, ada)

    assert send_messages() == 0
    assert Message.objects.get().state == MessageState.WAITING


def test_a_run_ends_in_time(alert: Alert, ada: User, mailbox: Mailbox) -> None:
    message(alert, ada)

    assert send_messages(seconds=0) == 0
    assert Message.objects.get().state == MessageState.WAITING


def mail_to_ada() -> EmailMessage:
    return make_mail(
        to="ada@example.org",
        subject="S",
        text="T",
        html="<p>T</p>",
        unsubscribe=Unsubscribe(1, "alerts"),
        number=1,
    )


@pytest.fixture
def sender(settings: Settings) -> None:
    settings.MAIL_FROM = "desk@example.org"


def test_a_server_with_starttls_and_a_password(
    sender: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    port = free_port()
    options = {"tls_context": context, "authenticator": accepts}
    with Server(port, require_starttls=True, auth_required=True, **options) as server:
        url = f"smtp+tls://{USER}:{PASSWORD}@127.0.0.1:{port}"
        send_mail(mail_server(url), mail_to_ada())
        with pytest.raises(NotSent, match="535"):
            send_mail(mail_server(url.replace(PASSWORD, "wrong")), mail_to_ada())
        with pytest.raises(NotSent):
            send_mail(server.address, mail_to_ada())

    assert len(server.box.mails) == 1


def test_a_server_with_tls_from_the_first_byte(
    sender: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    port = free_port()
    with Server(port, ssl_context=context) as server:
        with pytest.raises(NotSent, match="unreachable"):  # the authority is unknown
            send_mail(mail_server(f"smtps://127.0.0.1:{port}"), mail_to_ada())
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        send_mail(mail_server(f"smtps://127.0.0.1:{port}"), mail_to_ada())

    assert len(server.box.mails) == 1


def test_a_server_that_falls_silent_after_the_text_may_have_it(
    sender: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            client, _ = listening.accept()
            with client, client.makefile("rwb", buffering=0) as stream:
                stream.write(b"220 here\r\n")
                while line := stream.readline():
                    if line == b".\r\n":
                        break
                    if line.upper().startswith(b"DATA"):
                        stream.write(b"354 go on\r\n")
                    elif line[:4].upper() in {b"EHLO", b"MAIL", b"RCPT"}:
                        stream.write(b"250 ok\r\n")
                stream.read()  # until the client is gone

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(MaybeSent):
            send_mail(MailServer("127.0.0.1", port), mail_to_ada())
        thread.join(10)


class Chat(BaseHTTPRequestHandler):
    """Takes what apprise posts, and answers with `status`."""

    got: list[dict[str, str]] = []
    status = 200

    def do_POST(self) -> None:  # http.server's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def chat(settings: Settings) -> Iterator[type[Chat]]:
    Chat.got, Chat.status = [], 200
    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.ALERT_URLS = [f"json://user:s3cret-word@127.0.0.1:{server.server_port}/hook"]
        yield Chat
        server.shutdown()
        thread.join()


def test_the_chat_gets_the_words_and_the_links(alert: Alert, chat: type[Chat]) -> None:
    message(alert, None)

    assert send_messages() == 1

    (got,) = chat.got
    assert got["title"] == "Spike: “Harbour <wall> & more”"
    assert "26 reactions in the last hour." in got["message"]
    assert f"/desk/stories/{alert.article_id}/" in got["message"]
    assert "/desk/alerts/" in got["message"]


def test_a_chat_that_refuses_gets_it_later_and_no_secret_is_logged_or_stored(
    alert: Alert, chat: type[Chat], caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.ALERT_URLS = [*settings.ALERT_URLS, "nosuch://s3cret-word@host/"]
    message(alert, None)
    chat.status = 500

    assert send_messages() == 0
    waiting = Message.objects.get()
    assert waiting.error == "No chat accepted it: ALERT_URLS, number 1, 2."
    chat.status = 200
    make_due()
    assert send_messages() == 1

    lines = [line for line in caplog.text.splitlines() if not line.startswith("DEBUG")]
    assert "s3cret-word" not in "\n".join(lines)


def test_one_chat_of_two_is_enough(alert: Alert, chat: type[Chat], settings: Settings) -> None:
    settings.ALERT_URLS = [f"json://127.0.0.1:{free_port()}/", *settings.ALERT_URLS]
    message(alert, None)

    assert send_messages() == 1
    assert len(chat.got) == 1


def test_each_message_has_one_sender(alert: Alert, ada: User, mailbox: Mailbox) -> None:
    """A worker that died after it claimed the message: no other sends it."""
    claimed = message(alert, ada)
    assert row("claim_message") == (claimed.pk,)

    assert send_messages() == 0
    assert mailbox.mails == []
