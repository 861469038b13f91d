"""`manage.py aggregate [--loop]`: counts what is in the outbox, without a broker."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InternalError, OperationalError, connection

from reactions.counting.aggregate import aggregate
from reactions.move import settle_merges
from reactions.tasks import refresh_cached_counts


class Command(BaseCommand):
    help = (
        "Counts what is in the outbox and writes the counts to Redis. "
        "With --loop, every 250 ms until it is stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="repeat until stopped")

    def handle(self, *, loop: bool, **options: Any) -> None:
        if not loop:
            self.stdout.write(f"{aggregate()} outbox entries aggregated")
            return
        while True:
            try:
                aggregate()
                refresh_cached_counts()
                settle_merges(seconds=settings.AGGREGATION_INTERVAL.total_seconds())
            except (OperationalError, InternalError) as error:
                self.stderr.write(f"PostgreSQL does not count: {error}")
                connection.close()
            time.sleep(settings.AGGREGATION_INTERVAL.total_seconds())
