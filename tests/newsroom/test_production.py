"""What a public site must not run with: refused at the start, and reported by `check --deploy`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from newsroom import checks, production
from reactions.cache import redis, redis_keys
from reactions.models import ArticleCount
from tests.conftest import PublishArticle

ROOT = Path(__file__).parents[2]
_STRONG = "sXo2PqLm9vRt4uYw7zAb1cDe3fGh5iJk"


@pytest.fixture
def public(settings: Settings) -> Settings:
    """A site on a public address, with nothing wrong."""
    settings.SITE_URL, settings.HTTPS, settings.DEBUG = "https://news.example.org", True, False
    settings.SECRET_KEY = settings.READER_KEY = settings.METRICS_TOKEN = _STRONG
    settings.ALLOWED_HOSTS = ["news.example.org"]
    redis.client().delete(redis_keys.UNKNOWN_PROXY)  # a test before may have come through one
    return settings


def ids() -> list[str]:
    return [str(each.id) for each in production.list_dangers()]


def test_a_public_site_with_its_own_secrets_has_no_danger(public: Settings) -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("DEBUG", True, "E010"),
        ("SECRET_KEY", "changeme", "E011"),
        ("READER_KEY", "a" * 64, "E011"),
        ("METRICS_TOKEN", "short", "E011"),
        ("HTTPS", False, "E012"),
        ("ALLOWED_HOSTS", ["*"], "E013"),
        ("REDIS_URL", "redis://:redis@10.0.0.9:6379/0", "E014"),
        ("CELERY_BROKER_URL", "amqp://guest:guest@10.0.0.9//", "E014"),
    ],
)
def test_each_danger_is_named(public: Settings, name: str, value: object, number: str) -> None:
    setattr(public, name, value)

    assert ids() == [f"newsroom.{number}"]


def test_what_is_no_danger_is_not_named(public: Settings) -> None:
    public.METRICS_TOKEN = ""
    public.HTTPS, public.INSECURE_HTTP = False, True
    public.REDIS_URL = "redis://:x9%2FkQ@10.0.0.9:6379/0"

    assert ids() == []


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("https://news.example.org", True),
        ("http://203.0.113.9:8000", False),  # an address of documentation
        ("http://8.8.8.8", True),
        ("http://127.0.0.1:8000", False),
        ("http://192.168.1.7:8000", False),
        ("http://[fd00::7]", False),
        ("http://[2606:4700::1111]", True),
        ("http://localhost:8000", False),
        ("http://newsroom:8000", False),
        ("http://newsroom.local", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(
    settings: Settings, url: str, is_public: bool
) -> None:
    settings.SITE_URL = url

    assert production.is_public() is is_public


@pytest.mark.django_db(transaction=True)
def test_a_process_with_a_danger_ends_and_says_what_to_set(public: Settings) -> None:
    public.DEBUG = True

    with pytest.raises(SystemExit) as ended:
        production.refuse_dangers()

    assert str(ended.value) == (
        "Newsroom does not start:\n"
        "- DEBUG is on: errors show code and secrets to anyone. Unset DEBUG."
    )


@pytest.mark.django_db(transaction=True)
def test_a_process_refuses_a_bit_that_was_counted_as_another_kind(
    public: Settings, publish_article: PublishArticle
) -> None:
    ArticleCount.objects.create(article_id=publish_article().pk, kind=30, count=1)

    with pytest.raises(SystemExit, match="The counts have a reaction with the bit 30"):
        production.refuse_dangers()


def test_every_process_asks() -> None:
    """Each in its own way of starting."""
    started = subprocess.run(
        [sys.executable, "-c", "import newsroom.wsgi"],
        cwd=ROOT,
        env={**os.environ, "SITE_URL": "http://news.example.org"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert started.returncode == 1
    assert "sent in the clear. Set it to the https:// address" in started.stderr
    for module in ("celery", "live"):
        assert "refuse_dangers()" in (ROOT / "newsroom" / f"{module}.py").read_text()


def test_a_proxy_that_no_setting_names_is_reported(public: Settings, db: None) -> None:
    redis.client().delete(redis_keys.UNKNOWN_PROXY)
    before = [each.id for each in checks.check_installation(databases=["default"])]

    redis.write_text(redis_keys.UNKNOWN_PROXY, "seen", ttl_seconds=9)
    found = [each.id for each in checks.check_installation(databases=["default"])]
    public.TRUSTED_PROXY_HOPS = 1
    named = [each.id for each in checks.check_installation(databases=["default"])]
    redis.client().delete(redis_keys.UNKNOWN_PROXY)

    assert (before, found, named) == ([], ["newsroom.E015"], [])


def test_a_common_password_is_reported(public: Settings, db: None) -> None:
    User.objects.create_superuser("head", password="head")
    User.objects.create_superuser("chief", password=_STRONG)

    (found,) = checks.check_installation(databases=["default"])

    assert (found.id, found.msg) == ("newsroom.E016", "The password of head is a common one.")


@pytest.mark.parametrize(
    ("ahead", "number"), [(0.5, None), (3, "W003"), (-3, "W003"), (11, "E017"), (-11, "E017")]
)
def test_a_clock_that_is_wrong_is_reported(
    db: None, monkeypatch: pytest.MonkeyPatch, ahead: float, number: str | None
) -> None:
    real = time.time
    monkeypatch.setattr("newsroom.checks.time.time", lambda: real() + ahead)

    found = {each.id for each in checks.check_clocks(databases=["default"])}

    assert found == ({f"newsroom.{number}"} if number else set())


def test_an_old_redis_is_reported(
    public: Settings, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for info, says in (
        ({"redis_version": "7.0.15"}, ["REDIS_URL leads to Redis 7.0.15."]),
        (
            {"redis_version": "7.2.4", "valkey_version": "7.2.9"},
            ["REDIS_URL leads to Valkey 7.2.9."],
        ),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, []),
        ({"redis_version": "8.0.0"}, []),
    ):
        monkeypatch.setattr(redis.client(), "info", lambda _, info=info: info)
        assert [each.msg for each in checks.check_installation(databases=["default"])] == says


@pytest.fixture
def lesser_role(db: None) -> None:
    """This connection has the rights of the processes’ role, as deploy/roles.sql gives them."""
    roles = (ROOT / "deploy/roles.sql").read_text("utf-8")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE newsroom_app; {roles}; SET LOCAL ROLE newsroom_app")


def test_the_role_of_the_owner_is_reported(public: Settings, db: None) -> None:
    found = run_checks(include_deployment_checks=True, databases=["default"])

    assert [each.msg for each in found if each.id == "newsroom.W006"] == [
        "The role of PostgreSQL in DATABASE_URL may change tables and change the audit log."
    ]


def test_check_deploy_is_clean(public: Settings, lesser_role: None) -> None:
    public.SESSION_COOKIE_SECURE = public.CSRF_COOKIE_SECURE = True
    public.SECURE_HSTS_SECONDS = 31_536_000
    public.SECRET_KEY = f"{_STRONG}{_STRONG[::-1]}"

    found = run_checks(include_deployment_checks=True, databases=["default"])

    assert [each for each in found if not each.is_silenced()] == []
