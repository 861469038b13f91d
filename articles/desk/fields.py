"""Form fields and widgets for an article's authors and other lists, its times and its body."""

from collections import Counter
from itertools import zip_longest
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminTextareaWidget,
)

from articles.models import Author, Tag

EMPTY_ROWS = 2  # for further authors
LOCAL_TIME = "%Y-%m-%dT%H:%M"  # the format of <input type="datetime-local">


class MomentWidget(forms.DateTimeInput):
    """The browser's date and time picker, in the desk's time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": f"{' '.join(INPUT_CLASSES)} desk-moment"}, format=LOCAL_TIME)


class DayWidget(forms.DateInput):
    """The browser's date picker, which sends ISO dates in every locale."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": f"{' '.join(INPUT_CLASSES)} desk-moment"}, format="%Y-%m-%d")


class MomentField(forms.DateTimeField):
    widget = MomentWidget

    def __init__(self, *, label: str, help_text: str) -> None:
        # The hidden initial value has the same format as the visible one, so that an unchanged time compares equal.
        self.hidden_widget = _HiddenMomentWidget
        super().__init__(required=False, label=label, help_text=_with_zone(help_text))


def _in_the_users_zone(help_text: str) -> str:
    zone = timezone.get_current_timezone_name().replace("_", " ")
    return f"{help_text} Time in {zone}.".strip()


# The help text of each page: users have time zones of their own.
_with_zone = lazy(_in_the_users_zone, str)


class _HiddenMomentWidget(forms.DateTimeInput):
    input_type = "hidden"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format=LOCAL_TIME)


class MarkdownWidget(UnfoldAdminTextareaWidget):
    """The text area of the body. `live-preview.js` and `paste.js` find it by their attributes."""

    def __init__(self) -> None:
        super().__init__({"data-live-preview": "body_markdown", "rows": 24, "class": "desk-body"})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-paste"] = reverse("admin:articles_paste")
        return context


class LinesField(forms.CharField):
    """A list of texts, one a line, in their order."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminExpandableTextareaWidget({"rows": 3})
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> list[str]:
        lines = super().clean(value).splitlines()
        return [line.strip() for line in lines if line.strip()]


def find_tags(names: list[str]) -> list[Tag | str]:
    """The tags with these names; a name without a tag stays a string."""
    known = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
    return [known.get(name, name) for name in names]


class AuthorsWidget(forms.Widget):
    """A row for each author, with name and role. The value is text: a line `name<tab>role` for each row."""

    template_name = "admin/articles/authors.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [line.partition("\t")[::2] for line in (value or "").splitlines()]
        context["rows"] = [*rows, *[("", "")] * EMPTY_ROWS]
        context["known"] = list(_author_slugs())
        context["classes"] = " ".join(INPUT_CLASSES)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        names, roles = data.getlist(f"{name}_name"), data.getlist(f"{name}_role")
        return "\n".join(
            f"{_one_line(author)}\t{_one_line(role)}"
            for author, role in zip_longest(names, roles, fillvalue="")
            if author.strip()
        )

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1"


class AuthorsField(forms.CharField):
    """Existing authors, in the order of the byline, each with a role."""

    widget = AuthorsWidget

    def clean(self, value: Any) -> list[dict[str, str]]:
        rows = [line.partition("\t")[::2] for line in super().clean(value).splitlines()]
        slugs = _author_slugs() if rows else {}
        return [self._author(slugs, name, role) for name, role in rows]

    def _author(self, slugs: dict[str, str], name: str, role: str) -> dict[str, str]:
        if name not in slugs:
            raise forms.ValidationError(
                f"There is no author “{name}”. Choose one of the list; editors add new ones under Authors."
            )
        author = {"slug": slugs[name], "name": name}
        return {**author, "role": role} if role else author


def describe_authors(links: Any) -> str:
    """An article's authors as the value of the widget."""
    names = {slug: name for name, slug in _author_slugs().items()}
    return "\n".join(f"{names[link.author.slug]}\t{link.role}" for link in links)


def _author_slugs() -> dict[str, str]:
    """The slug of each author by the text that the form shows: the name, or the slug where two have the same name."""
    authors = list(Author.objects.values_list("name", "slug"))
    count = Counter(name for name, _ in authors)
    return {name if count[name] == 1 else slug: slug for name, slug in authors}


def _one_line(text: str) -> str:
    return " ".join(text.split())
