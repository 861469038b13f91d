"""One list of a JSON file as a stream: an export may hold a million comments beside the counters."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import ijson
from ijson.common import JSONError

from reactions.import_formats.counters import Mistake, Unreadable

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def looks_like_json(file: BinaryIO) -> bool:
    """Whether the file begins as an object or a list does. Leaves the file at its beginning."""
    head = file.read(1_000).removeprefix(_BYTE_ORDER_MARK).lstrip()
    file.seek(0)
    return head[:1] in {b"{", b"["}


def read_items(file: BinaryIO, *, paths: Sequence[str]) -> Iterator[tuple[str, Any] | Mistake]:
    """The objects of the first of these lists, with their places. Raises Unreadable.

    A path is the names that lead to the list, with a dot between them; an empty one is a file that is a list.
    """
    try:
        path = _find_list(file, paths)
        _rewind(file)
        items = ijson.items(file, f"{path}.item".lstrip("."), use_float=True)
        for number, item in enumerate(items, start=1):
            place = f"item {number}"
            yield (place, item) if isinstance(item, dict) else Mistake(place, "is no object.")
    except (JSONError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("", f"is not JSON: {' '.join(str(error).split())}") from None


def _find_list(file: BinaryIO, paths: Sequence[str]) -> str:
    _rewind(file)
    for path, event, _ in ijson.parse(file, use_float=True):
        if event == "start_array" and path in paths:
            return str(path)
    names = " or ".join(path or "at the top" for path in paths)
    raise Unreadable("", f"there is no list {names}.")


def _rewind(file: BinaryIO) -> None:
    file.seek(0)
    if file.read(len(_BYTE_ORDER_MARK)) != _BYTE_ORDER_MARK:
        file.seek(0)
