"""Sends the messages that wait: alerts and reports by mail, alerts to the chat.

A message is claimed before its first byte leaves. Of a worker that dies before, nothing is lost: the message waits. Of
one that dies after, the message is not sent again: one mail too few is better than one too many, and the desk says that
it may have been sent. What the server refused for certain is tried again, with growing pauses.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.template.loader import render_to_string

from reactions.alerts.chat import send_to_chat
from reactions.alerts.links import MuteLink, Unsubscribe, alerts_url
from reactions.alerts.mail import make_mail
from reactions.alerts.recipients import may_see, sees_any
from reactions.alerts.smtp import MaybeSent, NotSent, send_mail
from reactions.alerts.styles import with_styles
from reactions.alerts.texts import headlines, text_of
from reactions.models import MOST_ERROR, Alert, Message, MessageState, Report
from reactions.sql import row

logger = logging.getLogger(__name__)

# A run ends after so long; the next minute's goes on. A mail takes at most three timeouts longer.
_RUN_SECONDS = 20.0
# Pauses before the next try. An alert that is hours late is no alert.
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30))


def send_messages(*, seconds: float = _RUN_SECONDS) -> int:
    """Send what is due; returns how many messages were sent. Any number at once: each message has one sender."""
    ends, sent = time.monotonic() + seconds, 0
    while time.monotonic() < ends and (claimed := row("claim_message")):
        sent += _send(_read(claimed[0]))
    return sent


def _read(message_id: int) -> Message:
    return Message.objects.select_related("alert", "report", "user").get(pk=message_id)


def _send(message: Message) -> bool:
    try:
        _sender_of(message)(message)
    except NotSent as error:
        _again(message, str(error))
    except MaybeSent as error:
        _end(message, MessageState.SENDING, str(error))
        logger.warning("Message %s may have been sent: %s", message.pk, error)
    except _NotWanted as error:
        _end(message, MessageState.FAILED, str(error))
    else:
        _end(message, MessageState.SENT)
        return True
    return False


class _NotWanted(Exception):
    """Its recipient may not get it any more."""


def _sender_of(message: Message) -> Callable[[Message], None]:
    if message.user is None:
        return _send_to_chat
    return _mail_report if message.report else _mail_alert


def _send_to_chat(message: Message) -> None:
    alert = _alert(message)
    words = text_of(alert, headlines([alert]).get(alert.article_id, ""))
    body = f"{words.text}\n{words.link}\nMute: {alerts_url()}"
    send_to_chat(title=words.title, body=body)


def _mail_alert(message: Message) -> None:
    alert, user = _alert(message), _user(message)
    if not may_see(user, alert):
        raise _NotWanted("The user may no longer see what the alert is about.")
    words = text_of(alert, headlines([alert]).get(alert.article_id, ""))
    context = {
        "alert": words,
        "mute_url": MuteLink(user.pk, alert.pk).url,
        "unsubscribe_url": Unsubscribe(user.pk, "alerts").url,
        "site_name": settings.SITE_NAME,
    }
    html = with_styles(render_to_string("reactions/mail/alert.html", context))
    text = render_to_string("reactions/mail/alert.txt", context)
    _mail(message, user, words.title, text, html, "alerts")


def _mail_report(message: Message) -> None:
    report, user = message.report, _user(message)
    assert report  # noqa: S101  # _sender_of
    if not sees_any(user):
        raise _NotWanted("The user may no longer see figures.")
    mails = "daily" if report.period == Report.Period.DAY else "weekly"
    _mail(message, user, report.subject, report.text, report.html, mails)


def _mail(message: Message, user: User, subject: str, text: str, html: str, mails: str) -> None:
    if settings.MAIL_SERVER is None:
        raise NotSent("No mail server is set.")
    unsubscribe = Unsubscribe(user.pk, mails)
    try:
        mail = make_mail(
            to=user.email,
            subject=" ".join(subject.split()),
            text=text,
            html=html,
            unsubscribe=unsubscribe,
            number=message.pk,
        )
    except ValueError as error:
        raise _NotWanted(f"{user.email} is no address for mail.") from error
    send_mail(settings.MAIL_SERVER, mail)


def _alert(message: Message) -> Alert:
    assert message.alert  # noqa: S101  # reactions_message_of_one
    return message.alert


def _user(message: Message) -> User:
    assert message.user  # noqa: S101  # _sender_of
    return message.user


def _again(message: Message, error: str) -> None:
    if message.failures >= len(_PAUSES):
        _end(message, MessageState.FAILED, error)
        logger.error("Message %s is given up: %s", message.pk, error)
        return
    retry_at = datetime.now(UTC) + _PAUSES[message.failures]
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.WAITING,
        failures=message.failures + 1,
        retry_at=retry_at,
        error=error[:MOST_ERROR],
    )


def _end(message: Message, state: MessageState, error: str = "") -> None:
    Message.objects.filter(pk=message.pk).update(
        state=state, ended_at=datetime.now(UTC), error=error[:MOST_ERROR]
    )
