"""The bell of the desk: how many alerts a user has not seen."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from reactions.alerts.recipients import alerts_for, sees_any
from reactions.models import Mute, Subscription

# What is older is no news, and the count stays short.
_SPAN = timedelta(days=7)
MOST_UNSEEN = 100


def count_unseen(user: User | AnonymousUser) -> int:
    """The alerts of the last week that the user has not seen and not muted; MOST_UNSEEN at most. One statement."""
    if not isinstance(user, User) or not sees_any(user):
        return 0
    now = datetime.now(UTC)
    seen = Subscription.objects.filter(user=user).values("seen_alert")
    muted = Mute.objects.filter(
        Q(until=None) | Q(until__gt=now),
        Q(article_id=None) | Q(article_id=OuterRef("article_id")),
        Q(rule="") | Q(rule=OuterRef("rule")),
        user=user,
    )
    found = alerts_for(user).filter(
        ~Exists(muted), raised_at__gt=now - _SPAN, pk__gt=Coalesce(Subquery(seen), 0)
    )
    return found.order_by()[:MOST_UNSEEN].count()


def note_seen(user: User, alert_id: int) -> None:
    """The user has seen this alert and those before it."""
    Subscription.objects.get_or_create(user=user)
    Subscription.objects.filter(user=user, seen_alert__lt=alert_id).update(seen_alert=alert_id)
