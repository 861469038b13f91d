"""How each move is asked for: its button, what it says will happen, its form, and who carries it out."""

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
    """A move that needs no more than to be asked for."""

    shape: ClassVar[type[validation.StrictSerializer]] = validation.Simple
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = _text("Note", required=False, help_text="For the desk only; kept with the version.")

    def __init__(self, data: Any = None, *, article: Article) -> None:
        super().__init__(data, initial={"expected_version": article.version})
        self.stored = article

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_version()
        if not self.errors:
            self.values = validate_form(self, self.shape, self.filed(), {})
        return cleaned

    def filed(self) -> dict[str, Any]:
        return {"note": self.cleaned_data["note"]}


class ScheduleForm(TransitionForm):
    shape = validation.Scheduling
    publish_at = MomentField(label="Publish at", help_text="When we want it out.")
    embargoed_until = MomentField(
        label="Or embargoed until", help_text="When whoever gave it to us lets us have it out."
    )

    field_order = ("publish_at", "embargoed_until", "note")

    def filed(self) -> dict[str, Any]:
        times = {name: self.cleaned_data[name] for name in ("publish_at", "embargoed_until")}
        return super().filed() | {name: time for name, time in times.items() if time}


class RetractForm(TransitionForm):
    shape = validation.Retracting
    note = None  # type: ignore[assignment]  # how Django leaves an inherited field out
    text = _text("What readers are told", help_text="Plain text, above the story, for good.")

    def filed(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["text"]}


class CorrectForm(TransitionForm):
    """The notice, and what puts the article right with the same commit."""

    shape = validation.Correcting
    note = None  # type: ignore[assignment]  # as above
    text = _text("What readers are told", help_text="What was wrong, and what is right.")
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

    def filed(self) -> dict[str, Any]:
        notice = {name: self.cleaned_data[name] for name in ("text", "kind", "placement")}
        touched = {
            name: self.cleaned_data[name] for name in self.edited if name in self.changed_data
        }
        return notice | {"changes": touched}


class KillForm(TransitionForm):
    note = _text("Why", help_text="For the desk only. Lawyers read it years later.")
    slug = forms.CharField(
        label="The story’s slug, typed",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, article: Article) -> None:
        super().__init__(data, article=article)
        self.fields["slug"].help_text = f"It is {article.slug}. Nothing leads back."

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != self.stored.slug:
            raise forms.ValidationError(f"Type {self.stored.slug} to kill this story.")
        return slug


@dataclass(frozen=True, slots=True)
class DeskTransition:
    """A move as the desk meets it."""

    label: str
    done: str
    icon: str
    effects: tuple[str, ...]
    act: Callable[..., Article]
    form: type[TransitionForm] = TransitionForm
    variant: str = "default"

    @property
    def button_variant(self) -> str:
        """On the article's page what cannot be undone does not shout; where it is confirmed it does."""
        return "primary" if self.variant == "primary" else "default"

    @property
    def button_class(self) -> str:
        return "desk-grave" if self.variant == "danger" else ""

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
            "Its author can read it, and change it again once it is sent back.",
        ),
        act=workflow.submit,
        variant="primary",
    ),
    Transition.SEND_BACK: DeskTransition(
        label="Send back",
        done="sent back to its author",
        icon="undo",
        effects=("The story is a draft again, and its author can go on with it.",),
        act=workflow.send_back,
    ),
    Transition.SCHEDULE: DeskTransition(
        label="Schedule",
        done="scheduled",
        icon="schedule",
        effects=(
            "The story goes out by itself, at our time or when an embargo ends: one of the two.",
            "Until then it can be edited, published by hand or taken off the schedule.",
        ),
        act=workflow.schedule,
        form=ScheduleForm,
    ),
    Transition.DESCHEDULE: DeskTransition(
        label="Take off the schedule",
        done="a draft again",
        icon="event_busy",
        effects=("The story is a draft again. An embargo stays what it is.",),
        act=workflow.deschedule,
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
            "What you change below is put right with the same stroke.",
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
            "The story’s page is not found any more, as if it had never been there.",
            "It may be published again.",
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
            "The story stays where it is, disowned, with your notice above it.",
            "Its reactions are closed. Nothing but a kill leads on from here.",
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
            "Whoever received our copy is told to drop it.",
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
        effects=("The story is put aside. It can be taken up again.",),
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
