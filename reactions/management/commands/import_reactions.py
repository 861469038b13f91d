"""`manage.py import_reactions FORMAT FILE`: imported counts from the counters of another system."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import audit
from articles.models import Site
from articles.sites.rules import NULL_ORIGIN
from reactions.counting.imported_counts import ImportRefused, ImportResult, import_counts
from reactions.import_formats import FORMATS
from reactions.import_formats.counters import Mistake, Unreadable
from reactions.import_formats.tables import read_map
from reactions.kinds import BY_KEY

_LONGEST_SOURCE = 50  # as the column is


class Command(BaseCommand):
    help = (
        "Imports the counters of another system as a baseline: they are shown added to what is counted here. "
        "The same file twice changes nothing. A file with mistakes is not imported: the command prints a line "
        "for each and exits 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("format", choices=FORMATS)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--source",
            type=_source,
            help="name of the import; another name adds to it, the same name replaces it (default: FORMAT)",
        )
        parser.add_argument(
            "--kind",
            action="append",
            default=[],
            type=_kind,
            metavar="NAME=KIND",
            help="the kind of a column or type of the file; nothing after the = leaves it out",
        )
        parser.add_argument(
            "--map",
            type=Path,
            metavar="FILE",
            help="CSV with a header: the file's name of an article, and its slug, id, guid or URL here",
        )
        parser.add_argument(
            "--site",
            metavar="NAME",
            help="a site that embeds the widget: the file's paths, such as /2024/bridge/, are of it",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="import nothing where an article does not exist here",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report everything and change nothing"
        )

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        of_format = FORMATS[options["format"]]
        kinds = {**of_format.kinds, **dict(options["kind"])}
        addresses = self.read_map(options["map"])
        try:
            with file.open("rb") as content:
                imported = import_counts(
                    entries=of_format.read(content, kinds),
                    source=options["source"] or options["format"],
                    kinds=kinds,
                    addresses=addresses,
                    origin=self.origin_of(options["site"]),
                    strict=options["strict"],
                    dry_run=dry_run,
                )
        except OSError as error:
            self.refuse(file, [_unopened(error)])
        except Unreadable as unreadable:
            self.refuse(file, [unreadable.mistake])
        except ImportRefused as refused:
            self.refuse(file, refused.mistakes)
        else:
            if not dry_run:
                audit.record("reactions imported", audit.Named("file", "", file.name))
            self.report(imported, dry_run=dry_run)

    def origin_of(self, name: str | None) -> str:
        """The first origin of a site; empty without one."""
        if name is None:
            return ""
        site = Site.objects.filter(name__iexact=name).first()
        if site is None:
            raise CommandError(f"There is no site {name!r}.")
        return next(each for each in site.origins if each != NULL_ORIGIN)

    def read_map(self, path: Path | None) -> Mapping[str, str]:
        if path is None:
            return {}
        try:
            with path.open("rb") as content:
                return read_map(content)
        except OSError as error:
            self.refuse(path, [_unopened(error)])
        except Unreadable as unreadable:
            self.refuse(path, [unreadable.mistake])
        return {}

    def report(self, imported: ImportResult, *, dry_run: bool) -> None:
        self.stdout.write(
            f"entries read: {imported.read}\n"
            f"articles: {imported.articles}, with {imported.reactions} reactions\n"
            f"articles {'that would change' if dry_run else 'changed'}: {imported.changed}"
        )
        for name, count in imported.unmapped.items():
            self.stdout.write(
                f"left out, for no kind here has this name: {name}, {count} reactions"
            )
        if imported.unknown:
            self.stdout.write(f"left out, for there is no such article: {len(imported.unknown)}")
        for entry in imported.unknown:
            self.stdout.write(f"  {entry.place}: {entry.address}")

    def refuse(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        for mistake in mistakes:
            self.stderr.write(f"{file}: {mistake}")
        sys.exit(1)


def _source(text: str) -> str:
    if not text or len(text) > _LONGEST_SOURCE or not text.isprintable():
        raise ArgumentTypeError(f"a name of 1 to {_LONGEST_SOURCE} characters")
    return text


def _kind(text: str) -> tuple[str, str]:
    name, sign, key = text.rpartition("=")
    if not sign or not name or (key and key not in BY_KEY):
        raise ArgumentTypeError(f"{text!r}: NAME=KIND, the kind one of {', '.join(BY_KEY)}")
    return name, key


def _unopened(error: OSError) -> Mistake:
    return Mistake("", f"cannot be read: {(error.strerror or str(error)).lower()}.")
