"""Beat imports no app of the product, so these tests check that the tasks of its schedule exist."""

import re
import subprocess
import sys
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.schedules import maybe_schedule
from django.conf import settings

from newsroom.beat import app as beat
from newsroom.celery import app
from tests.servers import PROJECT


def test_every_task_of_the_timetable_is_one_that_workers_know() -> None:
    app.loader.import_default_modules()

    named = {entry["task"] for entry in beat.conf.beat_schedule.values()}

    assert named
    assert named <= set(app.tasks)


def test_beat_sends_a_task_to_the_queue_that_workers_take_it_from() -> None:
    named = {entry["task"] for entry in beat.conf.beat_schedule.values()}

    assert {name: beat.conf.task_routes.get(name) for name in named} == {
        name: app.conf.task_routes.get(name) for name in named
    }


def test_a_scheduled_task_is_acknowledged_before_it_runs() -> None:
    """Late, a reconcile longer than the visibility timeout would be delivered again while it runs."""
    app.loader.import_default_modules()

    named = {entry["task"] for entry in beat.conf.beat_schedule.values()}

    assert {name for name in named if app.tasks[name].acks_late} == set()


def test_the_schedule_of_the_docs_has_every_task_with_its_queue() -> None:
    page = (PROJECT / "docs/operations.md").read_text("utf-8")
    table = page.partition("### Schedule\n")[2].partition("\n\n`articles.ping_hub`")[0]
    found = re.findall(r"`((?:articles|newsroom|reactions)\.\w+)`( \(slow\))?(?= \||,)", table)

    slow = {name for name, route in settings.CELERY_TASK_ROUTES.items() if route["queue"] == "slow"}
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {name: bool(mark) for name, mark in found} == {name: name in slow for name in scheduled}


@pytest.mark.parametrize("minute", [0, 7, 37])
def test_a_beat_that_restarts_every_hour_sends_every_task(minute: int) -> None:
    """Down for two minutes, at this minute of each hour; what runs daily is sent on its day."""
    schedule: dict[str, Any] = {
        name: copy(maybe_schedule(entry["schedule"]))
        for name, entry in beat.conf.beat_schedule.items()
    }
    sent = dict.fromkeys(schedule, 0)
    start = datetime(2026, 11, 25, tzinfo=UTC)
    last = dict.fromkeys(schedule, start)
    for passed in range(26 * 60):
        now = start + timedelta(minutes=passed)
        if (passed - minute) % 60 < 2:
            last = dict.fromkeys(
                schedule, now
            )  # beat's memory of what it has sent begins with its start
            continue
        for name, each in schedule.items():
            each.nowfun = lambda now=now: now
            if each.is_due(last[name]).is_due:
                sent[name], last[name] = sent[name] + 1, now

    daily = {
        *("reconcile", "purge answers", "purge sightings", "delete unused files"),
        *("delete old reports", "forget tombstones", "purge sessions", "purge audit log"),
        "seal secrets",
    }
    assert {name for name, count in sent.items() if count < 24} <= daily
    assert min(sent.values()) >= 1


def test_beat_loads_no_app_of_djangos() -> None:
    code = "import newsroom.beat as b; b.app.conf.beat_schedule; from django.apps import apps; print(apps.ready)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert printed == b"False\n"
