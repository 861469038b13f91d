"""API keys at the desk: who may issue, rotate and revoke them, and what of a key is shown, and when."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from articles.api.api_keys import find_key, issue_key
from articles.models import ApiKey, AuditEntry
from articles.roles import Role
from tests.articles.desk.client import fill_in, sign_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/desk/articles/apikey/"
ISSUE = f"{LIST}issue/"


def user_who_may(*permissions: str) -> Client:
    user = User.objects.create(username="kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def issue(client: Client, **typed: Any) -> Any:
    given = {"name": "CMS", "scopes": ["articles:write", "stats:read"], "days": "90", **typed}
    return client.post(ISSUE, given)


def shown_key(response: Any) -> str:
    (found,) = re.findall(r'value="(nr_[^"]+)"', response.content.decode())
    return str(found)


def test_a_key_is_issued_and_shown_once(admin_client: Client) -> None:
    response = issue(admin_client)

    key = shown_key(response)
    found = find_key(key)
    assert found
    assert (found.name, found.scopes) == ("CMS", ["articles:write", "stats:read"])
    assert found.expires_at
    assert timedelta(days=89) < found.expires_at - timezone.now() <= timedelta(days=90)
    assert "no-store" in response["Cache-Control"]
    assert "It is shown only here" in text_of(response)

    secret = key.split("_", 2)[2]
    pages = [admin_client.get(url) for url in (LIST, f"{LIST}{found.pk}/change/", "/desk/")]
    entries = [str(entry.__dict__) for entry in AuditEntry.objects.all()]
    assert not any(secret in page.content.decode() for page in pages)
    assert len(entries) == 1
    assert secret not in entries[0]
    assert secret not in str(dict(admin_client.session))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["stats:write"]}, "stats:write is not one of the available choices."),
        ({"days": "7000"}, "7000 is not one of the available choices."),
    ],
)
def test_a_form_that_says_too_little_issues_nothing(
    typed: dict[str, Any], says: str, admin_client: Client
) -> None:
    assert says in text_of(issue(admin_client, **typed))
    assert not ApiKey.objects.exists()


def test_a_key_without_an_end_is_issued_where_it_is_chosen(admin_client: Client) -> None:
    issue(admin_client, days="")

    assert ApiKey.objects.get().expires_at is None


def test_a_new_secret_is_shown_once_and_the_old_one_stays_for_a_while(
    admin_client: Client,
) -> None:
    old = issue_key(name="CMS", scopes=["stats:read"])
    row = ApiKey.objects.get()
    url = f"{LIST}{row.pk}/rotate/"

    response = admin_client.post(url, fill_in(admin_client, url, "key_form", hours="24"))

    new = shown_key(response)
    assert new != old
    assert find_key(old) == find_key(new) == row
    assert "no-store" in response["Cache-Control"]
    assert "The old secret is valid until" in text_of(response)


def test_a_revoked_key_gets_no_new_secret(admin_client: Client) -> None:
    issue_key(name="CMS", scopes=["stats:read"])
    row = ApiKey.objects.get()
    ApiKey.objects.update(revoked_at=timezone.now())

    response = admin_client.post(f"{LIST}{row.pk}/rotate/", {"hours": "24"})

    assert "This key was revoked." in text_of(response)
    assert ApiKey.objects.get().old_secret_hash is None
    assert "New secret" not in text_of(admin_client.get(f"{LIST}{row.pk}/change/"))


def test_a_key_is_revoked_on_its_page(admin_client: Client) -> None:
    key = issue_key(name="CMS", scopes=["stats:read"])
    row = ApiKey.objects.get()
    url = f"{LIST}{row.pk}/revoke/"

    page = text_of(admin_client.get(url))
    still = find_key(key)
    done = admin_client.post(url, follow=True)

    assert "No call with it is answered" in page
    assert (still, find_key(key)) == (row, None)
    assert "1 key revoked" in text_of(done)
    assert AuditEntry.objects.latest("pk").action == "revoked"


def test_only_those_who_may_issue_rotate_and_revoke() -> None:
    issue_key(name="CMS", scopes=["stats:read"])
    row = ApiKey.objects.get()
    urls = [ISSUE, f"{LIST}{row.pk}/rotate/", f"{LIST}{row.pk}/revoke/"]

    def statuses(client: Client) -> list[int]:
        return [client.post(url, {}).status_code for url in urls]

    assert statuses(sign_in(Role.PUBLISHER)) == [403, 403, 403]
    assert statuses(Client()) == [302, 302, 302]
    client = user_who_may("view_apikey")
    assert statuses(client) == [403, 403, 403]
    assert "Issue a key" not in text_of(client.get(LIST))
    row.refresh_from_db()
    assert row.revoked_at is None


@pytest.mark.parametrize(
    ("permission", "expected"), [("add_apikey", [200, 403]), ("change_apikey", [403, 200])]
)
def test_issuing_and_rotating_are_permissions_of_their_own(
    permission: str, expected: list[int]
) -> None:
    issue_key(name="CMS", scopes=["stats:read"])
    row = ApiKey.objects.get()
    client = user_who_may("view_apikey", permission)

    urls = [ISSUE, f"{LIST}{row.pk}/rotate/"]

    assert [client.get(url).status_code for url in urls] == expected
    assert ("Issue a key" in text_of(client.get(LIST))) == (permission == "add_apikey")


def test_the_list_says_whether_a_key_is_valid(admin_client: Client) -> None:
    for name in ("one", "two", "three"):
        issue_key(name=name, scopes=["stats:read"])
    ApiKey.objects.filter(name="one").update(revoked_at=timezone.now())
    ApiKey.objects.filter(name="two").update(expires_at=timezone.now())

    shown = text_of(admin_client.get(LIST))

    assert all(word in shown for word in ("Revoked", "Expired", "Valid"))
