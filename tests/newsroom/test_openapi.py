from pathlib import Path

from django.core.management import call_command
from django.test import Client

API = Path(__file__).parents[2] / "docs" / "api.yaml"


def test_the_checked_in_description_is_what_the_code_says(tmp_path: Path) -> None:
    """To regenerate it: .venv/bin/python manage.py spectacular --file docs/api.yaml"""
    fresh = tmp_path / "api.yaml"

    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)

    assert fresh.read_text() == API.read_text()


def test_the_description_and_its_page_are_served_without_a_cdn(client: Client, db: None) -> None:
    schema = client.get("/api/schema/")
    page = client.get("/api/docs/").content.decode()

    assert b"openapi: 3.1.0" in schema.content
    assert "swagger-ui" in page
    assert "cdn." not in page
