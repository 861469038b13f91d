"""The key that each bit had when it was first counted, so that a bit given to another kind is noticed."""

from reactions.kinds import KINDS, Kind
from reactions.sql import row, rows

# Whether this process has remembered the keys of its kinds, which it read when it started.
_is_done = False


def remember_kinds() -> None:
    """Remember the site's kinds, once a process. Must run before what readers did with them is counted."""
    global _is_done
    if not _is_done:
        write_kinds()
        _is_done = True


def write_kinds() -> None:
    """Remember the site's kinds. The key of a bit that is counted already stays. Safe to repeat."""
    kinds = sorted(KINDS, key=lambda kind: kind.bit)
    rows(
        "remember_kinds",
        {"bits": [kind.bit for kind in kinds], "keys": [kind.key for kind in kinds]},
    )


def list_counted_kinds() -> dict[int, str | None]:
    """The bits that were ever counted, each with the key that it had then; None where that is not known."""
    return dict(rows("counted_kinds"))


def rename_kind(*, old: str, kind: Kind) -> bool:
    """Declare that this kind had the key `old` before, and means the same; false where its bit had another key.

    The counts stay: they belong to the bit.
    """
    return row("rename_kind", {"bit": kind.bit, "old": old, "new": kind.key}) is not None
