"""The form in which an article is written. It saves nothing itself: it says what was changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminURLInputWidget,
)

from articles import dateline, validation
from articles.desk.fields import (
    AuthorsField,
    DayWidget,
    LinesField,
    MarkdownWidget,
    MomentField,
    describe_authors,
    find_tags,
)
from articles.desk.form_validation import add_invalid_value, validate_form
from articles.desk.version_check import VersionCheck
from articles.editing import InvalidValue
from articles.fields import DATELINE_PARTS, FIELDS, Kind, names
from articles.models import Article

AS_WRITTEN = tuple(field.name for field in FIELDS if field.fieldset is not None)
# The API's names of what the form calls by another.
FILED_AS = {"tag_lines": "tags", "subject_lines": "subjects", "author_lines": "authors"}
PLAIN = (*AS_WRITTEN, *FILED_AS)
ROWS = ("section", "lead_image")  # chosen among what there is, so no gate needs to read them
NAMES = {
    **{theirs: ours for ours, theirs in FILED_AS.items()},
    **{f"dateline.{part}": f"dateline_{part}" for part in DATELINE_PARTS},
}
DATELINE = [f"dateline_{part}" for part in DATELINE_PARTS]
STYLES = [("", "–"), *((style, style.replace("_", " ").upper()) for style in dateline.STYLES)]


if TYPE_CHECKING:
    ArticleModelForm = forms.ModelForm[Article]
else:
    ArticleModelForm = forms.ModelForm  # which has its parameter in the types alone


class ArticleForm(VersionCheck, ArticleModelForm):
    """Only what somebody touched is written, so that two who touch different things both win."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    author_lines = AuthorsField(
        required=False, label="Authors", help_text="In the order of the byline, with their roles."
    )
    tag_lines = LinesField(label="Tags", help_text="One a line, the most important first.")
    subject_lines = LinesField(
        label="Subjects", help_text="URIs of IPTC Media Topics, one a line, the main one first."
    )
    expires_at = MomentField(label="Expires at", help_text="When the story is taken off.")
    canonical_url = forms.URLField(
        required=False,
        label="Canonical URL",
        help_text="Where the original is, when it is not ours.",
        max_length=1000,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
    )
    dateline_style = forms.ChoiceField(
        choices=STYLES, required=False, label="Style", widget=UnfoldAdminSelectWidget
    )
    dateline_date = forms.DateField(
        required=False, label="Date", help_text="At the place.", widget=DayWidget
    )

    refusal: InvalidValue | None = None  # what the domain said to this very form, just before

    class Meta:
        model = Article
        fields = [*AS_WRITTEN, *DATELINE, "section", "source", "lead_image", "translation_of"]
        widgets = {
            "body_markdown": MarkdownWidget,
            **dict.fromkeys(
                ["abstract", *names(Kind.TEXT)],
                UnfoldAdminExpandableTextareaWidget,
            ),
        }
        labels = {
            "body_markdown": "Text",
            "ed_note": "Note for the desk",
            "editor_note": "Note to readers",
            "dateline_place": "Place",
            "dateline_region": "Region",
            "dateline_country": "Country",
            "dateline_source": "Source in the dateline",
        }
        help_texts = {
            "body_markdown": "Markdown, without the dateline.",
            "slug": "The story’s address. Empty: made of the headline. Former ones lead to it.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stored = self.instance
        for name in {"slug", "body_markdown"} & self.fields.keys():
            self.fields[name].required = False
        if not self.is_new:
            self.initial = {**self.initial, **_initial(self.instance)}
            for name in self.fields.keys() - {"expected_version", "seen"}:
                self.fields[name].show_hidden_initial = True

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.is_new:
            self.check_version()
        self.changes = self._changes()
        if self.refusal:
            add_invalid_value(self, self.refusal, NAMES)
        return cleaned

    def _post_clean(self) -> None:
        """The article in memory stays as it is stored; the domain changes it."""

    def _changes(self) -> Mapping[str, Any]:
        touched = {
            name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data
        }
        values = dict(validate_form(self, self._gate, self._filed(touched), NAMES))
        if "tags" in values:
            values["tags"] = find_tags(values["tags"])
        return values | {name: touched[name] for name in ROWS if name in touched}

    @property
    def _gate(self) -> type[validation.StrictSerializer]:
        return validation.Draft if self.is_new else validation.Changes

    def _filed(self, touched: Mapping[str, Any]) -> dict[str, Any]:
        """What was touched, as a program would file it."""
        filed = {FILED_AS.get(name, name): touched[name] for name in PLAIN if name in touched}
        if self.is_new and not filed.get("slug"):
            filed.pop("slug", None)  # the headline gives one
        if "source" in touched:
            filed["source"] = touched["source"].name if touched["source"] else ""
        if "translation_of" in touched:
            filed["translation_of"] = str(getattr(touched["translation_of"], "pk", ""))
        if any(name in touched for name in DATELINE):
            filed["dateline"] = self._dateline()
        return filed

    def _dateline(self) -> dict[str, Any] | None:
        """All of it, since its text is made anew; None where nothing but its form is left."""
        parts = {part: self.cleaned_data.get(f"dateline_{part}") for part in DATELINE_PARTS}
        given = {part: value for part, value in parts.items() if value}
        return {"place": "", **given} if given.keys() - {"style", "country"} else None


def _initial(article: Article) -> dict[str, str]:
    return {
        "tag_lines": "\n".join(tag.name for tag in article.ordered_tags),
        "subject_lines": "\n".join(article.subjects),
        "author_lines": describe_authors(article.author_links.select_related("author")),
    }
