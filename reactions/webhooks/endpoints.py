"""The receivers: which addresses may be one, a new secret beside the old one, and one that fails for days."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from articles import audit
from articles.http_client import AllowedTargets, FetchError, check_address
from reactions.alerts.smtp import MaybeSent, NotSent, send_mail
from reactions.models import (
    DeliveryState,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    new_secret,
)

logger = logging.getLogger(__name__)

MOST_ENDPOINTS = 50
# Both secrets sign for so long.
OVERLAP = timedelta(hours=24)
# An endpoint that fails for so long is switched off; its editors hear of it a day after the first failure, and a day before.
_OFF_AFTER = timedelta(days=3)
_WARNED_AFTER = (timedelta(days=1), timedelta(days=2))


def check_url(url: str) -> str:
    """The address as it is stored. Raises ValueError with a sentence.

    `http` is for the networks of FETCH_NETWORKS alone. Where a name leads is checked at each attempt.
    """
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("The address has characters that no address has.")
    parts = urlsplit(url)
    try:
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if not parts.hostname or not has_port:
        raise ValueError("An address is https://, a host, and a path.")
    _check_host(parts.hostname)
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "An address has no user and password; the signature is what proves the sender."
        )
    allowed = {"https", "http"} if settings.FETCH_NETWORKS else {"https"}
    if parts.scheme not in allowed:
        raise ValueError("An address begins with https://.")
    return url


def _check_host(host: str) -> None:
    """An IP address that no attempt would reach. Raises ValueError."""
    try:
        address = ip_address(host)
    except ValueError:
        return  # a name
    try:
        check_address(address, AllowedTargets(networks=settings.FETCH_NETWORKS))
    except FetchError as refused:
        raise ValueError(str(refused)) from None


def target_port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime | None = None) -> WebhookEndpoint:
    """Give it a new secret; the old one signs beside it for a day. Of two at once the second waits for the first.

    Raises WebhookEndpoint.DoesNotExist.
    """
    locked = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    locked.old_secret, locked.secret = locked.secret, new_secret()
    locked.old_secret_valid_until = (now or timezone.now()) + OVERLAP
    locked.save(update_fields=["secret", "old_secret", "old_secret_valid_until"])
    audit.record("new secret", locked)
    return locked


@transaction.atomic
def disable(endpoint: WebhookEndpoint, reason: str) -> bool:
    """Switch it off and tell the others; whether it was on."""
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, active=True)
    if not on.update(active=False, disabled_reason=reason):
        return False
    audit.record("switched off", endpoint, note=reason)
    data = {"endpoint": endpoint.pk, "url": endpoint.url, "reason": reason}
    WebhookEvent.objects.create(type=EventType.DISABLED, data=data)
    logger.error("The webhook %s was switched off: %s", endpoint.pk, reason)
    transaction.on_commit(
        lambda: _tell(endpoint, "A webhook was switched off", f"It was switched off. {reason}"),
        robust=True,
    )
    return True


@transaction.atomic
def switch_off(endpoint: WebhookEndpoint, reason: str) -> bool:
    """Switch it off at the wish of a user or key, which the reason names; whether it was on."""
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, active=True)
    if not on.update(active=False, disabled_reason=reason):
        return False
    audit.record("switched off", endpoint, note=reason)
    return True


@transaction.atomic
def enable(endpoint: WebhookEndpoint, *, position: int) -> None:
    """Switch it on again: it hears of what happens from now on, and of counts that changed meanwhile as they are now."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        active=True,
        disabled_reason="",
        failing_since=None,
        not_before=None,
        warnings=0,
        events_to=position,
    )
    audit.record("switched on", endpoint)


def check_failing(*, now: datetime | None = None) -> int:
    """Warn of endpoints that fail, and switch off those that have for three days; returns how many were."""
    now = now or timezone.now()
    switched_off = 0
    failing = WebhookEndpoint.objects.filter(active=True, failing_since__isnull=False)
    for endpoint in failing:
        since = endpoint.failing_since or now
        if now - since >= _OFF_AFTER:
            switched_off += disable(endpoint, f"It has failed since {since:%d %B %Y, %H:%M} UTC.")
            continue
        due = sum(now - since >= after for after in _WARNED_AFTER)
        claimed = WebhookEndpoint.objects.filter(pk=endpoint.pk, warnings=due - 1)
        if due and claimed.update(warnings=due):
            ends = since + _OFF_AFTER
            _tell(
                endpoint,
                "A webhook fails",
                f"It has failed since {since:%d %B %Y, %H:%M} UTC, and is switched off at {ends:%d %B %Y, %H:%M} UTC.",
            )
    return switched_off


def count_webhooks() -> tuple[dict[str, int], dict[str, int]]:
    """How many endpoints are on, failing and off, and how many deliveries wait, were delivered and given up."""
    row = WebhookEndpoint.objects.aggregate(
        on=Count("pk", filter=Q(active=True, failing_since=None)),
        failing=Count("pk", filter=Q(active=True, failing_since__isnull=False)),
        off=Count("pk", filter=Q(active=False)),
    )
    states = dict.fromkeys(DeliveryState.values, 0)
    found = WebhookDelivery.objects.order_by().values_list("state").annotate(Count("pk"))
    return row, states | dict(found)


def _tell(endpoint: WebhookEndpoint, subject: str, text: str) -> None:
    """A mail to those who may change webhooks. One that cannot be sent is logged: the desk says the same."""
    if settings.MAIL_SERVER is None:
        return
    last = WebhookDelivery.objects.filter(endpoint=endpoint).exclude(error="").first()
    why = f"\n\nThe last attempt: {last.error}" if last else ""
    for to in _recipients():
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = settings.MAIL_FROM, to, subject
        mail["Date"], mail["Auto-Submitted"] = formatdate(), "auto-generated"
        mail.set_content(
            f"{endpoint.url}\n\n{text}{why}\n\n{settings.SITE_URL}/desk/reactions/webhookendpoint/\n"
        )
        try:
            send_mail(settings.MAIL_SERVER, mail)
        except (NotSent, MaybeSent) as error:
            logger.warning("A mail about webhook %s was not sent: %s", endpoint.pk, error)


def _recipients() -> Iterator[str]:
    for user in User.objects.filter(is_active=True, is_staff=True).exclude(email=""):
        if user.has_perm("reactions.change_webhookendpoint"):
            yield user.email
