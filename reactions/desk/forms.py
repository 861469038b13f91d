"""The desk's forms: the own policy of one article, and the default policy of many."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from reactions.kinds import ANY_KIND, KINDS, OFFERED, pack, unpack
from reactions.models import MOST_DAYS, DefaultPolicy, PolicyState, ReactedArticle
from reactions.policy import OwnPolicy, get_policy

NOT_SET = "Default policy of its section, its tags, its site, or the setting"


class KindsField(forms.MultipleChoiceField):
    """A set of kinds as check boxes. None ticked: not set. All ticked: every kind, also future ones."""

    def __init__(self, **options: Any) -> None:
        choices = [(kind.key, f"{kind.emoji} {kind.label}") for kind in KINDS if not kind.retired]
        options |= {"choices": choices, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        super().__init__(required=False, label="Accepts", **options)

    def clean(self, value: Any) -> int | None:
        kinds = pack(super().clean(value))
        return ANY_KIND if kinds == OFFERED else kinds or None


def boxes_of(allowed: int | None) -> list[str]:
    """The boxes to tick for a mask."""
    return unpack((allowed or 0) & OFFERED)


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The own policy of an article. It has none of the article's fields: reactions never write to an article."""

    reactions = forms.ChoiceField(
        choices=[("", NOT_SET), *PolicyState.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    kinds = KindsField(help_text=f"None: {NOT_SET[0].lower()}{NOT_SET[1:]}.")
    closes_at = forms.SplitDateTimeField(
        required=False, widget=UnfoldAdminSplitDateTimeWidget, label="Closes at"
    )
    close_after_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Or days after publication",
        help_text="0: never, whatever the default policies say.",
    )

    class Meta:
        model = ReactedArticle
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        found = get_policy(self.instance.pk)
        own = found[0] if found else OwnPolicy()
        self.initial = {
            **self.initial,
            "reactions": own.state or "",
            "kinds": boxes_of(own.allowed),
            "closes_at": own.closes_at,
            "close_after_days": own.close_after_days,
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("closes_at") and cleaned.get("close_after_days") is not None:
            raise ValidationError({"close_after_days": "A time or a number of days, not both."})
        return cleaned

    @property
    def own_policy(self) -> OwnPolicy:
        return OwnPolicy(
            state=self.cleaned_data["reactions"] or None,
            allowed=self.cleaned_data["kinds"],
            closes_at=self.cleaned_data["closes_at"],
            close_after_days=self.cleaned_data["close_after_days"],
        )


class DefaultPolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    kinds = KindsField(help_text="None: every kind.")

    class Meta:
        model = DefaultPolicy
        fields = ("name", "section", "tag", "site", "state", "close_after_days")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("kinds", boxes_of(self.instance.allowed))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.allowed = cleaned.get("kinds")
        return cleaned
