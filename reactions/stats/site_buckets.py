"""Keeps the buckets of sections small: what single aggregations inserted is added up."""

import time
from datetime import UTC, datetime

from reactions.sql import rows

_QUARTER_SECONDS = 900
# After the end of a quarter, in which aggregation may still add to it.
_SETTLES_SECONDS = 60


def sum_site_buckets() -> int:
    """Add up what aggregations inserted since the last run; returns the rows that were replaced. Any number at once."""
    quarter = int(time.time() - _SETTLES_SECONDS) // _QUARTER_SECONDS * _QUARTER_SECONDS
    ((replaced,),) = rows("sum_site_buckets", {"before": datetime.fromtimestamp(quarter, UTC)})
    return int(replaced)
