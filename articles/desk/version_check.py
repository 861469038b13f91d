"""What a form says when somebody else saved while it was open. Nothing typed is lost over it."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from articles.models import Article, ArticleRevision
from articles.revisions import Meanwhile, saved_since


class VersionCheck:
    """For forms with the hidden fields `based_on`, the version on the screen when it was opened, and
    `seen`, the later version that somebody looked at and wants to write on top of.
    """

    stored: Article
    version: int | None = None
    meanwhile: Meanwhile | None = None

    def check_version(self) -> None:
        form = cast(forms.BaseForm, self)
        opened = form.cleaned_data.get("based_on")
        self.version = form.cleaned_data.get("seen") or opened
        if self.version is None or opened is None:
            form.add_error(
                None, "The form does not say which version it is based on. Open it anew."
            )
        elif self.version != self.stored.version:
            self.meanwhile = saved_since(article_id=self.stored.pk, version=opened)
            form.add_error(None, _sentence(self.meanwhile, self.stored))


def _sentence(meanwhile: Meanwhile, stored: Article) -> str:
    by = _who(meanwhile.revisions[0]) if meanwhile.revisions else ""
    return (
        f"Not saved: {by or 'somebody'} saved version {stored.version} while you were here."
        " What you typed is still in the form."
    )


def _who(revision: ArticleRevision) -> str:
    at: Any = timezone.localtime(revision.created_at)
    return f"{revision.editor or 'somebody'}, on {date_format(at, 'j F, H:i')},"
