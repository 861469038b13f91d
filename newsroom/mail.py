"""The mail server as the environment names it: by EMAIL_URL, or by EMAIL_HOST and what belongs to it."""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured

from reactions.alerts.smtp import MailServer, mail_server

_SUBMISSION_PORT, _SMTP_PORT = 587, 25


def mail_server_of(
    text: Callable[[str], str],
    number: Callable[[str, int], int],
    flag: Callable[[str], bool],
) -> MailServer | None:
    """None where no mail is sent. Raises ImproperlyConfigured, without the password."""
    if url := text("EMAIL_URL"):
        try:
            return mail_server(url)
        except ValueError as error:
            raise ImproperlyConfigured(f"EMAIL_URL {error}.") from None
    if not (host := text("EMAIL_HOST")):
        return None
    uses_tls = flag("EMAIL_USE_TLS")
    return MailServer(
        host=host,
        port=number("EMAIL_PORT", _SUBMISSION_PORT if uses_tls else _SMTP_PORT),
        user=text("EMAIL_USER"),
        password=text("EMAIL_PASSWORD"),
        security="starttls" if uses_tls else "",
    )
