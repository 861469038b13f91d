"""`manage.py make_traffic`: invented stories with plausible reactions, for a demonstration or the benchmark."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reactions.models import Reaction
from reactions.stats.days import sum_days
from reactions.stats.pace import rebuild_pace
from reactions.stats.site_buckets import sum_site_buckets
from reactions.traffic import make_traffic


class Command(BaseCommand):
    help = (
        "Writes invented stories with plausible reactions over a period: launches, nights, stories that are found"
        " again, readers who turn to anger, a brigade. For a database that may be thrown away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stories", type=int, default=400)
        parser.add_argument("--reactions", type=int, default=60_000, help="about so many, in all")
        parser.add_argument("--days", type=int, default=40, help="the period that ends now")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same traffic")
        parser.add_argument(
            "--add", action="store_true", help="also where readers have reacted already"
        )

    def handle(self, **options: Any) -> None:
        if min(options["stories"], options["reactions"], options["days"]) < 1:
            raise CommandError("--stories, --reactions and --days are 1 or more.")
        if not options["add"] and Reaction.objects.exists():
            raise CommandError("Readers have reacted here already: --add mixes invented ones in.")
        made = make_traffic(
            stories=options["stories"],
            reactions=options["reactions"],
            days=options["days"],
            seed=options["seed"],
            say=self.stdout.write,
        )
        sum_site_buckets()
        while sum_days():
            pass
        rebuild_pace()
        self.stdout.write(
            f"{made.articles:,} stories and {made.reactions:,} reactions. Readers turned on"
            f" {len(made.turned)} stories; a brigade came to {made.brigade}."
        )
