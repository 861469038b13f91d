"""`manage.py reconcile [--dry-run]`: compares the counts with the rows."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from reactions.counting.reconcile import reconcile


class Command(BaseCommand):
    help = "Measures drift from the rows and repairs it. Exits 1 where --dry-run finds drift."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="measure, and repair nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        result = reconcile(dry_run=dry_run)
        self.stdout.write(
            f"articles checked: {result.articles}\n"
            f"rows scanned: {result.rows} in {result.seconds:.1f} s\n"
            f"drift found: {result.drift}\n"
            f"drift found in the buckets: {result.bucket_drift}\n"
            f"drift found in the buckets of sections: {result.site_bucket_drift}\n"
            f"days with wrong sums: {result.wrong_days}\n"
            f"rows missed: {result.missed_rows}\n"
            f"drift repaired: {result.repaired} counts"
        )
        if dry_run and not result.is_clean:
            sys.exit(1)
