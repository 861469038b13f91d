"""Today, the desk's first page."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


def test_an_empty_site_says_what_would_be_there(editor: Client) -> None:
    page = editor.get("/desk/").content.decode()

    assert "0 stories out" in page
    assert "No story came out today yet" in page
    assert datetime.now(UTC).strftime("%H:") in page
