"""A mirror of all public articles and their counts, kept by the change feed and by webhooks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, cast

from newsroom_client.errors import NewsroomError

_GONE = 410


class Change(TypedDict):
    """An entry of the change feed. Later releases may add kinds and fields: ignore those that you do not know."""

    article: str
    kind: str  # content, counts, gone
    version: int | None
    counts: dict[str, int] | None
    total: int | None
    at: str
    url: str | None
    reason: str | None
    into: str | None


class Page(TypedDict):
    results: list[Change]
    next: str
    more: bool
    behind_seconds: float


class ReadsChanges(Protocol):
    def read_changes(
        self, cursor: str | None = None, *, limit: int = ..., wait: int = ..., **filters: str
    ) -> Page: ...


@dataclass(slots=True)
class Mirrored:
    """What is known of one article. `counts` are None where they are hidden, or it has none yet."""

    content_version: int = -1
    gone_version: int = -1
    counts_version: int = -1
    counts: dict[str, int] | None = None

    @property
    def is_public(self) -> bool:
        return self.content_version > self.gone_version


_NOTHING: Change = {
    "article": "",
    "kind": "",
    "version": None,
    "counts": None,
    "total": None,
    "at": "",
    "url": None,
    "reason": None,
    "into": None,
}
_KIND_OF_EVENT = {
    **dict.fromkeys(
        (
            *("article.published", "article.updated", "article.corrected"),
            "article.retracted",  # shown with its notice
        ),
        "content",
    ),
    **dict.fromkeys(
        ("article.unpublished", "article.killed", "article.merged", "article.deleted"), "gone"
    ),
    "reactions.changed": "counts",
}


def _ignore(change: Change) -> None:
    return


@dataclass
class Mirror:
    """Applies changes, whatever order they come in: a version that is lower than the known one is ignored.

    `sync` reads the feed from where the last one ended. Where the cursor has expired (410) it starts again, once, and what
    the new reading does not have is removed. `on_content`, `on_counts` and `on_gone` are called with each change that
    was applied, and may raise: then the same change comes again with the next `sync`.

    Keep `as_json()` after each `sync` and give it to `from_json` at the next start.
    """

    newsroom: ReadsChanges
    filters: Mapping[str, str] = field(default_factory=dict)
    on_content: Callable[[Change], None] = _ignore
    on_counts: Callable[[Change], None] = _ignore
    on_gone: Callable[[Change], None] = _ignore
    cursor: str | None = None
    known: dict[str, Mirrored] = field(default_factory=dict)

    @property
    def articles(self) -> dict[str, int]:
        """The public articles, each with the version of its content."""
        return {name: each.content_version for name, each in self.known.items() if each.is_public}

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """The counts of the public articles that have any."""
        return {
            name: each.counts
            for name, each in self.known.items()
            if each.is_public and each.counts is not None
        }

    def sync(self, *, wait: int = 0, limit: int = 1_000) -> int:
        """Read what changed; returns how many changes were applied. Waits up to `wait` seconds for one.

        Raises NewsroomError.
        """
        try:
            return self._read(wait, limit)
        except NewsroomError as error:
            if error.status != _GONE or self.cursor is None:
                raise
        return self._begin_anew(limit)

    def apply(self, change: Change) -> bool:
        """Apply one change, also from elsewhere; False where something newer is known."""
        kind, version = change["kind"], change["version"] or 0
        known = self.known.get(change["article"]) or Mirrored()
        if kind == "content":
            if version < max(known.content_version, known.gone_version):
                return False
            self.on_content(change)
            known.content_version = version
            known.gone_version = min(known.gone_version, version - 1)
        elif kind == "counts":
            if version < known.counts_version:
                return False
            self.on_counts(change)
            known.counts_version, known.counts = version, change["counts"]
        elif kind == "gone":
            if version < max(known.content_version, known.gone_version):
                return False
            self.on_gone(change)
            known.gone_version, known.counts = version, None
        else:  # of a later release
            return False
        self.known[change["article"]] = known
        return True

    def apply_webhook(self, message: Mapping[str, Any]) -> int:
        """Apply a verified webhook; returns how many of its changes were news. Other types of message change nothing."""
        kind = _KIND_OF_EVENT.get(message["type"])
        if kind is None:
            return 0
        changes = [
            cast(Change, {**_NOTHING, **entry, "kind": kind})
            for entry in message["data"]["results"]
        ]
        return sum(map(self.apply, changes))

    def as_json(self) -> dict[str, Any]:
        rows = {
            name: [each.content_version, each.gone_version, each.counts_version, each.counts]
            for name, each in self.known.items()
        }
        return {"cursor": self.cursor, "known": rows}

    def from_json(self, stored: Mapping[str, Any]) -> None:
        self.cursor = stored["cursor"]
        self.known = {name: Mirrored(*row) for name, row in stored["known"].items()}

    def _read(self, wait: int, limit: int) -> int:
        return sum(map(self.apply, self._changes(wait, limit)))

    def _changes(self, wait: int, limit: int) -> Iterator[Change]:
        """Moves the cursor past a page once all of it was applied."""
        more = True
        while more:
            page = self.newsroom.read_changes(self.cursor, limit=limit, wait=wait, **self.filters)
            yield from page["results"]
            self.cursor, more = page["next"], page["more"]
            wait = 0

    def _begin_anew(self, limit: int) -> int:
        """Versions of before do not count: the server may have come back with an older state."""
        before = {name for name, each in self.known.items() if each.is_public}
        self.cursor, self.known = None, {}
        applied = self._read(0, limit)
        for name in before - self.articles.keys():
            if name not in self.known:
                self.on_gone({**_NOTHING, "article": name, "kind": "gone"})
                applied += 1
        return applied
