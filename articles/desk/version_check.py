"""Version conflicts in the desk's forms: refuses to save over a later version, and keeps the user's input."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from articles.models import Article, ArticleRevision
from articles.revisions import ConcurrentChanges, changes_since


class VersionCheck:
    """Mixin for forms with the hidden fields `expected_version`, the article's version when the form was opened, and
    `seen`, the later version that the user has reviewed and wants to save on top of.
    """

    stored: Article
    version: int | None = None
    concurrent_changes: ConcurrentChanges | None = None

    def check_version(self) -> None:
        form = cast(forms.BaseForm, self)
        opened = form.cleaned_data.get("expected_version")
        self.version = form.cleaned_data.get("seen") or opened
        if self.version is None or opened is None:
            form.add_error(None, "The form lacks the version of the story. Open the story again.")
        elif self.version != self.stored.version:
            self.concurrent_changes = changes_since(article_id=self.stored.pk, version=opened)
            form.add_error(None, _conflict_message(self.concurrent_changes, self.stored))


def _conflict_message(changes: ConcurrentChanges, stored: Article) -> str:
    saved_by = _editor_and_time(changes.revisions[0]) if changes.revisions else "another user"
    return (
        f"Not saved: {saved_by} saved version {stored.version} while you were here."
        " What you typed is still in the form."
    )


def _editor_and_time(revision: ArticleRevision) -> str:
    at: Any = timezone.localtime(revision.created_at)
    return f"{revision.editor or 'the system'}, on {date_format(at, 'j F, H:i')},"
