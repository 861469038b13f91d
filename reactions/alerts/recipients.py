"""Who gets an alert, and who has muted it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from articles.accounts import zone_named
from articles.models import Account
from articles.roles import written_by
from reactions.alerts.mail import has_mail
from reactions.models import Alert, AlertRule, Mute, Subscription

# `All until tomorrow` ends at the hour of the daily report.
MORNING = time(7)

_SEES_ALL, _SEES_WAVES = "reactions.view_reactedarticle", "reactions.view_wave"


def recipients_of(alert: Alert, *, now: datetime) -> Iterator[int | None]:
    """The users who get it by mail, and None for the chat."""
    muted = set(
        _in_force(now)
        .filter(Q(article_id=None) | Q(article_id=alert.article_id))
        .filter(Q(rule="") | Q(rule=alert.rule))
        .values_list("user_id", flat=True)
    )
    if settings.ALERT_URLS and None not in muted:
        yield None
    if not has_mail():
        return
    wants = Subscription.objects.filter(alerts=True).exclude(user__email="")
    for subscription in wants.select_related("user").order_by("user_id"):
        if subscription.user_id not in muted and may_see(subscription.user, alert):
            yield subscription.user_id


def sees_all(user: User) -> bool:
    """Whether the figures of every story are shown to this user."""
    return user.is_active and user.is_staff and user.has_perm(_SEES_ALL)


def sees_any(user: User) -> bool:
    """Whether there may be stories whose figures this user sees: all, or their own."""
    return sees_all(user) or (
        user.is_active and user.is_staff and user.has_perm("articles.view_article")
    )


def may_see(user: User, alert: Alert) -> bool:
    """Whether the user may see the figures of its story and, of a wave, the wave."""
    if alert.rule == AlertRule.WAVE and not user.has_perm(_SEES_WAVES):
        return False
    if sees_all(user):
        return True
    return sees_any(user) and written_by(user).filter(pk=alert.article_id).exists()


def alerts_for(user: User) -> QuerySet[Alert]:
    """The alerts that the desk shows this user: all, or those about their own stories; waves to those who see waves."""
    if not sees_any(user):
        return Alert.objects.none()
    found = Alert.objects.all()
    if not user.has_perm(_SEES_WAVES):
        found = found.exclude(rule=AlertRule.WAVE)
    return found if sees_all(user) else found.filter(article_id__in=written_by(user).values("pk"))


def mute(
    *, user_id: int | None, article_id: UUID | None = None, rule: str = "", now: datetime
) -> Mute:
    """No more alerts about an article, or of a rule; of neither: none at all until tomorrow morning. Safe to repeat.

    Without a user: none to the chat.
    """
    is_all = article_id is None and not rule
    until = tomorrow_morning(now, zone_of(user_id)) if is_all else None
    muted = Mute(user_id=user_id, article_id=article_id, rule=rule, until=until)
    Mute.objects.bulk_create(
        [muted],
        update_conflicts=True,
        unique_fields=["user", "article_id", "rule"],
        update_fields=["until"],
    )
    return muted


def mutes_of(user_id: int, *, now: datetime) -> QuerySet[Mute]:
    """What the user has muted at this moment, and what is muted in the chat."""
    return _in_force(now).filter(_whose(user_id) | _whose(None))


def unmute(mute_id: int, *, user_id: int | None) -> None:
    """Take a mute of the user, or of the chat, back. Safe to repeat."""
    Mute.objects.filter(_whose(user_id), pk=mute_id).delete()


def zone_of(user_id: int | None) -> ZoneInfo:
    """The zone of the user's account, else the site's."""
    account = Account.objects.filter(user_id=user_id).first() if user_id else None
    return (account and zone_named(account.timezone)) or ZoneInfo(settings.TIME_ZONE)


def tomorrow_morning(now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone)


def rule_name(rule: str) -> str:
    return AlertRule(rule).label


def _whose(user_id: int | None) -> Q:
    """The rows of a user, or of the chat."""
    return Q(user=None) if user_id is None else Q(user_id=user_id)


def _in_force(now: datetime) -> QuerySet[Mute]:
    return Mute.objects.filter(Q(until=None) | Q(until__gt=now))
