"""What a form says when somebody else saved while it was open. Nothing typed is lost over it."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from articles.models import Article, ArticleRevision
from articles.revisions import ConcurrentChanges, changes_since


class VersionCheck:
    """For forms with the hidden fields `expected_version`, the version on the screen when it was opened, and
    `seen`, the later version that somebody looked at and wants to write on top of.
    """

    stored: Article
    version: int | None = None
    concurrent_changes: ConcurrentChanges | None = None

    def check_version(self) -> None:
        form = cast(forms.BaseForm, self)
        opened = form.cleaned_data.get("expected_version")
        self.version = form.cleaned_data.get("seen") or opened
        if self.version is None or opened is None:
            form.add_error(
                None, "The form does not say which version it is based on. Open it anew."
            )
        elif self.version != self.stored.version:
            self.concurrent_changes = changes_since(article_id=self.stored.pk, version=opened)
            form.add_error(None, _sentence(self.concurrent_changes, self.stored))


def _sentence(concurrent_changes: ConcurrentChanges, stored: Article) -> str:
    by = _who(concurrent_changes.revisions[0]) if concurrent_changes.revisions else ""
    return (
        f"Not saved: {by or 'somebody'} saved version {stored.version} while you were here."
        " What you typed is still in the form."
    )


def _who(revision: ArticleRevision) -> str:
    at: Any = timezone.localtime(revision.created_at)
    return f"{revision.editor or 'somebody'}, on {date_format(at, 'j F, H:i')},"
