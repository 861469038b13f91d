"""A real SMTP server on loopback that keeps what it accepts, and refuses or breaks off what a test says."""

import asyncio
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from reactions.alerts.smtp import MailServer

USER, PASSWORD = "desk", "a-secret"


class Mailbox:
    """The handler of the server. `answers` are what it says to the next mails instead of accepting them; None accepts."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str | Callable[[smtp.SMTP], None] | None] = []
        self.recipient_answers: list[str] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: smtp.SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, str):
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if answer:
            answer(server)
        return "250 OK"


def break_off(server: smtp.SMTP) -> None:
    """The mail is accepted, and the connection is lost before the sender has the answer."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class Server:
    """The running server, its address, and what it has."""

    def __init__(self, port: int, **options: Any) -> None:
        self.box = Mailbox()
        self._controller = Controller(self.box, hostname="127.0.0.1", port=port, **options)
        self.address = MailServer("127.0.0.1", port)

    def __enter__(self) -> "Server":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def accepts(
    server: smtp.SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    """The authenticator of a server that one user may use."""
    known = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=known, handled=False)


__all__ = ["PASSWORD", "USER", "Mailbox", "Server", "accepts", "break_off"]
