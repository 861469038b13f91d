"""`manage.py export_reactions`: rows without reader ids."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from reactions.export import export_reactions, export_totals


class Command(BaseCommand):
    help = (
        "Prints every reaction without its reader, its time to the quarter of an hour; "
        "with --totals, the counts of each article, which `import_reactions csv` reads again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
        parser.add_argument("--totals", action="store_true", help="one line an article")

    def handle(self, *, totals: bool, **options: Any) -> None:
        records = export_totals() if totals else export_reactions()
        lines = _as_csv(records) if options["format"] == "csv" else _as_json_lines(records)
        for line in lines:
            self.stdout.write(line)


def _as_json_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":"))


class _Lines:
    """The file that csv.writer writes to: returns each line."""

    def write(self, line: str) -> str:
        return line


def _as_csv(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The header comes with the first record; a set of reactions is its keys separated by spaces."""
    write = csv.writer(_Lines(), lineterminator="\n").writerow
    for number, record in enumerate(records):
        if number == 0:
            yield write(record)
        yield write(map(_cell, record.values()))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, list) else value
