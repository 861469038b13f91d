"""The audit log at the desk: every form leaves an entry; it is searched, and nobody changes it."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from articles import audit
from articles.api.api_keys import issue_key
from articles.desk.audited import AuditedAdmin
from articles.models import Article, AuditEntry, Section
from articles.roles import Role
from tests.articles.desk.client import sign_in, text_of
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db
LOG = "/desk/articles/auditentry/"
SECTIONS = "/desk/articles/section/"


def entries() -> list[tuple[str, str, str]]:
    found = AuditEntry.objects.order_by("pk")
    return [(each.actor, each.action, each.object_name) for each in found]


def test_a_form_is_an_entry_with_what_differs(admin_client: Client) -> None:
    admin_client.post(f"{SECTIONS}add/", {"name": "World", "slug": "world"})
    section = Section.objects.get()
    change = f"{SECTIONS}{section.pk}/change/"
    admin_client.post(change, {"name": "Abroad", "slug": "world"})
    admin_client.post(change, {"name": "Abroad", "slug": "world"})  # nothing differs
    admin_client.post(f"{SECTIONS}{section.pk}/delete/", {"post": "yes"})

    assert entries() == [
        ("admin", "added", "World"),
        ("admin", "changed", "Abroad"),
        ("admin", "deleted", "Abroad"),
    ]
    changed = AuditEntry.objects.get(action="changed")
    assert (changed.before, changed.after) == ({"name": "World"}, {"name": "Abroad"})
    assert AuditEntry.objects.get(action="deleted").before["name"] == "Abroad"


def test_roles_of_a_user_are_in_the_entry(admin_client: Client) -> None:
    ada = User.objects.create_user("ada", is_staff=True)
    editors = Group.objects.get(name=Role.EDITOR)

    admin_client.post(
        f"/desk/auth/user/{ada.pk}/change/",
        {
            "username": "ada",
            "is_staff": "on",
            "is_active": "on",
            "groups": [editors.pk],
            "date_joined_0": ada.date_joined.date(),
            "date_joined_1": ada.date_joined.time(),
            "account-TOTAL_FORMS": 1,
            "account-INITIAL_FORMS": 0,
            "account-0-timezone": "Europe/Oslo",
            "account-0-user": ada.pk,
        },
    )

    entry = AuditEntry.objects.get(object_name="ada")
    assert entry.before["groups"] == []
    assert entry.after["groups"] == ["Editors"]
    assert entry.after["timezone"] == "Europe/Oslo"


def test_an_api_key_acts_by_its_name(client: Client) -> None:
    key = issue_key(name="CMS", scopes=["articles:write"])
    prefix = key.split("_")[1]

    made = client.post(
        "/api/v1/articles/",
        {"headline": "The bridge", "slug": "bridge"},
        "application/json",
        headers={"authorization": f"Bearer {key}"},
    )

    assert made.status_code == 201
    entry = AuditEntry.objects.get(object_type="article")
    assert (entry.actor_kind, entry.actor, entry.actor_id) == ("key", "CMS", prefix)
    assert (entry.action, entry.after["version"]) == ("create", 1)
    assert key not in str([vars(each) for each in AuditEntry.objects.all()])


def test_djangos_commands_for_users_are_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a bridge over the river")
    call_command("createsuperuser", username="root", email="root@example.org", interactive=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "two bridges over the river")
    call_command("changepassword", "root")

    assert [action for _, action, name in entries() if name == "root"] == [
        "added",
        "password changed",
    ]


def test_the_page_is_searched_and_filtered(admin_client: Client, article: Article) -> None:
    for name in ("World", "Sports"):
        admin_client.post(f"{SECTIONS}add/", {"name": name, "slug": name.lower()})

    def names(query: str) -> set[str]:
        text = text_of(admin_client.get(f"{LOG}?{query}"))
        return {name for name in ("World", "Sports") if f"Section: {name}" in text}

    assert names("") == {"World", "Sports"}
    assert names("q=sports") == {"Sports"}
    assert names(f"q={Section.objects.get(name='World').pk}") >= {"World"}
    assert names("q=nobody") == set()
    assert names("q=admin&action=added&object_type=section&period=day") == {"World", "Sports"}
    assert names("action=deleted") == set()


def test_the_page_of_an_entry_shows_both_values(admin_client: Client) -> None:
    section = Section.objects.create(name="World", slug="world")
    admin_client.post(f"{SECTIONS}{section.pk}/change/", {"name": "Abroad", "slug": "world"})

    shown = text_of(admin_client.get(f"{LOG}{AuditEntry.objects.get().pk}/change/"))
    history = text_of(admin_client.get(f"{SECTIONS}{section.pk}/history/"))

    assert "World Abroad" in shown
    assert "World Abroad" in history


def test_the_page_of_an_entry_without_values_says_so(admin_client: Client) -> None:
    audit.record("signed in", User.objects.get())

    page = admin_client.get(f"{LOG}{AuditEntry.objects.get(action='signed in').pk}/change/")

    assert re.search(r"Before and after\s+–", text_of(page))


def test_an_entry_of_a_version_shows_what_it_changed(
    admin_client: Client, publish_article: PublishArticle
) -> None:
    from articles.editing import edit_article

    article = publish_article(headline="The bridge is open")
    for headline in ("The bridge is closed", "The bridge is open again"):
        edit_article(article_id=article.pk, changes={"headline": headline}, expected_version=None)

    entry = AuditEntry.objects.latest("pk")
    shown = text_of(admin_client.get(f"{LOG}{entry.pk}/change/"))

    assert "The bridge is closed The bridge is open again" in shown


def test_no_one_but_administrators_reads_it() -> None:
    statuses = {role: sign_in(role).get(LOG).status_code for role in Role}

    assert set(statuses.values()) == {403}


def test_the_menu_names_it_to_those_who_may_read_it(admin_client: Client) -> None:
    address = reverse("admin:articles_auditentry_changelist")

    assert f'href="{address}"' in admin_client.get("/desk/").content.decode()
    assert f'href="{address}"' not in sign_in(Role.PUBLISHER).get("/desk/").content.decode()


# Their fields are words of no secret, although their names have one of its words.
NO_SECRETS = {"content_hash", "source_hash", "key"}


def test_every_form_of_the_desk_is_recorded_or_its_writes_are() -> None:
    unrecorded = [
        str(model)
        for model, found in admin.site._registry.items()
        if not isinstance(found, AuditedAdmin)
    ]

    assert unrecorded == []


def test_no_field_of_a_secret_is_shown() -> None:
    suspicious = {
        field.name
        for model in admin.site._registry
        for field in model._meta.concrete_fields
        if re.search("secret|password|token|hash|private|key$", field.name)
    }
    shown = {name for name in suspicious - NO_SECRETS if not audit._SECRET.search(name)}

    assert shown <= {"old_secret_valid_until", "old_key_valid_until"}
    assert {"password", "secret", "old_secret", "jwt_secrets", "secret_hash"} <= suspicious
