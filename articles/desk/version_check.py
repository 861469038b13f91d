"""Version conflicts in the desk's forms: refuses to save over a later version, and keeps the user's input."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from articles.models import Article, ArticleRevision
from articles.revisions import ConcurrentChanges, VersionConflict, changes_since, check_merges


class VersionCheck:
    """Mixin for forms with the hidden fields `expected_version`, the article's version when the form was opened, and
    `seen`, the later version that the user has reviewed and wants to save on top of.
    """

    stored: Article
    version: int | None = None
    concurrent_changes: ConcurrentChanges | None = None
    merged_with: ConcurrentChanges | None = None  # saved meanwhile, in other fields

    def check_version(self, changed: Collection[str] | None = None) -> None:
        """Add an error where another version was saved since; not where it changed other fields than these."""
        form = cast(forms.BaseForm, self)
        opened = form.cleaned_data.get("expected_version")
        self.version = form.cleaned_data.get("seen") or opened
        if self.version is None or opened is None:
            form.add_error(None, "The form lacks the version of the story. Open the story again.")
        elif self.version != self.stored.version:
            changes = changes_since(article_id=self.stored.pk, version=opened)
            if self._can_merge(changed):
                self.merged_with = changes
            else:
                self.concurrent_changes = changes
                form.add_error(None, _conflict_message(changes, self.stored))

    def _can_merge(self, changed: Collection[str] | None) -> bool:
        if changed is None or self.version is None:
            return False
        try:
            check_merges(self.stored, changed=changed, since=self.version)
        except VersionConflict:
            return False
        return True


def describe_merge(changes: ConcurrentChanges) -> str:
    """Who saved what while the form was open."""
    names = list(dict.fromkeys(r.editor or "the system" for r in reversed(changes.revisions)))
    labels = [f"“{difference.label}”" for difference in changes.differences]
    return f"Saved together with what {join(names)} changed meanwhile: {join(labels)}."


def join(words: Sequence[str]) -> str:
    """A, B and C."""
    *others, last = words or ["nothing"]
    return f"{', '.join(others)} and {last}" if others else last


def _conflict_message(changes: ConcurrentChanges, stored: Article) -> str:
    saved_by = _editor_and_time(changes.revisions[0]) if changes.revisions else "another user"
    return (
        f"Not saved: {saved_by} saved version {stored.version} while you were here."
        " What you typed is still in the form."
    )


def _editor_and_time(revision: ArticleRevision) -> str:
    at: Any = timezone.localtime(revision.created_at)
    return f"{revision.editor or 'the system'}, on {date_format(at, 'j F, H:i')},"
