"""The desk's view of waves: the reactions that a rule held, and the two decisions about them."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from articles.desk.audited import AuditedAdmin
from articles.models import Article
from reactions.desk import charts
from reactions.desk.wave_words import at, rule_in_words
from reactions.kinds import KINDS
from reactions.models import MOST_NOTE, Wave, WaveDecision
from reactions.moderation.decisions import release_wave, void_wave
from reactions.moderation.rules import LABELS
from reactions.stats.wave import WaveFigures, wave_figures

_MOST_EARLIER = 10
_MOST_NETWORKS = 1_000


class DecisionInline(TabularInline):
    """Who decided what, when and why."""

    model = WaveDecision
    fields = readonly_fields = ("decision", "editor", "note", "size", "decided_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """The note beside a decision."""

    note = forms.CharField(
        required=False,
        max_length=MOST_NOTE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The reason. It is stored with the decision.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.state

    def clean(self) -> dict[str, Any]:
        """Refuse to override a decision that the page did not show yet; the page shows it then, and a second press is accepted."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("seen") != self.instance.state:
            self.data = dict(self.data.items()) | {"seen": self.instance.state}
            latest = self.instance.decisions.first()
            raise forms.ValidationError(
                f"Decided since you opened this page: {latest}. Nothing was changed; press again to override it."
                if latest
                else "This page is out of date. Nothing was changed; press again to confirm."
            )
        return cleaned

    class Meta:
        model = Wave
        fields: tuple[str, ...] = ()


def _decide_all(decide: Callable[..., int], done: str, description: str) -> Callable[..., None]:
    @admin.action(description=description, permissions=["change"])
    def action(model_admin: ModelAdmin, request: HttpRequest, waves: QuerySet[Wave]) -> None:
        sizes = [decide(wave_id=each.pk, editor=request.user.get_username()) for each in waves]
        size = sum(sizes)
        reactions = f"{size:,} {'reaction' if size == 1 else 'reactions'}"
        number = f"{len(sizes)} {'wave' if len(sizes) == 1 else 'waves'}"
        text = f"{reactions} in {number} {done}. Counts follow in a second."
        model_admin.message_user(request, text, messages.SUCCESS)

    action.__name__ = f"{decide.__name__}s"
    return action


class RuleFilter(admin.SimpleListFilter):
    """Waves of one moderation rule."""

    title = "rule"
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return LABELS.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Wave]) -> QuerySet[Wave]:
        return queryset.filter(rule=self.value()) if self.value() else queryset


def wave_context(wave: Wave) -> dict[str, Any]:
    """What an editor sees before the decision."""
    figures = wave_figures(wave)
    titles = [
        f"{at(start)}: {sum(bar.values()):,}"
        for start, bar in zip(figures.starts, figures.bars, strict=True)
    ]
    labels = [date_format(localtime(start), "TIME_FORMAT") for start in figures.starts]
    earlier = Wave.objects.filter(article_id=wave.article_id).exclude(pk=wave.pk)
    return {
        "wave": wave,
        "figures": figures,
        "rule": rule_in_words(wave.rule),
        "kinds": [
            (kind, figures.by_kind[kind.key], figures.without[kind.key], figures.with_it[kind.key])
            for kind in KINDS
            if kind.key in figures.without
        ],
        "chart": charts.columns(
            figures.starts, figures.bars, end=figures.end, titles=titles, labels=labels
        ),
        "bars": [
            (start, sum(bar.values()))
            for start, bar in zip(figures.starts, figures.bars, strict=True)
            if bar
        ],
        "chart_kinds": [kind for kind in KINDS if figures.by_kind.get(kind.key)],
        "networks": networks_in_words(wave, figures),
        "earlier": [
            (each, LABELS.get(each.rule, each.rule), list(each.decisions.all())[:1])
            for each in earlier.defer("networks").prefetch_related("decisions")[:_MOST_EARLIER]
        ],
    }


def networks_in_words(wave: Wave, figures: WaveFigures) -> str:
    """How many networks, and how much came from the largest; never which."""
    if wave.network_count == 1:
        return "All came from one network."
    more = " or more" if wave.network_count >= _MOST_NETWORKS else ""
    networks = f"{wave.network_count:,}{more} networks"
    if figures.largest is None:
        return f"They came from {networks}. How many from each is no longer known: it is stored for two days."
    return f"They came from {networks}; the largest of them sent about {figures.largest} %."


@admin.register(Wave)
class WaveAdmin(AuditedAdmin):
    records_forms = False  # a decision is an entry
    """Waves, newest first. A wave is released or voided as a whole; a decision can be reversed."""

    nothing_here = (
        "No wave so far. Reactions that match a moderation rule are listed here, one line for each rule and story,"
        " until an editor releases or voids them. Until then they are not counted."
    )
    list_display = ["article", "rule_label", "held", "networks_label", "window", "state_label"]
    list_filter = ["state", RuleFilter]
    list_display_links = ["rule_label"]
    list_per_page = 50
    change_form_before_template = "reactions/desk/wave.html"  # type: ignore[assignment]
    form = DecisionForm
    readonly_fields = ("article", "rule_label", "window", "held", "networks_label", "state_name")
    inlines = [DecisionInline]
    actions = [
        _decide_all(release_wave, "released", "Release: count them"),
        _decide_all(void_wave, "voided", "Void: do not count them"),
    ]
    actions_submit_line = ("release", "void")  # type: ignore[assignment]  # unfold's own is empty

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wave]:
        of_article = Article.objects.filter(pk=OuterRef("article_id")).values("headline")
        return Wave.objects.defer("networks").annotate(headline=Subquery(of_article))

    @admin.display(description="Story")
    def article(self, wave: Wave) -> SafeString:
        headline = getattr(wave, "headline")  # noqa: B009  # annotated by get_queryset
        address = reverse("desk:story", args=[wave.article_id])
        return format_html('<a href="{}">{}</a>', address, headline or wave.article_id)

    @admin.display(description="Rule", ordering="rule")
    def rule_label(self, wave: Wave) -> str:
        return LABELS.get(wave.rule, wave.rule)

    @admin.display(description="Between", ordering="last_at")
    def window(self, wave: Wave) -> str:
        return f"{at(wave.started_at)} – {at(wave.last_at, after=wave.started_at)}"

    @admin.display(description="Reactions held", ordering="size")
    def held(self, wave: Wave) -> str:
        return f"{wave.size:,}"

    @admin.display(description="Networks", ordering="network_count")
    def networks_label(self, wave: Wave) -> str:
        more = " or more" if wave.network_count >= _MOST_NETWORKS else ""
        return f"{wave.network_count:,}{more}"

    @display(
        description="State",
        ordering="state",
        label={"held": "warning", "released": "success", "void": "danger"},
    )
    def state_label(self, wave: Wave) -> tuple[str, str]:
        return wave.state, wave.get_state_display()

    @admin.display(description="State")
    def state_name(self, wave: Wave) -> str:
        return wave.get_state_display()

    @admin.action(description="Release: count them", permissions=["release"])
    def release(self, request: HttpRequest, wave: Wave) -> None:
        self._decide(request, wave, release_wave, "released")

    @admin.action(description="Void: do not count them", permissions=["void"])
    def void(self, request: HttpRequest, wave: Wave) -> None:
        self._decide(request, wave, void_wave, "voided")

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_become(Wave.State.RELEASED, request, object_id)

    def has_void_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_become(Wave.State.VOID, request, object_id)

    def get_fields(self, request: HttpRequest, obj: Wave | None = None) -> list[Any]:
        may_decide = self.has_change_permission(request, obj)
        return [*self.readonly_fields, *(["note", "seen"] if may_decide else [])]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = {**(extra_context or {}), "show_save": False, "show_save_and_continue": False}
        wave = self.get_object(request, object_id)
        if wave and self.has_view_permission(request, wave):
            context |= wave_context(wave)
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, wave: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A wave changes only by the decision whose button was pressed."""
        for pressed in self.get_actions_submit_line(request, obj.pk):
            if pressed.action_name in request.POST:
                pressed.method(request, obj)  # type: ignore[operator]  # a method, as unfold has it

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(request.get_full_path())

    def _may_become(self, state: Wave.State, request: HttpRequest, wave_id: Any) -> bool:
        is_another = Wave.objects.filter(pk=wave_id).exclude(state=state).exists()
        return is_another and self.has_change_permission(request)

    def _decide(
        self, request: HttpRequest, wave: Wave, decide: Callable[..., int], done: str
    ) -> None:
        note = request.POST.get("note", "").strip()
        size = decide(wave_id=wave.pk, editor=request.user.get_username(), note=note)
        self.message_user(
            request, f"{size:,} reactions {done}. Counts follow in a second.", messages.SUCCESS
        )
