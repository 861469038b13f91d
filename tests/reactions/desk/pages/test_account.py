"""The page “Your account”, and how the desk follows a user's zone and language."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from articles.models import Account, Author
from reactions.models import Alert, Subscription
from tests.conftest import PublishArticle
from tests.reactions.alerts.conftest import make_user

pytestmark = pytest.mark.django_db

PAGE = reverse("desk:account")
CHOSEN = {"timezone": "Asia/Kathmandu", "language": "de", "email": "ada@example.com", "daily": "on"}


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def client_of_ada(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_a_user_chooses_zone_language_address_and_mails(ada: User, client_of_ada: Client) -> None:
    before = datetime.now(UTC)

    saved = client_of_ada.post(PAGE, CHOSEN)

    assert saved.status_code == 302
    ada.refresh_from_db()
    stored = Subscription.objects.get(user=ada)
    account = Account.objects.get(user=ada)
    assert (account.timezone, account.language) == ("Asia/Kathmandu", "de")
    assert ada.email == "ada@example.com"
    assert (stored.daily, stored.weekly, stored.alerts) == (True, False, False)
    assert stored.since > before


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("timezone", "Mars/Olympus", "There is no time zone called “Mars/Olympus”."),
        ("timezone", "../etc/passwd", "There is no time zone called"),
        ("language", "tlh", "The desk has no language called “tlh”."),
        ("email", "no address", "Enter a valid email address."),
    ],
)
def test_what_there_is_not_is_refused(
    ada: User, client_of_ada: Client, field: str, value: str, sentence: str
) -> None:
    answer = client_of_ada.post(PAGE, CHOSEN | {field: value})

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Account.objects.exists()


def test_saving_keeps_the_author_and_what_was_subscribed_before(
    ada: User, client_of_ada: Client
) -> None:
    Account.objects.create(user=ada, author=Author.objects.create(name="Ada L.", slug="ada"))
    Subscription.objects.filter(user=ada).update(daily=True, since="2020-01-01T00:00Z")

    client_of_ada.post(PAGE, CHOSEN)

    assert Account.objects.get(user=ada).author
    assert Subscription.objects.get(user=ada).since.year == 2020
    assert "the author <strong>Ada L.</strong>" in client_of_ada.get(PAGE).content.decode()


def test_who_sees_no_figures_is_offered_no_mails() -> None:
    client = Client()
    client.force_login(User.objects.create_user("pat", is_staff=True))

    assert "Daily report" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"timezone": "Europe/Berlin"}).status_code == 302
    assert not Subscription.objects.exists()


def test_the_page_says_that_no_mail_is_sent(client_of_ada: Client, settings: Settings) -> None:
    settings.MAIL_SERVER = None

    assert "sends no mail" in client_of_ada.get(PAGE).content.decode()


def test_the_desk_shows_times_and_common_buttons_as_the_account_says(
    ada: User, client_of_ada: Client, publish_article: PublishArticle
) -> None:
    Alert.objects.create(
        article_id=publish_article().pk,
        rule="wave",
        wave_id=1,
        figures={"held": 25, "networks": 1, "rule": "surge"},
        raised_at=datetime(2026, 3, 3, 12, 0, tzinfo=UTC),
    )
    Account.objects.create(user=ada, timezone="Asia/Kathmandu", language="de")

    page = client_of_ada.get(reverse("desk:alerts")).content.decode()
    lists = client_of_ada.get(reverse("admin:articles_article_changelist")).content.decode()

    assert "17:45" in page
    assert 'lang="de"' in page
    assert "auswählen" in lists
    assert translation.get_language() == "en-gb"
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("zone", ["", "Gone/Zone", "/etc"])
def test_a_zone_that_is_no_more_is_the_sites(ada: User, client_of_ada: Client, zone: str) -> None:
    Account.objects.create(user=ada, timezone=zone, language="xx")

    assert client_of_ada.get(PAGE).status_code == 200


def test_pages_for_readers_ask_nothing_about_users(ada: User, client_of_ada: Client) -> None:
    Account.objects.create(user=ada, language="de")

    with CaptureQueriesContext(connection) as queries:
        answer = client_of_ada.get("/privacy/")

    asked = " ".join(str(each["sql"]) for each in queries)
    assert "account" not in asked
    assert "session" not in asked
    assert 'lang="de"' not in answer.content.decode()


def test_publishers_say_who_signs_in_as_an_author(ada: User) -> None:
    paula, by = make_user("paula", "Publishers"), Author.objects.create(name="Ada L.", slug="ada")
    before = User.objects.create_user("old", is_staff=True)
    Account.objects.create(user=before, author=by, timezone="Europe/Berlin")
    client = Client()
    client.force_login(paula)
    path = reverse("admin:articles_author_change", args=[by.pk])

    assert "Who signs in as this author" in client.get(path).content.decode()
    answer = client.post(path, {"name": "Ada L.", "slug": "ada", "users": [ada.pk]})

    assert answer.status_code == 302
    assert list(by.accounts.values_list("user__username", flat=True)) == ["ada"]
    assert Account.objects.get(user=before).timezone == "Europe/Berlin"


def test_editors_change_authors_and_not_who_they_are(client_of_ada: Client) -> None:
    by = Author.objects.create(name="Ada L.", slug="ada")
    Account.objects.create(user=User.objects.create_user("old", is_staff=True), author=by)
    path = reverse("admin:articles_author_change", args=[by.pk])

    assert "Who signs in" not in client_of_ada.get(path).content.decode()
    client_of_ada.post(path, {"name": "Ada Lovelace", "slug": "ada", "users": []})

    by.refresh_from_db()
    assert by.name == "Ada Lovelace"
    assert by.accounts.count() == 1


def test_the_form_of_a_user_links_the_author_and_refuses_an_unknown_zone(
    admin_client: Client, ada: User
) -> None:
    by = Author.objects.create(name="Ada L.", slug="ada")
    path = reverse("admin:auth_user_change", args=[ada.pk])
    data = {
        "username": "ada",
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "account-TOTAL_FORMS": "1",
        "account-INITIAL_FORMS": "0",
        "account-0-user": ada.pk,
        "account-0-author": by.pk,
        "account-0-timezone": "Mars/Olympus",
    }

    refused = admin_client.post(path, data).content.decode()
    admin_client.post(path, data | {"account-0-timezone": "Europe/Berlin"})

    assert "There is no time zone called “Mars/Olympus”." in refused
    assert Account.objects.get(user=ada).author == by
    assert admin_client.get(reverse("admin:auth_user_add")).status_code == 200
    assert Permission.objects.filter(codename="change_account").exists()
