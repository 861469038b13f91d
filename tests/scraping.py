"""The metrics as Prometheus reads them, with the token."""

from typing import Any

from django.conf import settings
from django.test import Client


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}


def scrape(client: Client, **headers: str) -> Any:
    return client.get("/metrics", headers={**bearer(), **headers})
