"""The mail to a user whose account was signed in to from a browser that had not been before."""

import logging
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from articles.accounts import zone_named
from articles.models import Account
from reactions.alerts.smtp import MaybeSent, NotSent, send_mail

logger = logging.getLogger(__name__)


def mail_about_new_browser(user_id: int, browser: str, at: float) -> None:
    """Send it, where mail is set and the user has an address. A worker runs this. A mail that cannot be sent is logged: the page of sessions says the same."""
    user = User.objects.filter(pk=user_id).exclude(email="").first()
    if user is None or settings.MAIL_SERVER is None:
        return
    account = Account.objects.filter(user=user).first()
    zone = zone_named(account.timezone) if account else None
    moment = datetime.fromtimestamp(at, zone or timezone.get_default_timezone())
    mail = EmailMessage()
    mail["From"], mail["To"] = settings.MAIL_FROM, user.email
    mail["Subject"] = f"{settings.SITE_NAME}: signed in from a new browser"
    mail["Date"], mail["Auto-Submitted"] = formatdate(), "auto-generated"
    mail.set_content(
        f"{user.get_username()} signed in at the desk of {settings.SITE_NAME} with {browser},"
        f" on {date_format(moment, 'j F Y, H:i')} ({moment.tzname()}).\n\n"
        "If it was you, there is nothing to do. If not, end that session and change your password:\n\n"
        f"{settings.SITE_URL}{reverse('sign_in:sessions')}\n"
    )
    try:
        send_mail(settings.MAIL_SERVER, mail)
    except (NotSent, MaybeSent) as error:
        logger.warning("A mail about a new browser was not sent: %s", error)
