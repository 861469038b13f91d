"""manage.py fold [--loop]: counts what readers did, with no broker at all."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from reactions.counting.aggregate import aggregate
from reactions.default_policies import refresh_articles


class Command(BaseCommand):
    help = "Counts and publishes whatever readers did. With --loop, on every tick, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until stopped")

    def handle(self, *, loop: bool, **options: Any) -> None:
        if not loop:
            self.stdout.write(f"{aggregate()} marks folded")
            return
        while True:
            try:
                aggregate()
                refresh_articles()
            except OperationalError as error:
                self.stderr.write(f"PostgreSQL is away: {error}")
                connection.close()
            time.sleep(settings.AGGREGATION_INTERVAL.total_seconds())
