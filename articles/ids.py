"""Identifiers that never change: an article's UUIDv7 and its `tag:` URI."""

import secrets
import time
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID


def uuid7() -> UUID:
    """A UUID that sorts by the millisecond it was made (RFC 9562, 5.7).

    Ten lines here, because `uuid.uuid7` comes with Python 3.14 and `uuidv7()` with PostgreSQL 18.
    """
    milliseconds = time.time_ns() // 1_000_000
    return UUID(
        int=(milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76  # version
        | secrets.randbits(12) << 64
        | 0b10 << 62  # variant
        | secrets.randbits(62)
    )


def tag_uri(*, site_url: str, article_id: UUID, minted_at: datetime) -> str:
    """The article's URI (RFC 4151); it outlives its slug and its site's next domain."""
    authority = urlsplit(site_url).hostname or "localhost"
    return f"tag:{authority},{minted_at:%Y-%m-%d}:articles/{article_id}"
