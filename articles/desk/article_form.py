"""The form on which editors write an article. It saves nothing; its `changes` go to `articles.editing`."""

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

SAME_NAMED = tuple(field.name for field in FIELDS if field.fieldset is not None)
# The API's names of the form fields with other names.
API_NAMES = {"tag_lines": "tags", "subject_lines": "subjects", "author_lines": "authors"}
TEXT_FIELDS = (*SAME_NAMED, *API_NAMES)
# Chosen from lists of existing rows, so that the serializer need not validate them.
ROWS = ("section", "lead_image")
NAMES = {
    **{api_name: name for name, api_name in API_NAMES.items()},
    **{f"dateline.{part}": f"dateline_{part}" for part in DATELINE_PARTS},
}
DATELINE = [f"dateline_{part}" for part in DATELINE_PARTS]
STYLES = [("", "–"), *((style, dateline.STYLE_LABELS[style]) for style in dateline.STYLES)]


if TYPE_CHECKING:
    ArticleModelForm = forms.ModelForm[Article]
else:
    ArticleModelForm = forms.ModelForm  # only its type stub is generic


class ArticleForm(VersionCheck, ArticleModelForm):
    """Writes only the changed fields, so that two editors who change different fields do not conflict."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    author_lines = AuthorsField(
        required=False, label="Authors", help_text="In the order of the byline, with their roles."
    )
    tag_lines = LinesField(label="Tags", help_text="One a line, the most important first.")
    subject_lines = LinesField(
        label="Subjects",
        help_text="IPTC media topics such as medtop:20000001, one a line, the main one first.",
    )
    expires_at = MomentField(label="Unpublish at", help_text="Empty: it stays.")
    canonical_url = forms.URLField(
        required=False,
        label="Address of the original",
        help_text="Where another site published the story first.",
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

    refusal: InvalidValue | None = (
        None  # the error of `articles.editing` for this form's first attempt
    )

    class Meta:
        model = Article
        fields = [*SAME_NAMED, *DATELINE, "section", "source", "lead_image", "translation_of"]
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
            "slug": "The story’s address. Empty: derived from the headline. Former addresses redirect to it.",
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
        self.changes = self._changes()
        if not self.is_new:
            self.check_version(self.changes.keys())
        if self.refusal:
            add_invalid_value(self, self.refusal, NAMES)
        return cleaned

    def _post_clean(self) -> None:
        """Leave the instance as it is stored: `articles.editing` changes the article."""

    def _changes(self) -> Mapping[str, Any]:
        changed = {
            name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data
        }
        values = dict(validate_form(self, self._serializer, self._api_values(changed), NAMES))
        if "tags" in values:
            values["tags"] = find_tags(values["tags"])
        return values | {name: changed[name] for name in ROWS if name in changed}

    @property
    def _serializer(self) -> type[validation.StrictSerializer]:
        return validation.Draft if self.is_new else validation.Changes

    def _api_values(self, changed: Mapping[str, Any]) -> dict[str, Any]:
        """The changed fields as the API has them."""
        values = {
            API_NAMES.get(name, name): changed[name] for name in TEXT_FIELDS if name in changed
        }
        if self.is_new and not values.get("slug"):
            values.pop("slug", None)  # derived from the headline
        if "source" in changed:
            values["source"] = changed["source"].name if changed["source"] else ""
        if "translation_of" in changed:
            values["translation_of"] = str(getattr(changed["translation_of"], "pk", ""))
        if any(name in changed for name in DATELINE):
            values["dateline"] = self._dateline()
        return values

    def _dateline(self) -> dict[str, Any] | None:
        """All parts, because the line is rendered again; None where only style and country are given."""
        parts = {part: self.cleaned_data.get(f"dateline_{part}") for part in DATELINE_PARTS}
        given = {part: value for part, value in parts.items() if value}
        return {"place": "", **given} if given.keys() - {"style", "country"} else None


def _initial(article: Article) -> dict[str, str]:
    return {
        "tag_lines": "\n".join(tag.name for tag in article.ordered_tags),
        "subject_lines": "\n".join(article.subjects),
        "author_lines": describe_authors(article.author_links.select_related("author")),
    }
