"""A key that any client presents is in no log and no report of an error; its prefix may be."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.test import Client, RequestFactory
from django.views import debug
from pytest_django import Settings

from articles.api import keys
from articles.api.api_keys import issue_key, rotate_key
from articles.redaction import RedactingFormatter, redact
from newsroom import log_format
from reactions.http import api_webhooks, rate_limiting
from reactions.models import WebhookEndpoint

pytestmark = pytest.mark.django_db

FOREIGN = "sk_live_51H8x9aKQ2mZ7vBnCwXyPtUeRd"
READER = "lRBWcyJxG1s6F-fXt0EM2Q~aB3-.1uKx2z.S8q3mZ7vBnCwXyPtUeRdS8q3mZ7vBnCwXyPtUeRdAbC"
MY_KEY = "/api/v1/keys/me/"


def reporter_of(request: WSGIRequest) -> Any:
    return debug.get_exception_reporter_class(request)


@pytest.fixture
def key() -> str:
    return issue_key(name="CMS", scopes=["articles:read"])


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """What Django would show and mail of each error, with the variables of every function."""
    made: list[str] = []

    def report(request: WSGIRequest, **_: Any) -> None:
        reporter = reporter_of(request)(request, *sys.exc_info())
        made.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    got_request_exception.connect(report)
    yield made
    got_request_exception.disconnect(report)


def fail(*args: Any, **options: Any) -> Any:
    said = repr((args, options))
    raise ValueError(said)


def secret_of(key: str) -> str:
    return key.removeprefix(key[:14])


@pytest.mark.parametrize("scheme", ["Bearer", "Api-Key"])
@pytest.mark.parametrize("place", ["check_key", "view", "limit"])
def test_no_error_report_holds_a_key(
    scheme: str, place: str, key: str, reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    match place:
        case "check_key":
            monkeypatch.setattr("articles.api.api_keys._matches", fail)
        case "view":
            monkeypatch.setattr(keys, "limits_of", fail)
        case "limit":
            monkeypatch.setattr(rate_limiting, "take_of_key", fail)

    response = Client(raise_request_exception=False).get(
        MY_KEY, headers={"Authorization": f"{scheme} {key}"}
    )

    assert response.status_code == 500
    assert len(reports) == 2
    assert not any(secret_of(key) in each for each in [*reports, response.content.decode()])


def test_no_error_report_holds_a_key_of_another_system(
    key: str, reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limiting, "take", fail)
    client = Client(raise_request_exception=False)

    client.get(MY_KEY, headers={"Authorization": f"Bearer {FOREIGN}"})
    client.get(MY_KEY, headers={"X-API-Key": FOREIGN})
    client.get(MY_KEY, {"api_key": FOREIGN, "page": "2"})

    assert len(reports) == 6
    assert not any(FOREIGN in each for each in reports)
    assert "page" in reports[4]


def test_no_error_report_holds_the_new_secret_of_a_rotation(
    key: str, reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new: list[str] = []
    rotate = rotate_key

    def remember(*args: Any, **options: Any) -> Any:
        rotated = rotate(*args, **options)
        new.append(rotated[0])
        return rotated

    monkeypatch.setattr(keys, "rotate_key", remember)
    monkeypatch.setattr(keys, "_answer", fail)
    client = Client(raise_request_exception=False)
    sent = {"Authorization": f"Bearer {key}"}
    client.post(f"{MY_KEY}rotate/", content_type="application/json", headers=sent)

    assert len(reports) == 2
    assert not any(secret_of(each) in report for each in [key, *new] for report in reports)


def test_no_error_report_holds_the_secret_of_a_webhook(
    reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_webhooks, "render", fail)
    sent = {"Authorization": f"Bearer {issue_key(name='Hooks', scopes=['webhooks:manage'])}"}
    body = {"url": "https://app.example/", "types": ["article.killed"]}
    client = Client(raise_request_exception=False)

    client.post("/api/v1/webhooks/", body, content_type="application/json", headers=sent)

    secret = WebhookEndpoint.objects.get().secret
    assert len(reports) == 2
    assert "whsec_…" in reports[1]
    assert not any(secret.removeprefix("whsec_") in each for each in reports)


def test_no_log_holds_a_key(
    key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keys, "limits_of", lambda _: fail(f"Bearer {key}", f"?key={FOREIGN}"))

    Client(raise_request_exception=False).get(MY_KEY, headers={"Authorization": f"Bearer {key}"})

    formatter = RedactingFormatter("%(levelname)s %(name)s: %(message)s")
    lines = [formatter.format(record) for record in caplog.records]
    assert "ValueError" in "".join(lines)
    assert secret_of(key) not in "".join(lines)
    assert FOREIGN not in "".join(lines)


def test_the_log_of_the_product_is_written_by_that_formatter(settings: Settings) -> None:
    assert issubclass(log_format.TextFormatter, RedactingFormatter)
    handlers = settings.LOGGING["handlers"].values()
    assert {handler["formatter"] for handler in handlers} == {settings.LOG_FORMAT}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("nr_0123456789_abc-DEF_ghi failed", "nr_0123456789_… failed"),
        (f"Authorization: bearer {FOREIGN}", "Authorization: bearer …"),
        ("Bearer nr_0123456789_abc-DEF_ghi.", "Bearer nr_0123456789_…."),
        (f"GET /x/?a=1&API_KEY={FOREIGN}&b=2", "GET /x/?a=1&API_KEY=…&b=2"),
        (f"<a href='?key={FOREIGN}'>", "<a href='?key=…'>"),
        (f"reader={READER}; a=b", "reader=…; a=b"),
        (f"the token {READER} is bad", "the token … is bad"),
        ("sessionid=abc123, __Host-reader=x", "sessionid=…, __Host-reader=…"),
        ("__Host-sessionid=abc123; x=y", "__Host-sessionid=…; x=y"),
        ("Not found: /preview/MTIz:abc/", "Not found: /preview/…/"),
        ("POST /desk/mail/mute/abc:def/", "POST /desk/mail/mute/…/"),
        ("from 203.0.114.9:4711 and 2a00:1450:4001::1", "from …:4711 and …"),
        ("at 127.0.0.1, 10.0.0.7 and ::1, 12:30:59", "at 127.0.0.1, 10.0.0.7 and ::1, 12:30:59"),
        ("PostgreSQL 15.4.2.1, 8.8.8.8.8", "PostgreSQL …, 8.8.8.8.8"),
        ("secret='whsec_MfKQ9r8GKYqrTwjU/+==' of", "secret='whsec_…' of"),
        ("a reader reacted; the key of a hash", "a reader reacted; the key of a hash"),
    ],
)
def test_a_text_keeps_all_but_keys(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_a_traceback_is_redacted_with_its_line(key: str) -> None:
    try:
        fail(key)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), sys.exc_info())

    written = RedactingFormatter("%(message)s").format(record)

    assert "ValueError" in written
    assert secret_of(key) not in written


def test_a_request_without_keys_is_reported_as_it_was() -> None:
    request = RequestFactory().get("/x/", {"page": "2"})
    try:
        fail()
    except ValueError:
        reporter = reporter_of(request)(request, *sys.exc_info())

    assert "page=2" in reporter.get_traceback_text()
