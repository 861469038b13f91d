"""Cursors of the change feed: where a reader is, what the cursor is good for, and by which filters it was read."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

_FORM = re.compile(r"([0-9a-f]{12})\.(\d{1,18})\.([0-9a-f]{8})")
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """`epoch` is of the server that gave it, `filters` a digest of what its pages were filtered by."""

    epoch: str
    position: int
    filters: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what `str` never gave."""
        if len(text) > LONGEST or not text.isascii():
            raise ValueError
        try:
            plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        except (NotBase64, UnicodeDecodeError) as error:
            raise ValueError from error
        match = _FORM.fullmatch(plain)
        if match is None:
            raise ValueError
        return cls(match[1], int(match[2]), match[3])

    def __str__(self) -> str:
        plain = f"{self.epoch}.{self.position}.{self.filters}"
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def digest_of(facets: Collection[str]) -> str:
    return blake2b("\0".join(sorted(facets)).encode(), digest_size=4).hexdigest()
