"""The mail server as the environment names it."""

from collections.abc import Mapping

import pytest
from django.core.exceptions import ImproperlyConfigured

from newsroom.mail import mail_server_of
from reactions.alerts.smtp import MailServer


def read(environment: Mapping[str, str]) -> MailServer | None:
    return mail_server_of(
        lambda name: environment.get(name, ""),
        lambda name, default: int(environment.get(name, default)),
        lambda name: environment.get(name) == "1",
    )


@pytest.mark.parametrize(
    ("environment", "server"),
    [
        ({}, None),
        ({"EMAIL_HOST": "mx"}, MailServer("mx", 25)),
        (
            {"EMAIL_HOST": "mx", "EMAIL_USE_TLS": "1", "EMAIL_USER": "u", "EMAIL_PASSWORD": "p"},
            MailServer("mx", 587, "u", "p", "starttls"),
        ),
        ({"EMAIL_HOST": "mx", "EMAIL_PORT": "2525"}, MailServer("mx", 2525)),
        ({"EMAIL_URL": "smtp://mx"}, MailServer("mx", 25)),
        ({"EMAIL_URL": "smtps://u%40x:p%2F@mx"}, MailServer("mx", 465, "u@x", "p/", "tls")),
        ({"EMAIL_URL": "smtp+tls://u:p@mx:26"}, MailServer("mx", 26, "u", "p", "starttls")),
    ],
)
def test_what_the_environment_says(
    environment: Mapping[str, str], server: MailServer | None
) -> None:
    assert read(environment) == server


@pytest.mark.parametrize(
    "url", ["http://u:s3cret@mx", "mx:25", "smtp://", "smtp://u:s3cret@mx:99999"]
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL ") as refusal:
        read({"EMAIL_URL": url})

    assert "s3cret" not in str(refusal.value)


def test_a_password_is_in_no_traceback() -> None:
    assert "s3cret" not in repr(MailServer("mx", 25, "u", "s3cret"))
