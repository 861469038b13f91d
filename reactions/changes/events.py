"""What happens beside the change feed, and webhooks tell: it is stored in the transaction in which it happens."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from reactions.models import EventType, WebhookEndpoint, WebhookEvent

Event = tuple[EventType, UUID | None, Mapping[str, Any]]


def note_events(events: Iterable[Event]) -> None:
    """Store these, where an endpoint may want to hear of them. Numbering gives them their positions."""
    found = list(events)
    if found and WebhookEndpoint.objects.filter(active=True).exists():
        WebhookEvent.objects.bulk_create(
            WebhookEvent(type=type_, article_id=article_id, data=dict(data))
            for type_, article_id, data in found
        )
