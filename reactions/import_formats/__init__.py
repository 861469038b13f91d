"""The formats of other systems, one module each: bytes in, counters out; no database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from reactions.import_formats import generic, modx, varient, waline
from reactions.import_formats.counters import Counters, Mistake


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read, and the kind of each of its counters, unless the importer passes another one.

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
