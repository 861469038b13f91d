"""manage.py reconcile [--dry-run]: are the counts what the rows say?"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from reactions.counting.reconcile import reconcile


class Command(BaseCommand):
    help = "Recounts from the rows; says what drifted, and heals it. Exits 1 where --dry-run finds drift."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="measure and heal nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        found = reconcile(dry_run=dry_run)
        self.stdout.write(
            f"articles checked: {found.articles}\n"
            f"rows scanned: {found.rows} in {found.seconds:.1f} s\n"
            f"drift found: {found.drift}\n"
            f"drift found in the buckets: {found.bucket_drift}\n"
            f"rows forgotten: {found.missed_rows}\n"
            f"drift healed: {found.repaired} counts"
        )
        if dry_run and not found.is_clean:
            sys.exit(1)
