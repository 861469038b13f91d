"""An index of the buckets by time, for the rankings of the front page. Built while aggregation goes on."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reactions", "0012_known_kinds")]

    operations = [
        AddIndexConcurrently(
            "bucket",
            BrinIndex(
                autosummarize=True,
                fields=["start"],
                name="reactions_bucket_by_start",
                pages_per_range=16,
            ),
        ),
    ]
