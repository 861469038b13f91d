"""Sends one mail over SMTP, and knows of a failure whether the mail may have been accepted.

Not Django's mail backends: they raise the same errors before and after the server had the text, and the settings that
they read differ between the two releases of Django that the product runs on. Read by the settings: imports no model.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
# Of each step. A worker sends many mails within the minute that a task may take.
_TIMEOUT_SECONDS = 8.0


class NotSent(Exception):
    """The server has not accepted the mail: it may be sent again."""


class MaybeSent(Exception):
    """The connection was lost after the server had the text: it may have accepted the mail."""


@dataclass(frozen=True)
class MailServer:
    """The operator's mail server. `security` is empty, `starttls` or `tls`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"  # no password in a traceback


def mail_server(url: str) -> MailServer:
    """The server of a URL: `smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, with user, password and port.

    Raises ValueError, whose text has nothing of the URL but the scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError(f"begins with {parts.scheme or 'nothing'}, not with {', '.join(_PORTS)}")
    if not parts.hostname:
        raise ValueError("has no host")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is no number from 0 to 65535") from None
    return MailServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security={"smtp+tls": "starttls", "smtps": "tls"}.get(parts.scheme, ""),
    )


def send_mail(server: MailServer, mail: EmailMessage) -> None:
    """Send it to the one recipient that it names. Raises NotSent, and MaybeSent."""
    with _connected(server) as connection:
        try:
            connection.send_message(mail)
        except smtplib.SMTPServerDisconnected as error:
            # Of every step: smtplib raises it for each failure of the connection, a silent server among them.
            raise MaybeSent("The mail server closed the connection.") from error
        except smtplib.SMTPException as error:
            # The server has answered a step with a refusal, the text included.
            raise NotSent(_answer(error)) from error


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    try:
        connection = _connect(server)
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(_answer(error)) from error
    try:
        yield connection
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
        connection.close()


def _connect(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_SECONDS)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _answer(error: Exception) -> str:
    """What the server said, for the desk; an answer has no password."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {_words(said)}" for code, said in error.recipients.values()]
        return f"The mail server refused the recipient: {'; '.join(answers)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server answered: {error.smtp_code} {_words(error.smtp_error)}"
    return f"The mail server is unreachable: {error}"


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
