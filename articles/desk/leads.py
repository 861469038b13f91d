"""The desk's choice of the article that leads the front page."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from articles.desk.audited import AuditedAdmin
from articles.desk.fields import MomentField
from articles.models import CURRENT_STATES, Article, Lead
from articles.models.leads import half_a_day_from_now

# A lead without an end would stay after its news is old.
LONGEST = timedelta(days=7)


class LeadForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    until = MomentField(label="Until", help_text="Then the default leads again; a week at most.")

    class Meta:
        model = Lead
        fields = ("article", "until")
        labels = {"article": "Story"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["until"].initial = half_a_day_from_now

    def clean_article(self) -> Article:
        article: Article = self.cleaned_data["article"]
        if article.state not in CURRENT_STATES:
            raise forms.ValidationError("Only a published story that is not retracted can lead.")
        return article

    def clean_until(self) -> datetime:
        until: datetime | None = self.cleaned_data["until"]
        now = timezone.now()
        if until is None or not now < until <= now + LONGEST:
            raise forms.ValidationError("A time in the future, within a week.")
        return until


@admin.register(Lead)
class LeadAdmin(AuditedAdmin):
    """The choices, the last first. Changing one to an earlier time ends it."""

    form = LeadForm
    autocomplete_fields = ["article"]
    nothing_here = "Nobody has chosen a story to lead the front page: of the newest, the one that readers react to most leads."
    list_display = ["story", "leads", "until", "chosen_by", "chosen_at"]
    list_select_related = ["article"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.chosen_at, obj.chosen_by = timezone.now(), request.user.get_username()
        super().save_model(request, obj, form, change)

    @display(description="Story", ordering="article__headline")
    def story(self, lead: Lead) -> str:
        return str(lead.article)

    @display(description="On the front page", boolean=True)
    def leads(self, lead: Lead) -> bool:
        """Whether it is the last choice of those that have not ended."""
        now = timezone.now()
        current = Lead.objects.filter(until__gt=now, article__state__in=CURRENT_STATES)
        return bool(lead == current.first())
