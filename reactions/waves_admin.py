"""The desk's view of waves: what was held back and why, and the two decisions about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from articles.models import Article
from reactions.judge import release_wave, void_wave
from reactions.models import Wave, WaveDecision


class DecisionInline(TabularInline):
    """Who decided what, when and why."""

    model = WaveDecision
    fields = readonly_fields = ("decision", "editor", "note", "size", "decided_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _decide(decide: Callable[..., int], done: str, description: str) -> Callable[..., None]:
    @admin.action(description=description, permissions=["change"])
    def action(model_admin: ModelAdmin, request: HttpRequest, waves: QuerySet[Wave]) -> None:
        sizes = [decide(wave_id=each.pk, editor=request.user.get_username()) for each in waves]
        text = f"{sum(sizes):,} reactions in {len(sizes)} waves {done}. Counts follow in a second."
        model_admin.message_user(request, text, messages.SUCCESS)

    action.__name__ = f"{decide.__name__}s"
    return action


@admin.register(Wave)
class WaveAdmin(ModelAdmin):
    """Waves, the newest first. What is chosen is released or voided as a whole, and can be turned later."""

    list_display = ["story", "rule", "size", "network_count", "window", "state_label"]
    list_filter = ["state", "rule"]
    list_display_links = ["rule"]
    list_per_page = 50
    fields = readonly_fields = (
        *("story", "rule", "window"),
        *("size", "network_count", "standing"),
    )
    inlines = [DecisionInline]
    actions = [
        _decide(release_wave, "released", "Release: count them"),
        _decide(void_wave, "voided", "Void: leave them out of the counts"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wave]:
        of_story = Article.objects.filter(pk=OuterRef("article_id")).values("headline")
        return Wave.objects.defer("networks").annotate(headline=Subquery(of_story))

    @admin.display(description="Story")
    def story(self, wave: Wave) -> SafeString:
        headline = getattr(wave, "headline")  # noqa: B009  # annotated by get_queryset
        address = reverse("admin:reactions_statistics", args=[wave.article_id])
        return format_html('<a href="{}">{}</a>', address, headline or wave.article_id)

    @admin.display(description="Between", ordering="last_at")
    def window(self, wave: Wave) -> str:
        return f"{wave.started_at:%d %b, %H:%M} – {wave.last_at:%H:%M} UTC"

    @display(
        description="State",
        ordering="state",
        label={"held": "warning", "released": "success", "void": "danger"},
    )
    def state_label(self, wave: Wave) -> tuple[str, str]:
        return wave.state, wave.get_state_display()

    @admin.display(description="State")
    def standing(self, wave: Wave) -> str:
        return wave.get_state_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **nothing_to_save}
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, wave: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing here is typed in; a wave changes by a decision."""
