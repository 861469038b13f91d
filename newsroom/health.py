"""Health checks for operators: whether the process is alive, and each component that it needs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError

from reactions.cache import redis as redis_cache
from reactions.counting.aggregate import oldest_entry_at
from reactions.sql import rows

# An outbox entry of this age means that no worker aggregates.
_LATE = timedelta(seconds=10)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every component by name with its state: ok, degraded or down, and why.

    503 only where PostgreSQL is down, for without it no reaction is recorded. Without Redis, the broker or a worker
    readers are still served, and counts are slower or older.
    """
    components = check_components()
    down = components["postgresql"]["state"] == "down"
    worst = "down" if down else "ok" if _all_ok(components) else "degraded"
    return JsonResponse({"state": worst, "parts": components}, status=503 if down else 200)


def check_components() -> dict[str, dict[str, Any]]:
    """Every component by name: its `state`, and details."""
    return {name: _run(check) for name, check in _CHECKS.items()}


def _all_ok(components: dict[str, dict[str, Any]]) -> bool:
    return all(component["state"] == "ok" for component in components.values())


def _run(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        component = {"state": "ok", **check()}
    except (Error, BrokerError, OSError, redis_cache.RedisError) as error:
        component = {"state": "down", "detail": type(error).__name__}
    return {**component, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _postgresql() -> dict[str, Any]:
    """Reads and writes as a reaction does; the write is rolled back."""
    with transaction.atomic():
        rows("write_and_roll_back")
        transaction.set_rollback(True)
    return {}


def _redis() -> dict[str, Any]:
    redis_cache.client().ping()
    return {}


def _broker() -> dict[str, Any]:
    with Connection(
        settings.CELERY_BROKER_URL, connect_timeout=1, transport_options={"socket_timeout": 1}
    ) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    return {}


def _aggregation() -> dict[str, Any]:
    since = oldest_entry_at()
    lag = datetime.now(UTC) - since if since else timedelta()
    seconds = round(max(lag.total_seconds(), 0), 3)
    return {"state": "degraded" if lag > _LATE else "ok", "lag_seconds": seconds}


_CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "postgresql": _postgresql,
    "redis": _redis,
    "broker": _broker,
    "aggregation": _aggregation,
}
