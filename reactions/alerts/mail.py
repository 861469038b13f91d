"""What every mail has: sender, recipient, subject, both parts, and how to get no more of them."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from django.conf import settings

from reactions.alerts.links import Unsubscribe


def has_mail() -> bool:
    """Whether the operator has set how mail is sent."""
    return settings.MAIL_SERVER is not None


def make_mail(
    *, to: str, subject: str, text: str, html: str, unsubscribe: Unsubscribe, number: int
) -> EmailMessage:
    """A mail to one user. `number` is that of its Message: a mail that came twice would have one identity.

    Raises ValueError where the address cannot be one.
    """
    mail = EmailMessage()
    mail["From"] = settings.MAIL_FROM
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<message-{number}@{parseaddr(settings.MAIL_FROM)[1].rpartition('@')[2]}>"
    # RFC 8058: the mail program's own button, which sends a POST.
    mail["List-Unsubscribe"] = f"<{unsubscribe.url}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # RFC 3834: no automatic answer, such as “out of office”.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail
