"""One file per format of other systems: bytes in, counters out; no database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from reactions.import_formats import generic, modx, varient, waline
from reactions.import_formats.counters import Counters, Mistake


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read, and which kind each of its counters is, unless the importer says otherwise.

    `read` raises counters.Unreadable, also while it is iterated.
    """

    read: Callable[[BinaryIO, Mapping[str, str]], Iterator[Counters | Mistake]]
    kinds: Mapping[str, str]


FORMATS = {
    "varient": Format(varient.read, varient.KINDS),
    "waline": Format(waline.read, waline.KINDS),
    "modx": Format(modx.read, modx.KINDS),
    "csv": Format(generic.read, generic.KINDS),
}
