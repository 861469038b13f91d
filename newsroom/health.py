"""Health checks for operators: whether the process is alive, and each component that it needs."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError

from reactions.cache import redis as redis_cache
from reactions.counting.progress import read_progress
from reactions.live.metrics import read_records
from reactions.sql import rows
from reactions.sql.errors import failure_of

# A reaction is counted within a second. An entry of this age was left: no worker aggregates, or its row is locked.
_LATE_SECONDS = 10

_FRESH_SECONDS = 1.0
_checking = Lock()
_checked: tuple[float, dict[str, dict[str, Any]]] = (0.0, {})


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every component by name with its state: ok, degraded or down, and why.

    503 where a component of READYZ_COMPONENTS is down: PostgreSQL, without which no reaction is recorded, and
    aggregation, without which none is counted. Without Redis or the broker readers are served, and counts are older.
    """
    components = _check_at_most_once_a_second()
    down = any(components[name]["state"] == "down" for name in settings.READYZ_COMPONENTS)
    worst = "down" if down else "ok" if _all_ok(components) else "degraded"
    return JsonResponse({"state": worst, "parts": components}, status=503 if down else 200)


def _check_at_most_once_a_second() -> dict[str, dict[str, Any]]:
    """What the last check of this process found, where it is younger than a second or another one runs.

    The checks write, and wait for servers that do not answer: a crowd of probes must not occupy every thread.
    """
    global _checked
    checked_at, components = _checked
    if components and (time.monotonic() - checked_at < _FRESH_SECONDS or _checking.locked()):
        return components
    with _checking:
        checked_at, components = _checked
        if not components or time.monotonic() - checked_at >= _FRESH_SECONDS:
            components = check_components()
            _checked = time.monotonic(), components
        return components


def clear_checks() -> None:
    """Have the next request check again."""
    global _checked
    _checked = (0.0, {})


def check_components() -> dict[str, dict[str, Any]]:
    """Every component by name: its `state`, and details."""
    return {name: _run(check) for name, check in _CHECKS.items()}


def _all_ok(components: dict[str, dict[str, Any]]) -> bool:
    return all(component["state"] == "ok" for component in components.values())


def _run(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        component = {"state": "ok", **check()}
    except Error as error:
        component = {"state": "down", "detail": str(failure_of(error))}
    except (BrokerError, OSError, redis_cache.RedisError) as error:
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
    """Down where entries wait and no worker has aggregated for WORKER_STALLED_SECONDS."""
    progress = read_progress()
    is_late = progress.lag_seconds > _LATE_SECONDS
    idle = progress.idle_seconds
    return {
        "state": "down" if progress.is_stalled else "degraded" if is_late else "ok",
        "lag_seconds": round(progress.lag_seconds, 3),
        "aggregated_seconds_ago": None if idle is None else round(idle, 3),
    }


def _live() -> dict[str, Any]:
    """Of the live processes that still say so, how many get what workers publish: down where none does."""
    records = read_records()
    if records is None:
        return {"state": "down", "detail": "Redis is unreachable."}
    live = sum(record["live"] for record in records)
    return {
        "state": "down" if not live else "ok" if live == len(records) else "degraded",
        "processes": len(records),
        "listeners": sum(record["listeners"] for record in records),
    }


_CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "postgresql": _postgresql,
    "redis": _redis,
    "broker": _broker,
    "aggregation": _aggregation,
    "live": _live,
}
