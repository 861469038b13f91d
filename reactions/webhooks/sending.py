"""Sends deliveries: each attempt with a fresh time and signature over the same bytes, to an address that is checked.

Due times are in PostgreSQL, so that a message waits for days without a queue. A process claims what is due, and a claim
ends by itself. The receiver sets the pace: by Retry-After for all that waits for it, and by failing.
"""

import logging
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from articles.http_client import PORTS, AllowedTargets, Answered, FetchError, post
from articles.redaction import redact
from reactions.counters import WEBHOOKS_DELIVERED, WEBHOOKS_REFUSED, WEBHOOKS_UNANSWERED
from reactions.models import MOST_ANSWER, DeliveryState, WebhookDelivery, WebhookEndpoint
from reactions.sql import row, rows
from reactions.webhooks.endpoints import disable, target_port

logger = logging.getLogger(__name__)

# An attempt in all: names, connection, and an answer of which so much is read.
ATTEMPT_SECONDS = 10.0
_MOST_READ = 64 * 1024
# Longer than an attempt may last, with what is stored after it.
_LEASE_SECONDS = 30.0
# Open requests: of one endpoint, and of this process.
MOST_OF_ONE = 4
MOST_OPEN = 16
# Pauses double from the first to the longest, each drawn at random from half to one and a half of it.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 3_600.0
# What a receiver may ask for.
_LONGEST_RETRY_AFTER = 3_600.0
# After a receiver is back, what waits is sent within so many seconds.
_PULLED_SECONDS = 60.0
_MOST_ERROR = 300


def claim(most: int = MOST_OPEN) -> list[UUID]:
    """The deliveries that this process sends now. None where another one claims."""
    if most <= 0:
        return []
    with transaction.atomic():
        if row("lock_webhooks") != (True,):
            return []
        found = rows(
            "claim_deliveries", {"most": most, "of_one": MOST_OF_ONE, "lease": _LEASE_SECONDS}
        )
    return [delivery_id for (delivery_id,) in found]


def send_due() -> int:
    """Send what is due now, many at a time, and wait for it; returns how many attempts. For commands and tests."""
    claimed = claim()
    with ThreadPoolExecutor(MOST_OPEN) as pool:
        list(pool.map(_send_and_close, claimed))
    return len(claimed)


def _send_and_close(delivery_id: UUID) -> None:
    try:
        send(delivery_id)
    finally:
        connection.close()


def send(delivery_id: UUID) -> None:
    """One attempt of a claimed delivery, and what came of it."""
    delivery = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None:
        return
    try:
        answered = attempt(delivery)
    except FetchError as error:
        WEBHOOKS_UNANSWERED.inc()
        _note_failure(delivery, f"No answer: {error}", None)
        return
    is_delivered = 200 <= answered.status < 300
    (WEBHOOKS_DELIVERED if is_delivered else WEBHOOKS_REFUSED).inc()
    if is_delivered:
        _note_success(delivery, answered)
    elif 300 <= answered.status < 400:
        _note_failure(delivery, "The receiver redirects, which is not followed.", answered)
    else:
        _note_failure(delivery, f"The receiver answered {answered.status}.", answered)


def attempt(delivery: WebhookDelivery) -> Answered:
    """POST the message. Raises FetchError where there is no answer, for an address that is not public among others."""
    endpoint, body = delivery.endpoint, delivery.body.encode()
    now = timezone.now()
    return post(
        endpoint.url,
        body,
        headers=signed_headers(delivery.pk, body, secrets_of(endpoint, now), now),
        allowed=AllowedTargets(
            ports=PORTS | {target_port(endpoint.url)}, networks=settings.FETCH_NETWORKS
        ),
        seconds=ATTEMPT_SECONDS,
        most_bytes=_MOST_READ,
    )


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secret, and the old one for as long as it is valid."""
    until = endpoint.old_secret_valid_until
    return [endpoint.secret, *([endpoint.old_secret] if until and now < until else [])]


def signed_headers(
    delivery_id: UUID, body: bytes, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers of Standard Webhooks: who they are for knows by the id what came twice."""
    message_id = f"msg_{delivery_id.hex}"
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, now, text) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _note_success(delivery: WebhookDelivery, answered: Answered) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DELIVERED,
        leased_until=None,
        status=answered.status,
        answer=_shown(answered),
        error="",
    )
    back = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__isnull=False)
    if back.update(failing_since=None, not_before=None, warnings=0):
        rows("pull_deliveries", {"endpoint": delivery.endpoint_id, "within": _PULLED_SECONDS})


def _note_failure(delivery: WebhookDelivery, error: str, answered: Answered | None) -> None:
    now = timezone.now()
    pause = min(_FIRST_PAUSE * 2 ** min(delivery.attempts - 1, 20), _LONGEST_PAUSE)
    next_attempt_at = now + timedelta(seconds=pause * random.uniform(0.5, 1.5))  # noqa: S311  # spreads retries
    is_over = next_attempt_at > delivery.give_up_at
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.FAILED if is_over else DeliveryState.WAITING,
        leased_until=None,
        next_attempt_at=next_attempt_at,
        status=answered.status if answered else None,
        answer=_shown(answered) if answered else "",
        error=error[:_MOST_ERROR],
    )
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    endpoint.filter(failing_since=None).update(failing_since=now)
    if answered and answered.status == 410:
        disable(delivery.endpoint, "The receiver answered 410: it wants no more.")
    elif answered and answered.status in {429, 503} and answered.retry_after is not None:
        until = now + timedelta(seconds=min(answered.retry_after, _LONGEST_RETRY_AFTER))
        endpoint.update(not_before=until)


def _shown(answered: Answered) -> str:
    """As much of the answer as an editor may need, without secrets, and without what PostgreSQL cannot store.

    Redacted before it is cut: half a secret is none that would be found.
    """
    text = answered.content.decode("utf-8", "replace").replace("\0", "")
    return redact(text)[:MOST_ANSWER]
