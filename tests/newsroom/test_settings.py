"""The settings that an installation gives in its environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from newsroom import settings as settings_module  # noqa: TID251  # what it refuses
from newsroom.settings import time_zone  # noqa: TID251  # what it refuses, and no setting

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("REACTIONS_PER_NETWORK_STORY", "REACTIONS_PER_NETWORK_ARTICLE"),
        ("REACTIONS_UNREAD_PER_HOUR", "REACTIONS_WITHOUT_PAGE_PER_HOUR"),
    ],
)
def test_a_renamed_setting_is_refused_with_its_new_name(old: str, new: str) -> None:
    """An old name that were ignored would leave an installation with another limit than its own."""
    started = start_with({old: "7"})

    assert started.returncode != 0
    assert f"{old} is called {new} since release 0.2.0: rename it." in started.stderr


@pytest.mark.parametrize(
    ("hosts", "site", "reason"),
    [
        ("127.0.0.1:8765", "https://news.example", "is for tests: unset it for a site at"),
        ("127.0.0.1:8765", "http://10.0.0.1", "is for tests: unset it for a site at"),
        ("127.0.0.1", "http://127.0.0.1:8000", "is no host:port of loopback: 127.0.0.1."),
        ("10.0.0.1:80", "http://127.0.0.1:8000", "is no host:port of loopback: 10.0.0.1:80."),
        ("localhost.evil.example:80", "http://127.0.0.1", "is no host:port of loopback"),
    ],
)
def test_test_hosts_of_feeds_are_of_loopback_and_refused_in_production(
    hosts: str, site: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings_module._environment, "FEED_TEST_HOSTS", hosts)

    with pytest.raises(ImproperlyConfigured, match=reason):
        settings_module.test_hosts("FEED_TEST_HOSTS", site)


def test_a_component_that_does_not_exist_is_refused() -> None:
    started = start_with({"READYZ_COMPONENTS": "postgresql,postgres"})

    assert started.returncode != 0
    assert "READYZ_COMPONENTS has unknown names: postgres." in started.stderr


@pytest.mark.parametrize("zone", ["Europe/Olso", "CEST", "Europe", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused_and_not_taken_as_utc(zone: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TIME_ZONE is no time zone such as Europe/Oslo"):
        time_zone("TIME_ZONE", zone)


def start_with(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "import newsroom.settings"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://news.example", "https://news.example"),
        ("https://news.example:8443/", "https://news.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_forms_of_the_public_address_are_trusted(url: str, origin: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", "import newsroom.settings as s; print(s.CSRF_TRUSTED_ORIGINS)"],
        cwd=ROOT,
        env={**os.environ, "SITE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert asked.stdout.strip() == str([origin])


def test_an_editor_signs_in_through_a_proxy_that_sends_a_host_of_its_own(
    db: None, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://news.example"]
    client = Client(enforce_csrf_checks=True)
    form = client.get("/desk/login/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert found is not None

    statuses = {
        origin: client.post(
            "/desk/login/",
            {"username": "x", "password": "y", "csrfmiddlewaretoken": found[1]},
            headers={"Origin": origin},
        ).status_code
        for origin in ("https://news.example", "http://news.example", "https://evil.example")
    }

    assert list(statuses.values()) == [200, 403, 403]
