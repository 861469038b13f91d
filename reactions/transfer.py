"""Imports what `export_reactions --folder` wrote into an installation that is empty, or that has it already.

Counts without rows would be drift, so the rows come along. Their readers do not: each row belongs to a random reader
whom no client can be (docs/decisions/0049-export-and-import.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from articles.transfer import create_articles, find_difference, has_articles
from reactions.counting.cache_writer import write_stale_counts
from reactions.data_files import FORMATS, Damaged, Record, read_records
from reactions.export import DATA_SETS
from reactions.kinds import BY_KEY
from reactions.known_kinds import list_counted_kinds, write_kinds
from reactions.sql import rows, statement
from reactions.stats.days import sum_days

_STATEMENT_MILLISECONDS = 3_600_000

_Row = tuple[Any, ...]
_Bits = Mapping[str, int]


class TransferRefused(Exception):
    """Nothing was imported; the message says why."""


@dataclass(frozen=True)
class TransferResult:
    """What an import created; nothing where all of it was here."""

    articles: int = 0
    rows: int = 0
    counted_articles: int = 0


def import_folder(folder: Path) -> TransferResult:
    """Import the files of a folder: all of it or nothing. Raises TransferRefused.

    The same files again change nothing. Nothing is recorded or counted here while it runs.
    """
    format_ = _format_of(folder)
    with transaction.atomic():
        rows("limit_statement", {"milliseconds": _STATEMENT_MILLISECONDS})
        with connection.cursor() as cursor:
            cursor.execute(statement("stage_import"))
        try:
            result = _import(_Files(folder, format_))
        except (IntegrityError, DataError, ValidationError, KeyError, TypeError, ValueError) as bad:
            raise TransferRefused(f"The files are not those of an export: {bad}") from bad
    while sum_days():
        pass
    write_stale_counts()
    return result


def _format_of(folder: Path) -> str:
    for format_ in FORMATS:
        if (folder / f"articles.{format_}").is_file():
            return format_
    raise TransferRefused(f"{folder} has no file articles.jsonl or articles.csv.")


@dataclass(frozen=True)
class _Files:
    folder: Path
    format_: str

    @contextmanager
    def open(self, name: str) -> Iterator[Iterator[Record]]:
        """The records of a file, as they are read. Raises TransferRefused."""
        path = self.folder / f"{name}.{self.format_}"
        try:
            with path.open(encoding="utf-8", newline="") as file:
                yield self._records(name, file)
        except (Damaged, UnicodeDecodeError) as damaged:
            raise TransferRefused(f"{path.name}: {damaged}") from None
        except OSError as error:
            raise TransferRefused(f"{path.name} cannot be read: {error.strerror}.") from None

    def _records(self, name: str, file: TextIO) -> Iterator[Record]:
        return read_records(file, DATA_SETS[name].columns, self.format_)


def _import(files: _Files) -> TransferResult:
    articles = _import_articles(files)
    write_kinds()
    bits = {key: bit for bit, key in list_counted_kinds().items() if key} | {
        key: kind.bit for key, kind in BY_KEY.items()
    }
    for name, (table, row_of) in _STAGES.items():
        with files.open(name) as records:
            _copy(table, (row_of(each, bits) for each in records))
    ((in_rows, in_buckets, in_sections),) = rows("check_import")
    if in_rows or in_buckets or in_sections:
        raise TransferRefused(
            "The files do not fit together: the counts are not those of the rows "
            f"({in_rows} differ), of the buckets ({in_buckets}), or the buckets of sections not those of articles "
            f"({in_sections}). Files of one export fit; `manage.py reconcile` repairs what was exported."
        )
    ((has_reactions, *differences),) = rows("compare_import")
    if not any(differences):
        return TransferResult(articles)
    if has_reactions:
        raise TransferRefused(
            "This installation has other reactions than the files, or some were recorded since the import: "
            "{} rows, {} buckets, {} buckets of sections, {} counts, {} views and {} policies differ.".format(
                *differences
            )
        )
    ((inserted, counted),) = rows("insert_import")
    return TransferResult(articles, inserted, counted)


def _import_articles(files: _Files) -> int:
    is_empty = not has_articles()
    with files.open("articles") as records:
        if is_empty:
            return create_articles(records)
        difference = find_difference(records)
    if difference:
        raise TransferRefused(
            f"This installation is not empty, and its articles are not those of the files: {difference}."
        )
    return 0


def _copy(table: str, staged: Iterable[_Row]) -> None:
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN") as copy,
    ):
        for row in staged:
            copy.write_row(row)


def _row(record: Record, bits: _Bits) -> _Row:
    kinds, counted = (_mask(record[name], bits) for name in ("reactions", "counted"))
    return record["article"], kinds, counted, record["held"], record["changed_at"]


def _bucket(record: Record, bits: _Bits) -> _Row:
    kind = _bit(record["kind"], bits)
    return record["article"], record["start"], kind, record["added"], record["removed"]


def _section_bucket(record: Record, bits: _Bits) -> _Row:
    kind = _bit(record["kind"], bits)
    return record["start"], record["section"], kind, record["added"], record["removed"]


def _views(record: Record, bits: _Bits) -> _Row:
    return record["article"], record["start"], record["views"]


def _policy(record: Record, bits: _Bits) -> _Row:
    allowed = None if record["allowed"] is None else _mask(record["allowed"], bits)
    until = record["closes_at"], record["close_after_days"]
    return (record["article"], record["state"], allowed, *until)


def _count(record: Record, bits: _Bits) -> _Row:
    kind = _bit(record["kind"], bits)
    named = record["article"], record["version"], record["source"]
    return (*named, kind, record["count"], record["imported_at"])


# The table that each file is copied to, and what of a record.
_STAGES: Mapping[str, tuple[str, Callable[[Record, _Bits], _Row]]] = {
    "rows": ("staged_row", _row),
    "buckets": ("staged_bucket", _bucket),
    "section_buckets": ("staged_section_bucket", _section_bucket),
    "views": ("staged_view", _views),
    "policies": ("staged_policy", _policy),
    "counts": ("staged_count", _count),
}


def _mask(keys: Iterable[str], bits: _Bits) -> int:
    return sum({1 << _bit(key, bits) for key in keys})


def _bit(key: str, bits: _Bits) -> int:
    if key not in bits:
        raise TransferRefused(
            f"There is no kind {key!r} here. Name it in the file of REACTIONS_KINDS, retired if readers shall not "
            "have it, with the bit that it has where the files come from."
        )
    return bits[key]
