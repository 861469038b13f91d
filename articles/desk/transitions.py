"""The transitions at the desk: for each its button, the effects shown for confirmation, its form and its function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from articles import validation, workflow
from articles.desk.fields import MarkdownWidget, MomentField
from articles.desk.form_validation import validate_form
from articles.desk.version_check import VersionCheck
from articles.fields import NOTE_LENGTH
from articles.models import Article, Correction
from articles.workflow import Transition


def _text(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=NOTE_LENGTH,
        widget=UnfoldAdminExpandableTextareaWidget({"rows": 3}),
    )


class TransitionForm(VersionCheck, forms.Form):
    """The form of a transition that has only a note."""

    serializer: ClassVar[type[validation.StrictSerializer]] = validation.Simple
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = _text("Note", required=False, help_text="For the desk only; stored with the version.")

    def __init__(self, data: Any = None, *, article: Article) -> None:
        super().__init__(data, initial={"expected_version": article.version})
        self.stored = article

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_version()
        if not self.errors:
            self.values = validate_form(self, self.serializer, self.api_values(), {})
        return cleaned

    def api_values(self) -> dict[str, Any]:
        return {"note": self.cleaned_data["note"]}


class ScheduleForm(TransitionForm):
    serializer = validation.Scheduling
    publish_at = MomentField(label="Publish at", help_text="When the story is published.")
    embargoed_until = MomentField(
        label="Or embargoed until", help_text="The source allows no publication before this time."
    )

    field_order = ("publish_at", "embargoed_until", "note")

    def api_values(self) -> dict[str, Any]:
        times = {name: self.cleaned_data[name] for name in ("publish_at", "embargoed_until")}
        return super().api_values() | {name: time for name, time in times.items() if time}


class RetractForm(TransitionForm):
    serializer = validation.Retracting
    note = None  # type: ignore[assignment]  # removes an inherited field in Django
    text = _text("Notice to readers", help_text="Plain text, above the story, for good.")

    def api_values(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["text"]}


class CorrectForm(TransitionForm):
    """The notice, and the corrected fields, which are saved in the same transaction."""

    serializer = validation.Correcting
    note = None  # type: ignore[assignment]  # as above
    text = _text("Notice to readers", help_text="What was wrong, and what is right.")
    kind = forms.ChoiceField(
        choices=[each for each in Correction.Kind.choices if each[0] != Correction.Kind.RETRACTION],
        widget=UnfoldAdminSelectWidget,
    )
    placement = forms.ChoiceField(
        choices=Correction.Placement.choices, widget=UnfoldAdminSelectWidget
    )
    headline = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)
    abstract = forms.CharField(
        required=False, max_length=1000, widget=UnfoldAdminExpandableTextareaWidget
    )
    body_markdown = forms.CharField(label="Text", widget=MarkdownWidget)

    edited = ("headline", "abstract", "body_markdown")

    def __init__(self, data: Any = None, *, article: Article) -> None:
        super().__init__(data, article=article)
        for name in self.edited:
            self.initial[name] = getattr(article, name)
            self.fields[name].show_hidden_initial = True

    def api_values(self) -> dict[str, Any]:
        notice = {name: self.cleaned_data[name] for name in ("text", "kind", "placement")}
        changed = {
            name: self.cleaned_data[name] for name in self.edited if name in self.changed_data
        }
        return notice | {"changes": changed}


class KillForm(TransitionForm):
    note = _text("Why", help_text="For the desk only. Lawyers read it years later.")
    slug = forms.CharField(
        label="The story’s slug, typed",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, article: Article) -> None:
        super().__init__(data, article=article)
        self.fields["slug"].help_text = f"It is {article.slug}. A kill cannot be undone."

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != self.stored.slug:
            raise forms.ValidationError(f"Type {self.stored.slug} to kill this story.")
        return slug


@dataclass(frozen=True, slots=True)
class DeskTransition:
    """A transition as the desk shows it."""

    label: str
    done: str
    icon: str
    effects: tuple[str, ...]
    act: Callable[..., Article]
    form: type[TransitionForm] = TransitionForm
    variant: str = "default"

    @property
    def button_variant(self) -> str:
        """Only the page that confirms a danger has a red button; the article's page has not."""
        return "primary" if self.variant == "primary" else "default"

    @property
    def button_class(self) -> str:
        return "desk-danger" if self.variant == "danger" else ""

    @property
    def confirm_variant(self) -> str:
        return "danger" if self.variant == "danger" else "primary"


_TIMES = "Schedule and embargo are cleared."
DESK_TRANSITIONS: Mapping[Transition, DeskTransition] = {
    Transition.SUBMIT: DeskTransition(
        label="Submit for review",
        done="handed in for review",
        icon="send",
        effects=(
            "The story goes to an editor.",
            "Its author can read it, and change it after it is sent back.",
        ),
        act=workflow.submit,
        variant="primary",
    ),
    Transition.SEND_BACK: DeskTransition(
        label="Send back",
        done="sent back to its author",
        icon="undo",
        effects=("The story is a draft again, and its author can change it.",),
        act=workflow.send_back,
    ),
    Transition.SCHEDULE: DeskTransition(
        label="Schedule",
        done="scheduled",
        icon="schedule",
        effects=(
            "The story is published at the time you set, or when its embargo ends: give one of the two.",
            "Until then it can be edited, published at once, or taken off the schedule.",
        ),
        act=workflow.schedule,
        form=ScheduleForm,
    ),
    Transition.DESCHEDULE: DeskTransition(
        label="Take off the schedule",
        done="a draft again",
        icon="event_busy",
        effects=("The story is a draft again. An embargo stays.",),
        act=workflow.deschedule,
    ),
    Transition.LIFT_EMBARGO: DeskTransition(
        label="Lift embargo",
        done="free of its embargo",
        icon="lock_open",
        effects=(
            "The story may be published before the time that its source has set.",
            "If it was scheduled for the end of the embargo, it is a draft again.",
            "Nothing is published yet.",
        ),
        act=workflow.lift_embargo,
    ),
    Transition.PUBLISH: DeskTransition(
        label="Publish",
        done="published",
        icon="publish",
        effects=("Readers see the story at once: on its page, in lists, feeds and sitemaps.",),
        act=workflow.publish,
        variant="primary",
    ),
    Transition.CORRECT: DeskTransition(
        label="Correct",
        done="corrected",
        icon="edit_note",
        effects=(
            "Readers see the notice with the story and among the corrections.",
            "Your changes below are published with the notice.",
        ),
        act=workflow.correct,
        form=CorrectForm,
        variant="primary",
    ),
    Transition.UNPUBLISH: DeskTransition(
        label="Unpublish",
        done="taken off",
        icon="visibility_off",
        effects=(
            "Readers get “not found” at the story’s address.",
            "It can be published again.",
            _TIMES,
        ),
        act=workflow.unpublish,
        variant="danger",
    ),
    Transition.RETRACT: DeskTransition(
        label="Retract",
        done="retracted",
        icon="block",
        effects=(
            "The story stays at its address, with your notice above it.",
            "Its reactions are closed. After this it can only be killed.",
        ),
        act=workflow.retract,
        form=RetractForm,
        variant="danger",
    ),
    Transition.KILL: DeskTransition(
        label="Kill",
        done="killed",
        icon="delete_forever",
        effects=(
            "The story is gone for good, from its page (410), feeds, sitemaps and search.",
            "Feeds and ninjs mark it as deleted for their subscribers.",
            "This cannot be undone.",
        ),
        act=workflow.kill,
        form=KillForm,
        variant="danger",
    ),
    Transition.SPIKE: DeskTransition(
        label="Spike",
        done="spiked",
        icon="inventory_2",
        effects=("The story is archived. It can be unspiked.",),
        act=workflow.spike,
        variant="danger",
    ),
    Transition.UNSPIKE: DeskTransition(
        label="Unspike",
        done="a draft again",
        icon="unarchive",
        effects=("The story is a draft again.",),
        act=workflow.unspike,
    ),
}
