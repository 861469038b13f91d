"""What can become of a story, and our copy of it."""

from dataclasses import dataclass
from enum import StrEnum

from articles.models import Article


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"  # than what we have
    CONFLICT = "conflict"  # the desk edited our copy, and the source has something else to say
    KEPT = "kept"  # the desk took our copy back
    WITHHELD = "withheld"  # by its source
    KILLED = "killed"  # by its source
    IGNORED = "ignored"  # canceled or expired before it reached us


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of a story; `ours` is our copy of it, where there is one."""

    ours: Article | None
    action: Action
    slug: str = ""

    @property
    def article(self) -> Article:
        """Our copy. Raises Article.DoesNotExist where there is none."""
        if self.ours is None:
            raise Article.DoesNotExist
        return self.ours

    @property
    def address(self) -> str:
        """Where the story is, or the slug of one that is not here."""
        return self.ours.url if self.ours else self.slug
