"""Checks after each load that what was acknowledged is in the rows, and that the counts equal the rows."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime

from tests.bench.load_generator import Result
from tests.bench.workload import Workload
from tests.servers import PROJECT

_TRUTH = """
SELECT (SELECT count(*) FROM reactions_reaction WHERE changed_at >= %(since)s),
       (SELECT COALESCE(sum(bit_count(kinds::bit(32))), 0) FROM reactions_reaction WHERE NOT held),
       (SELECT COALESCE(sum(count), 0) FROM reactions_articlecount)
"""

_RECONCILE = """
import json, time
import django
django.setup()
from reactions.counting.reconcile import reconcile
started = time.perf_counter()
found = reconcile(dry_run=True)
print(json.dumps([time.perf_counter() - started, found.is_clean, str(found)]))
"""


def check(workload: Workload, result: Result, since: datetime) -> None:
    """What was acknowledged changed a row, and the totals equal the rows."""
    ((changed, chosen, totals),) = workload.query(_TRUTH, {"since": since})
    if not result.accepted <= changed <= result.sent or chosen != totals or result.refused:
        raise RuntimeError(f"{result}: {changed} rows changed, {chosen} chosen, {totals} counted.")


def reconcile(workload: Workload, environment: Mapping[str, str] | None = None) -> float:
    """Seconds that a measurement of the drift takes, in a process of its own. There must be none."""
    done = subprocess.run(
        [sys.executable, "-c", _RECONCILE],
        cwd=PROJECT,
        env={**workload.testbed.environment, **(environment or {})},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, is_clean, found = json.loads(done.stdout)
    if not is_clean:
        raise RuntimeError(f"The counts are not the rows: {found}")
    return float(seconds)
