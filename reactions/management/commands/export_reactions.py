"""`manage.py export_reactions`: rows without reader ids, counts, buckets and articles."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reactions.data_files import FORMATS, lines_of
from reactions.export import DATA_SETS, TOTALS, DataSet, snapshot


class Command(BaseCommand):
    help = (
        "Prints every reaction without its reader, its time to the quarter of an hour; or, with --what, something "
        "else. With --folder, writes all that `import_data` needs to make the same articles, counts and figures. "
        "The last line is the number of rows: a file without it was cut."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument("--what", choices=[*DATA_SETS, "totals"], default="rows")
        parser.add_argument(
            "--totals",
            action="store_const",
            const="totals",
            dest="what",
            help="one line an article, which `import_reactions csv` reads; as --what totals",
        )
        parser.add_argument(
            "--folder", type=Path, help="a new folder: a file for each, all of one moment"
        )

    def handle(self, *, what: str, folder: Path | None, **options: Any) -> None:
        format_: str = options["format"]
        if folder:
            self.write_all(folder, format_)
        else:
            for line in _lines(DATA_SETS.get(what, TOTALS), format_):
                self.stdout.write(line, ending="")

    def write_all(self, folder: Path, format_: str) -> None:
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise CommandError(f"The folder cannot be made: {error}") from None
        with snapshot():
            for name, data in DATA_SETS.items():
                path = folder / f"{name}.{format_}"
                with path.open("x", encoding="utf-8", newline="") as file:
                    file.writelines(_lines(data, format_))
                self.stdout.write(str(path))


def _lines(data: DataSet, format_: str) -> Iterator[str]:
    return lines_of(data.read(), data.columns, format_)
