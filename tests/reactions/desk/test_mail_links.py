"""The links in mails: they work without signing in, and a GET changes nothing."""

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from reactions.alerts.links import MuteLink, Unsubscribe
from reactions.models import Alert, Mute, Subscription
from tests.conftest import PublishArticle
from tests.reactions.alerts.conftest import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader_of_mail() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def ada() -> User:
    return make_user("ada", alerts=True, daily=True, weekly=True)


def wanted(user: User) -> tuple[bool, bool, bool]:
    stored = Subscription.objects.get(user=user)
    return stored.alerts, stored.daily, stored.weekly


@pytest.mark.parametrize(
    ("mails", "left"),
    [
        ("alerts", (False, True, True)),
        ("daily", (True, False, True)),
        ("weekly", (True, True, False)),
    ],
)
def test_one_click_ends_the_mails_of_one_list(
    reader_of_mail: Client, ada: User, mails: str, left: tuple[bool, bool, bool]
) -> None:
    other = make_user("ben", alerts=True, daily=True, weekly=True)
    path = urlsplit(Unsubscribe(ada.pk, mails).url).path

    shown = reader_of_mail.get(path)
    before = wanted(ada)
    pressed = [
        reader_of_mail.post(path, {"List-Unsubscribe": "One-Click"}).status_code for _ in range(2)
    ]

    assert "No more of these mails" in shown.content.decode()
    assert before == (True, True, True)
    assert pressed == [200, 200]
    assert wanted(ada) == left
    assert wanted(other) == (True, True, True)
    assert shown["Cache-Control"].startswith("max-age=0, no-cache, no-store")


@pytest.mark.parametrize("kind", ["unsubscribe", "mute"])
def test_a_forged_link_does_nothing(reader_of_mail: Client, ada: User, kind: str) -> None:
    path = f"/desk/mail/{kind}/WzEsImRhaWx5Il0:1x:forged/"

    assert reader_of_mail.get(path).status_code == 404
    assert reader_of_mail.post(path, {"what": "all"}).status_code == 404
    assert wanted(ada) == (True, True, True)
    assert not Mute.objects.exists()


def test_a_link_for_muting_is_no_link_for_unsubscribing(reader_of_mail: Client, ada: User) -> None:
    token = urlsplit(MuteLink(ada.pk, 1).url).path.split("/")[-2]

    assert reader_of_mail.post(f"/desk/mail/unsubscribe/{token}/").status_code == 404
    odd = urlsplit(Unsubscribe(ada.pk, "everything").url).path
    assert reader_of_mail.post(odd).status_code == 404


@pytest.mark.parametrize("what", ["story", "rule", "all"])
def test_one_press_mutes(
    reader_of_mail: Client, ada: User, publish_article: PublishArticle, what: str
) -> None:
    story = publish_article(headline="Harbour <wall>")
    alert = Alert.objects.create(article_id=story.pk, rule="spike", figures={})
    path = urlsplit(MuteLink(ada.pk, alert.pk).url).path

    shown = reader_of_mail.get(path).content.decode()
    assert not Mute.objects.exists()
    done = reader_of_mail.post(path, {"what": what}).content.decode()

    assert "No more alerts about “Harbour &lt;wall&gt;”" in shown
    assert "You can take this back at the desk." in done
    muted = Mute.objects.get(user=ada)
    assert (muted.article_id == story.pk, muted.rule, muted.until is not None) == {
        "story": (True, "", False),
        "rule": (False, "spike", False),
        "all": (False, "", True),
    }[what]


def test_a_press_without_a_choice_asks_again(
    reader_of_mail: Client, ada: User, publish_article: PublishArticle
) -> None:
    alert = Alert.objects.create(article_id=publish_article().pk, rule="mood", figures={})
    path = urlsplit(MuteLink(ada.pk, alert.pk).url).path

    assert "Mute alerts" in reader_of_mail.post(path).content.decode()
    User.objects.filter(pk=ada.pk).delete()
    assert reader_of_mail.post(path, {"what": "all"}).status_code == 404
    assert not Mute.objects.exists()
