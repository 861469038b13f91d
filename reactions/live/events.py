"""The server-sent events of a stream, as bytes. docs/operations.md, "Live counts", lists them."""

import json
import random
from uuid import UUID

from reactions.counts import Answer

HEARTBEAT = b"event: heartbeat\ndata: {}\n\n"
LIVE = b'event: status\ndata: {"live": true}\n\n'
NOT_LIVE = b'event: status\ndata: {"live": false}\n\n'
# A filter that holds back the first two kilobytes, or the last event until the next one comes, shows the snapshot.
PADDING = b": " + b"." * 2_048 + b"\n\n" + HEARTBEAT

# Seconds after which a browser connects again, each stream its own. Over ten seconds: where a front ends a thousand
# streams at one moment, a hundred a second come again.
_RETRY_SECONDS = (2.0, 12.0)
# After the end of a lease, which comes to each stream at a moment of its own.
_RETRY_AFTER_LEASE_SECONDS = (0.5, 2.0)


def counts(answer: Answer, epoch: int) -> bytes:
    """The counts of an article, with the bytes that the API sends; `gone` where they are not shown.

    The id is the version, and after versions have gone back `<version>-<epoch>`.
    """
    number = f"{answer.version}-{epoch}" if epoch else str(answer.version)
    if not answer.is_shown:
        found = json.loads(answer.body)
        return _gone(found["article"], answer.state, f"id: {number}\n")
    return b"event: counts\nid: %b\ndata: %b\n\n" % (number.encode(), answer.body)


def missing(address: str | UUID) -> bytes:
    """For an article in a list that is not public, or that does not exist."""
    return _gone(address, "missing")


def merged(address: str, into: UUID) -> bytes:
    """For an article that was asked for and was merged into another, of which the events are."""
    data = json.dumps({"article": address, "into": str(into)})
    return f"event: merged\ndata: {data}\n\n".encode()


def _gone(article: str | UUID, state: str, number: str = "") -> bytes:
    data = json.dumps({"article": str(article), "state": state})
    return f"event: gone\n{number}data: {data}\n\n".encode()


def retry() -> bytes:
    return _retry(random.uniform(*_RETRY_SECONDS))  # noqa: S311  # no secret


def retry_after_lease() -> bytes:
    return _retry(random.uniform(*_RETRY_AFTER_LEASE_SECONDS))  # noqa: S311


def retry_after_drain(seconds_left: float) -> bytes:
    """When this process has ended, and its successor has started, as they do one after another in ten seconds."""
    return _retry(seconds_left + random.uniform(*_RETRY_SECONDS))  # noqa: S311


def _retry(seconds: float) -> bytes:
    return b"retry: %d\n\n" % round(seconds * 1000)
