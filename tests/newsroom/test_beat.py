"""Beat imports no app of the product, so these tests check that the tasks of its schedule exist."""

import subprocess
import sys

from newsroom.beat import app as beat
from newsroom.celery import app


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


def test_beat_loads_no_app_of_djangos() -> None:
    code = "import newsroom.beat as b; b.app.conf.beat_schedule; from django.apps import apps; print(apps.ready)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert printed == b"False\n"
