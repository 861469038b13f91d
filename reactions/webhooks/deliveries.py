"""Makes deliveries: what happened since the last ones of an endpoint, as messages with fixed bytes.

Events and counts wait in their tables, not in messages: a receiver that is away for a day gets what is true then, in a few
large messages. One message has one type and up to MOST_IN_ONE articles, so that an import or a busy night is no flood.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from reactions.changes.feed import read_state
from reactions.counts import Counts, read_counts, rfc3339
from reactions.models import (
    TEST,
    DeliveryState,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from reactions.sql import rows

MOST_IN_ONE = 500
# Messages that wait for one endpoint. Beyond them events stay where they are, and come in fewer messages later.
MOST_WAITING = 20
GIVE_UP_AFTER = timedelta(hours=24)
RETENTION = timedelta(days=30)
_OF_FIGURES = {EventType.WAVE, EventType.ALERT, EventType.DISABLED}


def make_deliveries() -> int:
    """Make the messages that are due; returns how many. Any number at once: each endpoint has one maker."""
    endpoints = list(WebhookEndpoint.objects.filter(active=True).values_list("pk", flat=True))
    if not endpoints:
        return 0
    position = read_state().position
    return sum(_make_for(endpoint, position) for endpoint in endpoints)


@transaction.atomic
def _make_for(endpoint_id: int, position: int) -> int:
    """Moves the endpoint's positions in the transaction that stores its messages."""
    locked = WebhookEndpoint.objects.select_for_update(skip_locked=True).filter(
        pk=endpoint_id, active=True
    )
    endpoint = locked.first()
    if endpoint is None:
        return 0
    waiting = endpoint.deliveries.filter(state=DeliveryState.WAITING)
    before = (endpoint.events_to, endpoint.counts_to, endpoint.counts_due_at)
    room = MOST_WAITING - waiting.count()
    made = []
    if room > 0:
        made += _of_events(endpoint, position)
    has_counts = waiting.filter(type=EventType.REACTIONS).exists()
    if room > 0 and not has_counts:
        made += _of_counts(endpoint, position)
    if before != (endpoint.events_to, endpoint.counts_to, endpoint.counts_due_at):
        endpoint.save(update_fields=["events_to", "counts_to", "counts_due_at"])
    WebhookDelivery.objects.bulk_create(made)
    return len(made)


def _of_events(endpoint: WebhookEndpoint, position: int) -> list[WebhookDelivery]:
    """One message for each type and run of articles, the types in the order in which they first happened."""
    found = rows(
        "list_events",
        {
            "after": endpoint.events_to,
            "until": position,
            "types": endpoint.types,
            "most": MOST_IN_ONE,
        },
    )
    endpoint.events_to = found[-1][4] if len(found) >= MOST_IN_ONE else position
    by_type: dict[str, list[dict[str, Any]]] = {}
    for type_, article_id, data, at, _ in found:
        by_type.setdefault(type_, []).append(_entry(type_, article_id, json.loads(data), at))
    return [
        new_delivery(endpoint, type_, entries[start : start + MOST_IN_ONE])
        for type_, entries in by_type.items()
        for start in range(0, len(entries), MOST_IN_ONE)
    ]


def _of_counts(endpoint: WebhookEndpoint, position: int) -> list[WebhookDelivery]:
    if EventType.REACTIONS not in endpoint.types:
        endpoint.counts_to = position
        return []
    now = timezone.now()
    if endpoint.counts_due_at > now:
        return []
    found = rows(
        "list_changed_counts",
        {"after": endpoint.counts_to, "until": position, "most": MOST_IN_ONE},
    )
    is_full = len(found) == MOST_IN_ONE
    endpoint.counts_to = found[-1][1] if is_full else position
    if not found:
        return []
    # A full message is followed by the next one at once: it is not the same articles.
    endpoint.counts_due_at = now + timedelta(seconds=1 if is_full else endpoint.interval)
    counts = {each.article_id: each for each in read_counts([row[0] for row in found])}
    entries = [
        _counts_entry(counts[article_id], at)
        for article_id, _, at in found
        if article_id in counts and counts[article_id].state != "missing"
    ]
    return [new_delivery(endpoint, EventType.REACTIONS, entries)] if entries else []


def new_delivery(
    endpoint: WebhookEndpoint, type_: str, entries: Sequence[Mapping[str, Any]]
) -> WebhookDelivery:
    now = timezone.now()
    body = {"type": type_, "timestamp": rfc3339(now), "data": {"results": entries}}
    text = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return WebhookDelivery(
        endpoint=endpoint,
        type=type_,
        body=text,
        next_attempt_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )


def _entry(
    type_: str, article_id: UUID | None, data: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    if type_ in _OF_FIGURES:
        return {"article": article_id, **data, "at": rfc3339(at)}
    is_public = type_ in {
        EventType.PUBLISHED,
        EventType.UPDATED,
        EventType.CORRECTED,
        EventType.RETRACTED,
    }
    path = reverse("article-detail", args=[article_id])
    return {
        "article": article_id,
        "version": data["version"],
        "url": f"{settings.SITE_URL}{path}" if is_public else None,
        "into": data["into"],
        "at": rfc3339(at),
    }


def _counts_entry(counts: Counts, at: datetime) -> dict[str, Any]:
    """Hidden counts are null, as in the change feed."""
    is_shown = counts.state in {"open", "closed"} and counts.counts is not None
    return {
        "article": counts.article_id,
        "version": counts.version,
        "state": counts.state,
        "counts": counts.counts if is_shown else None,
        "total": counts.total if is_shown else None,
        "at": rfc3339(at),
    }


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message that is sent as all others are, also by an endpoint that is full."""
    delivery = new_delivery(endpoint, TEST, [{"endpoint": endpoint.pk}])
    delivery.save()
    return delivery


def resend(deliveries: Iterable[WebhookDelivery]) -> int:
    """Send these again, with their ids and bytes, whatever became of them; returns how many. Those that wait come at once."""
    now = timezone.now()
    found = [each.pk for each in deliveries]
    return WebhookDelivery.objects.filter(pk__in=found, endpoint__active=True).update(
        state=DeliveryState.WAITING,
        attempts=0,
        next_attempt_at=now,
        give_up_at=now + GIVE_UP_AFTER,
        leased_until=None,
    )


def delete_old_deliveries(*, now: datetime | None = None) -> int:
    """Delete deliveries and events of more than 30 days ago; returns how many deliveries."""
    before = (now or timezone.now()) - RETENTION
    WebhookEvent.objects.filter(at__lt=before).delete()
    return WebhookDelivery.objects.filter(created_at__lt=before).delete()[0]
