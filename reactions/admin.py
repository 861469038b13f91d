"""The desk: stories with what readers feel about them, and the statistics of one story."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin

from reactions.desk import statistics_context
from reactions.kinds import KINDS, Kind
from reactions.models import Baseline, Policy, ReactedArticle, Total
from reactions.policy import set_policy
from reactions.waves_admin import WaveAdmin as WaveAdmin  # registered with the rest


def _count_column(kind: Kind) -> Callable[[ReactedArticle], str]:
    @admin.display(description=kind.label, ordering=f"count_{kind.key}")
    def count(story: ReactedArticle) -> str:
        return f"{getattr(story, f'count_{kind.key}'):,}"

    return count


@admin.display(description="Total", ordering="count_total")
def total(story: ReactedArticle) -> str:
    return f"{getattr(story, 'count_total'):,}"  # noqa: B009  # annotated by get_queryset


@admin.display(description="Reactions", ordering="reactions_state")
def state(story: ReactedArticle) -> str:
    return str(getattr(story, "reactions_state"))  # noqa: B009  # annotated by get_queryset


@admin.display(description="Story", ordering="headline")
def story(story: ReactedArticle) -> SafeString:
    address = reverse("admin:reactions_statistics", args=[story.pk])
    return format_html('<a href="{}" class="statistics-link">{}</a>', address, story.headline)


@admin.display(description="Published", ordering="published_at")
def published(story: ReactedArticle) -> str:
    return date_format(localtime(story.published_at), "j M Y") if story.published_at else "–"


def _policy_action(state: Policy.State, verb: str) -> Callable[..., None]:
    @admin.action(description=f"{verb} reactions", permissions=["change"])
    def action(
        model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[ReactedArticle]
    ) -> None:
        for story in queryset:
            set_policy(article_id=story.pk, state=state)
        done = f"{verb} reactions: done for {len(queryset)} stories."
        model_admin.message_user(request, done, messages.SUCCESS)

    action.__name__ = f"{state}_reactions"
    return action


@admin.register(ReactedArticle)
class ReactedArticleAdmin(ModelAdmin):
    """Stories with their seven counts and their total, each of which sorts the list."""

    search_fields = ["headline", "slug"]
    list_filter = ["section", "language"]
    ordering = ["-published_at"]
    list_per_page = 50
    list_display = [
        story,
        published,
        total,
        *(_count_column(kind) for kind in KINDS),
        state,
    ]
    list_display_links = None
    actions = [
        _policy_action(Policy.State.OPEN, "Open"),
        _policy_action(Policy.State.CLOSED, "Close"),
        _policy_action(Policy.State.HIDDEN, "Hide"),
    ]

    class Media:
        css = {"all": ["reactions/statistics.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReactedArticle]:
        totals = Total.objects.filter(article_id=OuterRef("pk"))
        imported = Baseline.objects.filter(article_id=OuterRef("pk"))
        policy = Policy.objects.filter(article_id=OuterRef("pk")).values("state")
        counts = {
            f"count_{kind.key}": _sum(totals.filter(kind=kind.bit))
            + _sum(imported.filter(kind=kind.bit))
            for kind in KINDS
        }
        stories: QuerySet[ReactedArticle] = super().get_queryset(request)
        return stories.annotate(
            count_total=_sum(totals) + _sum(imported),
            reactions_state=_or(policy, str(Policy.State.OPEN)),
            **counts,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, story: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.statistics_view)
        mine = path("<uuid:article_id>/statistics/", view, name="reactions_statistics")
        return [mine, *super().get_urls()]

    def statistics_view(self, request: HttpRequest, article_id: UUID) -> HttpResponse:
        """One story: its mix now, and its reactions over time, as a chart and as a table."""
        story = ReactedArticle.objects.filter(pk=article_id).first()
        if story is None or not self.has_view_permission(request, story):
            raise Http404
        context = {**self.admin_site.each_context(request), **statistics_context(request, story)}
        return render(request, "reactions/statistics.html", context)


def _sum(found: QuerySet[Any, Any]) -> Coalesce:
    """The counts of a story's rows, added up."""
    every = found.order_by().values("article_id").annotate(n=Sum("count")).values("n")
    return Coalesce(Subquery(every, output_field=BigIntegerField()), Value(0))


def _or(found: QuerySet[Any, Any], otherwise: str) -> Coalesce:
    """What a subquery finds for a story, or this where it finds nothing."""
    return Coalesce(Subquery(found), Value(otherwise))
