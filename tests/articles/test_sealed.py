"""Secrets that are read again: what the database has of them, another SECRET_KEY, and what was altered."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from articles import second_factor
from articles.models import Article, Site
from articles.models.authenticators import AuthenticatorApp
from articles.sealed import (
    AUTHENTICATOR_KEYS,
    Column,
    UnreadableSecretError,
    seal_stored,
    sealed_columns,
    unreadable,
)
from reactions.models import WebhookEndpoint

pytestmark = pytest.mark.django_db

COLUMN = Column("articles_site", "jwt_secrets")
SECRET = "a secret of the site and of Newsroom"
KEY = "31" * 20


def code_of(key: str) -> str:
    totp: Any = TOTP(bytes.fromhex(key))  # type: ignore[no-untyped-call]  # django-otp has no types
    return f"{totp.token():06}"


def stored(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{table}"')  # noqa: S608
        ((text,),) = cursor.fetchall()
        return str(text)


def store(table: str, column: str, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET "{column}" = %s', [text])  # noqa: S608


@pytest.fixture
def site() -> Site:
    return Site.objects.create(
        name="Blog", origins=["https://blog.example.org"], jwt_secrets=SECRET
    )


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        url="https://example.org/hook", types=["article.published"]
    )


@pytest.fixture
def ada(db: None) -> User:
    user = User.objects.create_user("ada")
    assert second_factor.set_up(user, key=KEY, code=code_of(KEY))
    AuthenticatorApp.objects.update(last_t=-1)  # the same code may be typed again
    return user


def test_the_database_has_no_secret_that_can_be_read(
    site: Site, endpoint: WebhookEndpoint, ada: User
) -> None:
    texts = {
        str(column): stored(column.table, column.column)
        for column in sealed_columns()
        if column.column != "old_secret"
    }

    assert {*texts} == {
        "articles_site.jwt_secrets",
        "reactions_webhookendpoint.secret",
        "otp_totp_totpdevice.key",
    }
    assert all(text.startswith("sealed:") for text in texts.values())
    assert Site.objects.get().jwt_secrets == SECRET
    assert WebhookEndpoint.objects.get().secret == endpoint.secret
    assert endpoint.secret.startswith("whsec_")
    assert WebhookEndpoint.objects.get().old_secret == ""
    assert second_factor.check_code(ada, code_of(KEY)).accepted


def test_an_article_without_a_site_is_read_with_its_site(article: Article) -> None:
    assert Article.objects.select_related("site").get(pk=article.pk).site is None


def test_the_same_secret_is_stored_otherwise_each_time() -> None:
    assert COLUMN.seal(SECRET) != COLUMN.seal(SECRET)


def test_what_was_altered_or_moved_to_another_column_opens_nothing() -> None:
    sealed = COLUMN.seal(SECRET)
    last = "A" if sealed[-2] != "A" else "B"

    for text, column in (
        (sealed, Column("reactions_webhookendpoint", "secret")),
        (f"{sealed[:-2]}{last}{sealed[-1]}", COLUMN),
        (sealed[:20], COLUMN),
        ("sealed:", COLUMN),
        ("sealed:zzzz:é", COLUMN),
    ):
        with pytest.raises(UnreadableSecretError):
            column.unseal(text)


def test_what_an_earlier_release_stored_is_read_and_sealed(site: Site, ada: User) -> None:
    store("articles_site", "jwt_secrets", SECRET)
    store("otp_totp_totpdevice", "key", KEY)
    assert Site.objects.get().jwt_secrets == SECRET
    assert second_factor.check_code(ada, code_of(KEY)).accepted

    assert seal_stored() == 2

    assert stored("articles_site", "jwt_secrets").startswith("sealed:")
    assert Site.objects.get().jwt_secrets == SECRET
    assert seal_stored() == 0


def test_another_key_seals_again_and_the_old_one_may_go(
    site: Site, ada: User, settings: Settings
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert Site.objects.get().jwt_secrets == SECRET

    out = StringIO()
    call_command("seal_secrets", stdout=out)
    settings.SECRET_KEY_FALLBACKS = []

    assert out.getvalue() == "2 secrets sealed.\n"
    assert Site.objects.get().jwt_secrets == SECRET
    assert second_factor.check_code(ada, code_of(KEY)).accepted
    assert unreadable() == []


def test_a_lost_key_stops_nothing_but_what_needs_the_secret(
    site: Site, ada: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    before = stored("articles_site", "jwt_secrets")
    recovery = second_factor.new_recovery_codes(ada)[0]
    settings.SECRET_KEY = "new" * 20

    assert Site.objects.get().jwt_secrets == ""
    assert not second_factor.check_code(ada, code_of(KEY)).accepted
    assert second_factor.check_code(ada, recovery).accepted
    assert {*unreadable()} == {str(COLUMN), "otp_totp_totpdevice.key"}
    with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("seal_secrets", stdout=StringIO())
    assert stored("articles_site", "jwt_secrets") == before
    assert SECRET not in caplog.text
    assert KEY not in caplog.text


def test_the_longest_key_of_an_app_fits_its_column() -> None:
    longest = TOTPDevice._meta.get_field("key").max_length or 0
    sealed = AUTHENTICATOR_KEYS.seal(second_factor.new_key())

    assert len(sealed) <= longest
