"""The page “Alerts and mails”: what is listed, to whom, and muting in one press."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from articles.models import Account, ArticleAuthor, Author
from reactions.alerts.bell import count_unseen
from reactions.alerts.smtp import MailServer
from reactions.models import Alert, Message, MessageState, Mute, Report, Subscription
from tests.conftest import PublishArticle
from tests.reactions.alerts.conftest import make_user

pytestmark = pytest.mark.django_db

PAGE, MUTE = reverse("desk:alerts"), reverse("desk:mute")


@pytest.fixture
def ada() -> User:
    return make_user("ada", alerts=True)


@pytest.fixture
def alert(publish_article: PublishArticle) -> Alert:
    return make_alert(publish_article, "Harbour <wall>")


def make_alert(publish_article: PublishArticle, headline: str, rule: str = "spike") -> Alert:
    figures = {"hour": 26, "site_hour": 90, "usual": 4.0, "high": 15.0, "of_section": True}
    if rule == "wave":
        figures = {"held": 25, "networks": 1, "rule": "surge"}  # type: ignore[dict-item]
    story = publish_article(headline=headline)
    return Alert.objects.create(
        article_id=story.pk, rule=rule, figures=figures, wave_id=7 if rule == "wave" else None
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def test_an_alert_is_listed_with_why_and_what_was_sent(ada: User, alert: Alert) -> None:
    Message.objects.create(alert=alert, user=ada, state=MessageState.SENT)
    Message.objects.create(alert=alert, user=make_user("ben"), state=MessageState.SENT)
    Message.objects.create(alert=alert, user=None, state=MessageState.FAILED)

    page = text(signed_in(ada))

    assert "Spike: “Harbour &lt;wall&gt;”" in page
    assert "26 reactions in the last hour." in page
    assert "chat: not sent, mail to 1 other, mail to you: sent" in page


def test_the_page_costs_as_many_queries_however_many_alerts_there_are(
    ada: User, publish_article: PublishArticle, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(ada)
    for number in range(12):
        make_alert(publish_article, f"Story {number}")
    client.get(PAGE)

    with django_assert_num_queries(12):
        client.get(PAGE)


def test_it_says_which_mails_the_user_gets(ada: User) -> None:
    Subscription.objects.update(daily=True, weekly=True)

    page = text(signed_in(ada))

    assert "By mail you get alerts, the daily report and the weekly report." in page


def test_an_empty_page_says_what_would_be_there(ada: User, settings: Settings) -> None:
    settings.MAIL_SERVER = None

    page = text(signed_in(ada))

    assert "One is raised when a story has far more reactions in an hour than usual" in page
    assert "Nothing is muted." in page
    assert "No report yet." in page
    assert "sends no mail, because no mail server is set" in page


def test_who_has_no_address_is_sent_to_their_account(ada: User, settings: Settings) -> None:
    settings.MAIL_SERVER = MailServer("mx", 25)
    User.objects.update(email="")

    assert "You have no mail address" in text(signed_in(ada))


def test_the_bell_counts_what_was_not_seen_nor_muted(
    ada: User, alert: Alert, publish_article: PublishArticle
) -> None:
    client = signed_in(ada)
    muted = make_alert(publish_article, "Other")
    Mute.objects.create(user=ada, article_id=muted.article_id)

    assert count_unseen(ada) == 1
    assert ">1<" in "".join(text(client, "/desk/account/").split())
    assert "figures-new" in text(client)
    assert count_unseen(ada) == 0
    assert "figures-new" not in text(client)


def test_the_bell_is_one_statement_and_none_for_who_sees_no_figures(
    ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    nobody = User.objects.create_user("pat", is_staff=True)
    for user in (ada, nobody):
        user.get_all_permissions()  # as the admin has asked them already

    with django_assert_num_queries(1):
        count_unseen(ada)
    with django_assert_num_queries(0):
        assert count_unseen(nobody) == 0


def test_authors_see_the_alerts_of_their_own_stories(
    alert: Alert, publish_article: PublishArticle
) -> None:
    wren, by = make_user("wren", "Authors"), Author.objects.create(name="Wren", slug="wren")
    Account.objects.create(user=wren, author=by)
    own = make_alert(publish_article, "By Wren")
    ArticleAuthor.objects.create(article_id=own.article_id, author=by, position=0)

    page = text(signed_in(wren))

    assert "By Wren" in page
    assert "Harbour" not in page
    assert count_unseen(wren) == 0


def test_waves_are_alerts_for_those_who_see_waves(publish_article: PublishArticle) -> None:
    make_alert(publish_article, "Voted", "wave")

    assert "Wave held: “Voted”" in text(signed_in(make_user("edda")))
    assert "Voted" not in text(signed_in(make_user("stan", "Statistics")))


def test_others_are_refused(alert: Alert) -> None:
    client = signed_in(make_user("pat", None))

    assert client.get(PAGE).status_code == 403
    assert client.post(MUTE, {"what": "all"}).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_older_alerts_are_on_further_pages(
    ada: User, publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reactions.desk.pages.alerts.MOST_ALERTS", 2)
    made = [make_alert(publish_article, f"Story {number}") for number in range(3)]
    client = signed_in(ada)

    assert f"?before={made[1].pk}" in text(client)
    older = text(client, f"{PAGE}?before={made[1].pk}")
    assert "Story 0" in older
    assert "Story 1" not in older
    for odd in ("", "-1", "x", "9" * 40):
        assert client.get(PAGE, {"before": odd}).status_code == 200


@pytest.mark.parametrize("what", ["story", "rule", "all"])
def test_one_press_mutes_and_another_takes_it_back(ada: User, alert: Alert, what: str) -> None:
    client = signed_in(ada)
    value = {"story": str(alert.article_id), "rule": "spike"}.get(what, "")

    for _ in range(2):
        client.post(MUTE, {"what": what, "value": value})
    muted = Mute.objects.get()
    listed = text(client)
    client.post(MUTE, {"undo": muted.pk})

    assert muted.user == ada
    assert (muted.until is not None) is (what == "all")
    assert {
        "story": "Alerts about “Harbour",
        "rule": "Alerts of the kind “Spike”",
        "all": "All alerts, until",
    }[what] in " ".join(listed.split())
    assert not Mute.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"what": "rule", "value": "nosuch"},
        {"what": "story", "value": "x"},
        {"what": "story", "value": str(uuid4())},
    ],
)
def test_what_cannot_be_muted_is_not_found(ada: User, data: dict[str, str]) -> None:
    assert signed_in(ada).post(MUTE, data).status_code == 404
    assert not Mute.objects.exists()


def test_a_mute_of_another_user_cannot_be_taken_back(ada: User) -> None:
    theirs = Mute.objects.create(user=make_user("ben"), rule="spike")

    for undo in (theirs.pk, "x", "9" * 40):
        signed_in(ada).post(MUTE, {"undo": undo})

    assert Mute.objects.exists()


def test_editors_mute_the_chat_and_others_do_not(ada: User) -> None:
    mute_chat = {"what": "all", "where": "chat"}

    assert signed_in(make_user("stan", "Statistics")).post(MUTE, mute_chat).status_code == 403
    client = signed_in(ada)
    client.post(MUTE, mute_chat)

    assert Mute.objects.get().user is None
    assert "All alerts, in the chat, until" in " ".join(text(client).split())


def make_report(user: User, **message: object) -> Report:
    report = Report.objects.create(
        user=user,
        period="day",
        first_day="2026-03-03",
        subject="Tuesday",
        html="<p>As sent</p>",
        text="As sent",
    )
    if message:
        Message.objects.create(report=report, user=user, **message)
    return report


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({}, "shown here only"),
        ({"state": "sent"}, "sent"),
        ({"state": "sending"}, "may have been sent"),
    ],
)
def test_reports_are_listed_and_shown_as_they_were_sent(
    ada: User, message: dict[str, str], words: str
) -> None:
    report = make_report(ada, **message)
    client = signed_in(ada)

    page = " ".join(text(client).split())
    shown = client.get(reverse("desk:report", args=[report.pk]))

    assert "Daily report: Tuesday" in page
    assert words in page
    assert shown.content == b"<p>As sent</p>"
    assert shown["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_report_of_another_user_is_not_found(ada: User) -> None:
    report = make_report(make_user("ben"))

    assert signed_in(ada).get(reverse("desk:report", args=[report.pk])).status_code == 404


def test_seeing_the_page_subscribes_to_nothing(alert: Alert) -> None:
    edda = make_user("edda")
    Subscription.objects.all().delete()

    assert "By mail you get nothing." in text(signed_in(edda))

    stored = Subscription.objects.get()
    assert (stored.alerts, stored.daily, stored.weekly) == (False, False, False)
    assert stored.seen_alert == alert.pk
