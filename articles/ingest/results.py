"""The results of ingest: what was done with a story, and its article."""

from dataclasses import dataclass
from enum import StrEnum

from articles.models import Article


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"  # than the version that was imported
    CONFLICT = "conflict"  # the desk edited the article, and the source has changed, too
    KEPT = "kept"  # unpublished, retracted, killed or spiked by the desk, and left so
    WITHHELD = "withheld"  # by its source
    KILLED = "killed"  # by its source
    IGNORED = "ignored"  # canceled or expired before it was imported


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What was done with a story, and why where it was left out; `existing` is its article, where there is one."""

    existing: Article | None
    action: Action
    slug: str = ""
    reason: str = ""

    @property
    def article(self) -> Article:
        """The article. Raises Article.DoesNotExist where there is none."""
        if self.existing is None:
            raise Article.DoesNotExist
        return self.existing

    @property
    def address(self) -> str:
        """The URL of the article, or the story's slug where there is none."""
        return self.existing.url if self.existing else self.slug
