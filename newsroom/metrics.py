"""The metrics for Prometheus: values of the whole product, whichever process answers.

Each is read from PostgreSQL at scrape time, and those of rate limits, expired cursors, views and live processes from Redis, so there may be many web processes
and workers. A value that cannot be read is left out, never 0: an alert can distinguish an absent series from a value.
"""

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from newsroom.counter_store import read_counters
from newsroom.health import check_components
from reactions.changes.feed import read_expired_cursors, seconds_behind
from reactions.counting.aggregate import measure_backlog
from reactions.counting.reconcile import last_reconciliation
from reactions.live.metrics import read_records
from reactions.moderation.decisions import count_waves
from reactions.moderation.rate_limits import read_rate_limit_counts
from reactions.page_views import read_view_counts
from reactions.webhooks.endpoints import count_webhooks

_STATES = ("ok", "degraded", "down")


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, in the text format or OpenMetrics as Accept asks; 404 for a client that may not read them."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Readings())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _may_read(request: HttpRequest) -> bool:
    """Only the bearer of METRICS_TOKEN; without one, no client. The address of a client proves nothing: it is this machine's
    own where a proxy on it adds no headers.
    """
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(
        given, f"Bearer {settings.METRICS_TOKEN}"
    )


class _Readings(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _components()
        for read in (
            *(_backlog, _waves, _reconciliation, _changes),
            *(_webhooks, _rate_limits, _views, _live, _counters),
        ):
            yield from _or_none(read)


def _or_none(read: Callable[[], Iterable[Metric]]) -> list[Metric]:
    try:
        return list(read())
    except Error:
        return []


def _components() -> Metric:
    family = GaugeMetricFamily(
        "newsroom_component_state",
        "1 for the state that a component is in, as /readyz reports it.",
        labels=["component", "state"],
    )
    for name, component in check_components().items():
        for state in _STATES:
            family.add_metric([name, state], float(component["state"] == state))
    return family


def _backlog() -> Iterator[Metric]:
    backlog = measure_backlog()
    yield _gauge("outbox_entries", "Outbox entries not yet aggregated.", backlog.outbox_entries)
    yield _gauge(
        "aggregation_lag_seconds", "Age of the oldest outbox entry; 0: none.", backlog.lag_seconds
    )
    yield _gauge(
        "stale_counts",
        "Articles whose newest counts Redis does not have.",
        backlog.stale_counts,
    )
    yield _gauge(
        "set_aside_articles",
        "Articles whose aggregation has failed for a minute: they are set aside.",
        backlog.set_aside,
    )


def _waves() -> Iterator[Metric]:
    waves = GaugeMetricFamily("newsroom_waves", "Waves, by state.", labels=["state"])
    reactions = GaugeMetricFamily(
        "newsroom_wave_reactions", "The reactions in them.", labels=["state"]
    )
    for state, (count, size) in count_waves().items():
        waves.add_metric([state], count)
        reactions.add_metric([state], size)
    yield from (waves, reactions)


def _reconciliation() -> Iterator[Metric]:
    last = last_reconciliation()
    if last is None:
        return
    ran_at, found = last
    drift = GaugeMetricFamily(
        "newsroom_drift",
        "Drift that the last reconcile found: of counts, of buckets over time, or missed rows.",
        labels=["of"],
    )
    drift.add_metric(["counts"], found.drift)
    drift.add_metric(["buckets"], found.bucket_drift)
    drift.add_metric(["site_buckets"], found.site_bucket_drift)
    drift.add_metric(["days"], found.wrong_days)
    drift.add_metric(["rows"], found.missed_rows)
    yield drift
    yield _gauge("drifted_articles", "Articles in which it found drift.", found.drifted_articles)
    yield _gauge("reconcile_repaired", "Counts that it repaired.", found.repaired)
    yield _gauge("reconcile_rows", "Rows that it read.", found.rows)
    yield _gauge("reconcile_seconds", "Seconds that it measured.", found.seconds)
    yield _gauge("reconcile_timestamp_seconds", "When it ended, in seconds since 1970.", ran_at)


def _changes() -> Iterator[Metric]:
    yield _gauge(
        "change_feed_behind_seconds",
        "Age of the oldest change that the change feed does not have; 0: none.",
        seconds_behind(),
    )
    expired = read_expired_cursors()
    if expired is not None:
        says = "Calls whose cursor of the change feed had expired."
        yield CounterMetricFamily("newsroom_change_feed_expired_cursors", says, value=expired)


def _webhooks() -> Iterator[Metric]:
    endpoints = GaugeMetricFamily("newsroom_webhooks", "Webhooks, by state.", labels=["state"])
    deliveries = GaugeMetricFamily(
        "newsroom_webhook_deliveries", "Their deliveries, by state.", labels=["state"]
    )
    for family, counts in zip((endpoints, deliveries), count_webhooks(), strict=True):
        for state, count in counts.items():
            family.add_metric([state], count)
        yield family


def _rate_limits() -> Iterator[Metric]:
    counts = read_rate_limit_counts()
    if counts is None:
        return
    says = {
        "refused": "Requests answered 429.",
        "unlimited": "Requests that passed while Redis was unreachable.",
    }
    for outcome, meaning in says.items():
        family = CounterMetricFamily(f"newsroom_rate_limit_{outcome}", meaning, labels=["limit"])
        for (limit, counted), count in counts.items():
            if counted == outcome:
                family.add_metric([limit], count)
        yield family


def _views() -> Iterator[Metric]:
    counts = read_view_counts()
    if counts is None:
        return
    family = CounterMetricFamily(
        "newsroom_views",
        "Views that were sent: noted (each client counts once), of a bot, opted_out, or lost without Redis.",
        labels=["outcome"],
    )
    for outcome, count in counts.items():
        family.add_metric([outcome], count)
    yield family


def _live() -> Iterator[Metric]:
    records = read_records()
    if records is not None:
        listeners = sum(record["listeners"] for record in records)
        yield _gauge("live_listeners", "Open streams of all live processes.", listeners)


def _counters() -> Iterator[Metric]:
    yield from read_counters() or ()


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"newsroom_{name}", says, value=value)
