"""Alerts from the rows: which are raised, once, and for whom."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from articles.models import Account, Article, ArticleAuthor, Author, State
from reactions.alerts.raising import raise_alerts
from reactions.alerts.recipients import mute
from reactions.alerts.smtp import MailServer
from reactions.alerts.texts import headlines, text_of
from reactions.models import Alert, Message, Mute, Subscription, Wave
from tests.conftest import PublishArticle
from tests.reactions.alerts.traffic import NOW, came, set_pace

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def story(publish_article: PublishArticle) -> Article:
    """Three hours old; stories of its age have 4 in an hour, 95 of 100 no more than 15."""
    set_pace(hour_median=4, hour_high=15)
    return publish_article(first_published_at=NOW - 3 * HOUR, headline="Harbour wall")


@pytest.fixture(autouse=True)
def mail_is_set(settings: Settings) -> None:
    settings.MAIL_SERVER = MailServer("127.0.0.1", 9)
    settings.MAIL_FROM = "desk@example.org"


def user(name: str, role: str | None = "Editors", **mails: bool) -> User:
    made = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
    made.groups.set(Group.objects.filter(name=role))
    Subscription.objects.create(user=made, **mails)
    return made


def wave(article: Article, size: int = 20, **fields: object) -> Wave:
    usual: dict[str, object] = {
        "article_id": article.pk,
        "rule": "network_story",
        "started_at": NOW,
        "last_at": NOW,
        "size": size,
        "network_count": 1,
    }
    return Wave.objects.create(**(usual | fields))


def recipients(alert: Alert) -> set[str]:
    found = Message.objects.filter(alert=alert).values_list("user__username", flat=True)
    return {name or "chat" for name in found}


def test_a_spike_says_the_figure_the_usual_and_where_to_look(story: Article) -> None:
    came(story, {"love": 16})
    came(story, {"love": 10}, before=3)
    came(story, {"love": 500}, before=4)  # an hour ago

    (alert,) = raise_alerts(now=NOW)

    words = text_of(alert, headlines([alert])[story.pk])
    assert words.title == "Spike: “Harbour wall”"
    assert words.text == (
        "26 reactions in the last hour. At this age stories usually have 4 in an hour, and 95 of 100 have no more "
        "than 15. The whole site had 26 reactions."
    )
    assert words.link.endswith(f"/desk/stories/{story.pk}/")


def test_a_mood_turn_says_both_shares(story: Article) -> None:
    came(story, {"angry": 9, "love": 91}, before=8)
    came(story, {"angry": 24, "love": 16})

    alerts = {alert.rule: alert for alert in raise_alerts(now=NOW)}

    words = text_of(alerts["mood"], "Harbour wall")
    assert words.title == "Mood turn to angry: “Harbour wall”"
    assert words.text.startswith(
        "Angry: 24 of 40 reactions (60 %) in the last hour. Before, it was 9 of 100 reactions (9 %)."
    )


def test_a_wave_is_alerted_once_and_links_to_its_decision(story: Article) -> None:
    held = wave(story, size=24)
    wave(story, size=19, rule="surge")
    wave(story, size=90, rule="unread", last_at=NOW - timedelta(days=2))
    wave(story, size=90, rule="network_day", state=Wave.State.VOID)

    (alert,) = raise_alerts(now=NOW)

    words = text_of(alert, "Harbour wall")
    assert "24 reactions are held, from 1 network." in words.text
    assert words.link.endswith(f"/desk/reactions/wave/{held.pk}/change/")
    assert raise_alerts(now=NOW + timedelta(days=1)) == []


def test_a_rule_is_silent_about_a_story_for_twelve_hours(story: Article) -> None:
    came(story, {"love": 30})
    raise_alerts(now=NOW)

    soon = raise_alerts(now=NOW + timedelta(minutes=1))
    Alert.objects.update(raised_at=NOW - timedelta(hours=12, seconds=1))
    later = raise_alerts(now=NOW)

    assert soon == []
    assert [alert.rule for alert in later] == ["spike"]


def test_a_turn_to_love_hides_no_later_turn_to_anger(story: Article) -> None:
    came(story, {"sad": 100}, before=30)
    came(story, {"love": 40}, before=12)
    first = raise_alerts(now=NOW - 3 * HOUR)
    came(story, {"angry": 90})

    later = raise_alerts(now=NOW)
    again = raise_alerts(now=NOW + timedelta(minutes=1))

    assert [(alert.rule, alert.kind) for alert in first if alert.rule == "mood"] == [("mood", 2)]
    assert [(alert.rule, alert.kind) for alert in later if alert.rule == "mood"] == [("mood", 4)]
    assert again == []


def test_stories_that_are_not_public_raise_none(
    story: Article, publish_article: PublishArticle
) -> None:
    killed = publish_article(state=State.KILLED)
    came(killed, {"love": 100})
    came(story, {"love": 19})

    assert raise_alerts(now=NOW) == []


def test_the_figures_of_all_stories_are_one_statement(
    publish_article: PublishArticle, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_pace(hour_median=30, hour_high=90)
    for _ in range(6):
        came(publish_article(first_published_at=NOW - 3 * HOUR), {"love": 25, "sad": 25})
    raise_alerts(now=NOW)  # the pace is read

    # Two of them are the transaction's; the others: the lock, the figures, the waves.
    with django_assert_num_queries(5):
        assert raise_alerts(now=NOW) == []


def test_each_alert_has_a_message_for_those_who_want_it_and_may_see_it(
    story: Article, settings: Settings
) -> None:
    settings.ALERT_URLS = ["json://127.0.0.1:9/"]
    user("ada", alerts=True)
    user("dan", daily=True)
    user("nix", role=None, alerts=True)
    nomail = user("tom", alerts=True)
    User.objects.filter(pk=nomail.pk).update(email="")
    gone = user("eve", alerts=True)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    own, other = user("writer", role="Authors", alerts=True), user("other", "Authors", alerts=True)
    by = Author.objects.create(name="Wren Writer", slug="wren")
    Account.objects.create(user=own, author=by)
    Account.objects.create(user=other)
    ArticleAuthor.objects.create(article=story, author=by, position=0)
    came(story, {"love": 30})

    (alert,) = raise_alerts(now=NOW)

    assert recipients(alert) == {"ada", "writer", "chat"}


def test_without_mail_and_chat_an_alert_has_no_message(story: Article, settings: Settings) -> None:
    settings.MAIL_SERVER = None
    user("ada", alerts=True)
    came(story, {"love": 30})

    (alert,) = raise_alerts(now=NOW)

    assert recipients(alert) == set()


def test_waves_are_mailed_to_those_who_may_see_them(story: Article) -> None:
    user("edda", alerts=True)
    user("stan", "Statistics", alerts=True)
    wave(story)

    (alert,) = raise_alerts(now=NOW)

    assert recipients(alert) == {"edda"}


@pytest.mark.parametrize("what", ["story", "rule", "all"])
def test_who_muted_it_gets_no_message(story: Article, settings: Settings, what: str) -> None:
    settings.ALERT_URLS = ["json://127.0.0.1:9/"]
    ada, _ = user("ada", alerts=True), user("ben", alerts=True)
    choice = {"story": {"article_id": story.pk}, "rule": {"rule": "spike"}, "all": {}}[what]
    mute(user_id=ada.pk, now=NOW, **choice)  # type: ignore[arg-type]
    mute(user_id=None, now=NOW, **choice)  # type: ignore[arg-type]
    came(story, {"love": 30})

    (alert,) = raise_alerts(now=NOW)

    assert recipients(alert) == {"ben"}


def test_a_mute_of_another_story_or_rule_or_of_yesterday_mutes_nothing(story: Article) -> None:
    ada = user("ada", alerts=True)
    mute(user_id=ada.pk, article_id=uuid4(), now=NOW)
    mute(user_id=ada.pk, rule="mood", now=NOW)
    mute(user_id=ada.pk, now=NOW - timedelta(days=2))
    came(story, {"love": 30})

    (alert,) = raise_alerts(now=NOW)

    assert recipients(alert) == {"ada"}


def test_all_are_muted_until_seven_of_tomorrow_in_the_users_zone() -> None:
    ada = user("ada")
    Account.objects.create(user=ada, timezone="Asia/Kathmandu")

    made = mute(user_id=ada.pk, now=NOW)
    mute(user_id=ada.pk, now=NOW)

    assert made.until
    assert made.until.isoformat() == "2026-03-04T07:00:00+05:45"
    assert Mute.objects.count() == 1


def test_an_alert_of_what_is_gone_still_has_words() -> None:
    figures = {"hour": 40, "of_kind": 30, "before": 50, "of_kind_before": 1}
    alert = Alert(rule="mood", kind=29, figures=figures, article_id=uuid4())

    words = text_of(alert, "")

    assert words.title == "Mood turn to kind 29: “A story that is gone”"
