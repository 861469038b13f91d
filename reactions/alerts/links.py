"""The links in mails and chats: to pages of the desk, and signed ones that work without signing in."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

_UNSUBSCRIBE, _MUTE = "reactions.unsubscribe", "reactions.mute"
# Of a mute: who gets a forwarded mail may use its link. Unsubscribing works for ever.
_MUTE_LIFETIME = timedelta(days=30)

LISTS = {"alerts": "alerts", "daily": "the daily report", "weekly": "the weekly report"}


@dataclass(frozen=True)
class Unsubscribe:
    """That a user wants no more mails of one list, a key of LISTS."""

    user_id: int
    mails: str

    @property
    def url(self) -> str:
        token = signing.dumps([self.user_id, self.mails], salt=_UNSUBSCRIBE)
        return absolute(reverse("desk:mail_unsubscribe", args=[token]))

    @classmethod
    def read(cls, token: str) -> "Unsubscribe | None":
        try:
            user_id, mails = signing.loads(token, salt=_UNSUBSCRIBE)
        except signing.BadSignature:
            return None
        return cls(user_id, mails)


@dataclass(frozen=True)
class MuteLink:
    """That a user may mute what one alert is about."""

    user_id: int
    alert_id: int

    @property
    def url(self) -> str:
        token = signing.dumps([self.user_id, self.alert_id], salt=_MUTE)
        return absolute(reverse("desk:mail_mute", args=[token]))

    @classmethod
    def read(cls, token: str) -> "MuteLink | None":
        try:
            user_id, alert_id = signing.loads(token, salt=_MUTE, max_age=_MUTE_LIFETIME)
        except signing.BadSignature:
            return None
        return cls(user_id, alert_id)


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def story_url(article_id: object) -> str:
    return absolute(reverse("desk:story", args=[article_id]))


def wave_url(wave_id: int) -> str:
    return absolute(reverse("admin:reactions_wave_change", args=[wave_id]))


def alerts_url() -> str:
    return absolute(reverse("desk:alerts"))
