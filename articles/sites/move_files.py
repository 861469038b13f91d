"""A file of old and new URLs, as a site writes it that has moved its pages: all of it is applied or nothing.

The order of its lines does not matter. A line that leads to the old address of another one leads to where that one ends.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from articles.sites.moves import (
    Done,
    Move,
    MoveRefused,
    Place,
    Plan,
    find_article_place,
    find_place,
)

# A site with more articles sends several files.
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
# Mistakes listed; the rest of the file is not read then.
_MOST_MISTAKES = 100
_HEADER = ("old", "new")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a line of the file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class FileRefused(Exception):
    """Nothing was moved; `mistakes` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Row:
    """A line that can be understood."""

    line: int
    move: Move

    @property
    def old(self) -> str:
        return self.move.old.address.key

    @property
    def new(self) -> str:
        return self.move.new.address.key


@dataclass(frozen=True)
class FileResult:
    """What a file did, or with `dry_run` would do: how many lines did what, and those that no article matches."""

    done: Mapping[Done, int]
    unmatched: Sequence[Row]

    @property
    def rows(self) -> int:
        return sum(self.done.values())

    def lines(self) -> Iterator[str]:
        """The same for people."""
        for row in self.unmatched:
            yield (
                f"line {row.line}: no article is at {row.move.old.address.url} or {row.move.new.address.url}"
            )
        counted = ", ".join(f"{self.done.get(each, 0)} {each}" for each in Done)
        yield f"{self.rows} lines: {counted}"


def move_articles(*, content: bytes, dry_run: bool = False, editor: str = "") -> FileResult:
    """Apply the moves of a CSV file with the columns old and new. Raises FileRefused with each mistake and its line.

    Applied twice it changes nothing. With `dry_run` the result is the same and nothing is changed.
    """
    rows = _ordered(_read(content))
    with transaction.atomic():
        plan = Plan.begin({each for row in rows for each in (row.old, row.new)})
        result = _apply(plan, rows)
        if not dry_run:
            plan.save(editor=editor)
    return result


def _apply(plan: Plan, rows: Sequence[Row]) -> FileResult:
    done, mistakes = Counter[Done](), list[Mistake]()
    unmatched = list(rows)
    for _ in range(2):  # what is unknown in the first turn may be known by the end of it
        left, unmatched = unmatched, []
        for row in left:
            try:
                what = plan.move(row.move)
            except MoveRefused as refused:
                mistakes.append(Mistake(row.line, refused.text))
                continue
            if what is Done.UNMATCHED:
                unmatched.append(row)
            else:
                done[what] += 1
    if mistakes:
        raise FileRefused(_first(mistakes))
    unmatched.sort(key=lambda row: row.line)
    return FileResult({**done, Done.UNMATCHED: len(unmatched)}, unmatched)


def _first(mistakes: Sequence[Mistake]) -> Sequence[Mistake]:
    by_line = sorted(mistakes, key=lambda mistake: mistake.line)
    if len(by_line) <= _MOST_MISTAKES:
        return by_line
    rest = len(by_line) - _MOST_MISTAKES
    return [*by_line[:_MOST_MISTAKES], Mistake(by_line[_MOST_MISTAKES].line, f"{rest} more.")]


def _read(content: bytes) -> list[Row]:
    """The lines of the file. Raises FileRefused."""
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    for line, cells in _cells(_decoded(content)):
        try:
            old, new = cells
        except ValueError:
            mistakes.append(
                Mistake(line, "has not exactly two columns, the old URL and the new one.")
            )
        else:
            try:
                rows.append(Row(line, Move(find_place(old), find_article_place(new))))
            except MoveRefused as refused:
                mistakes.append(Mistake(line, refused.text))
        if len(rows) > MOST_ROWS or len(mistakes) == _MOST_MISTAKES:
            mistakes.append(
                Mistake(line, f"the rest is not read; a file has {MOST_ROWS:,} lines at most.")
            )
            break
    if mistakes:
        raise FileRefused(mistakes)
    return rows


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise FileRefused([Mistake(1, f"the file has more than {MOST_BYTES // 1024**2} MB.")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileRefused([Mistake(line, "the file is no text in UTF-8.")]) from None


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not blank: of the two columns where a header names them, else of all."""
    lines = text.splitlines(keepends=True)
    first = lines[0] if lines else ""
    delimiter = next((each for each in "\t,;" if each in first), ",")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: Sequence[int] | None = None
    try:
        for number, cells in enumerate(reader):
            words = [cell.strip() for cell in cells]
            names = [word.lower() for word in words]
            if number == 0 and set(_HEADER) <= set(names):
                columns = [names.index(name) for name in _HEADER]
            elif any(words):
                yield reader.line_num, _chosen(words, columns)
    except csv.Error as error:
        raise FileRefused([Mistake(reader.line_num, f"is no CSV: {error}.")]) from None


def _chosen(words: list[str], columns: Sequence[int] | None) -> list[str]:
    if columns is None:
        return words
    return [words[column] for column in columns if column < len(words)]


def _ordered(rows: Sequence[Row]) -> list[Row]:
    """Each line with where it ends, those that lead there first. Raises FileRefused for loops, and for two ends."""
    by_old: dict[str, Row] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        first = by_old.setdefault(row.old, row)
        if first.new != row.new:
            text = f"{row.move.old.address.url} has another new address in line {first.line}."
            mistakes.append(Mistake(row.line, text))
    ends = _ends(by_old, mistakes)
    if mistakes:
        raise FileRefused(_first(mistakes))
    ordered = [
        (steps, Row(row.line, Move(row.move.old, end)))
        for row in rows
        for end, steps in [ends[row.old]]
    ]
    return [row for _, row in sorted(ordered, key=lambda each: (each[0], each[1].line))]


def _ends(by_old: Mapping[str, Row], mistakes: list[Mistake]) -> dict[str, tuple[Place, int]]:
    """By old address: where it ends, and how many further lines lead there. Loops are added to the mistakes."""
    found: dict[str, tuple[Place, int]] = {}
    for each in by_old.values():
        row, path = each, dict[str, Row]()
        while row.old not in found and row.old not in path:
            further = by_old.get(row.new) if row.new != row.old else None
            if further is None:
                found[row.old] = (row.move.new, 0)
            else:
                path[row.old] = row
                row = further
        if row.old in path:
            mistakes.append(_loop(list(path.values()), row))
            found |= {old: (each.move.new, 0) for old, each in path.items()}
            continue
        end, steps = found[row.old]
        for old in reversed(path):
            steps += 1
            found[old] = (end, steps)
    return found


def _loop(path: Sequence[Row], begins: Row) -> Mistake:
    numbers = sorted(each.line for each in path[path.index(begins) :])
    lines = ", ".join(map(str, numbers))
    return Mistake(numbers[0], f"the lines {lines} lead in a circle.")
