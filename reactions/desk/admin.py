"""The desk: stories with what readers feel about them, what each takes, presets, and one story's statistics."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from reactions.counts import read_counts
from reactions.default_policies import remove_presets, save_preset
from reactions.desk.forms import PolicyForm, PresetForm
from reactions.kinds import ANY_KIND, KINDS, Kind, unpack
from reactions.models import Baseline, PolicyState, Preset, ReactedArticle, Total
from reactions.policy import Said, get_policy, set_policy, set_state
from reactions.stats.page import statistics_context


def _count_column(kind: Kind) -> Callable[[ReactedArticle], str]:
    @admin.display(description=kind.label, ordering=f"count_{kind.key}")
    def count(story: ReactedArticle) -> str:
        return f"{getattr(story, f'count_{kind.key}'):,}"

    return count


@admin.display(description="Total", ordering="count_total")
def total(story: ReactedArticle) -> str:
    return f"{getattr(story, 'count_total'):,}"  # noqa: B009  # annotated by get_queryset


@admin.display(description="Reactions")
def state(story: ReactedArticle) -> SafeString:
    address = reverse("admin:reactions_reactedarticle_change", args=[story.pk])
    now = getattr(story, "reactions_state")  # noqa: B009  # set by StoryList
    return format_html('<a href="{}" class="statistics-link">{}</a>', address, now)


@admin.display(description="Story", ordering="headline")
def story(story: ReactedArticle) -> SafeString:
    address = reverse("admin:reactions_statistics", args=[story.pk])
    return format_html('<a href="{}" class="statistics-link">{}</a>', address, story.headline)


@admin.display(description="Published", ordering="published_at")
def published(story: ReactedArticle) -> str:
    return date_format(localtime(story.published_at), "j M Y") if story.published_at else "–"


def _policy_action(state: PolicyState, verb: str) -> Callable[..., None]:
    @admin.action(description=f"{verb} reactions", permissions=["change"])
    def action(
        model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[ReactedArticle]
    ) -> None:
        stories = list(queryset)
        with transaction.atomic():
            count = set_state(article_ids=[story.pk for story in stories], state=state)
            LogEntry.objects.log_actions(_user_id(request), stories, CHANGE, f"{verb} reactions.")
        done = f"{verb} reactions: done for {count} stories."
        model_admin.message_user(request, done, messages.SUCCESS)

    action.__name__ = f"{state}_reactions"
    return action


class StoryList(ChangeList):
    """One page of stories, with what each takes at this moment: presets and the clock have their say."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        stories: Sequence[Any] = list(self.result_list)
        now = {each.article_id: each.state for each in read_counts([each.pk for each in stories])}
        for each in stories:
            each.reactions_state = now.get(each.pk) if each.is_public else "–"
        self.result_list = stories


@admin.register(ReactedArticle)
class ReactedArticleAdmin(ModelAdmin):
    """Stories with their counts and their total, each of which sorts the list; and what each story takes."""

    form = PolicyForm
    fields = ["in_effect", "reactions", "kinds", "closes_at", "close_after_days"]
    readonly_fields = ["in_effect"]
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
        _policy_action(PolicyState.OPEN, "Open"),
        _policy_action(PolicyState.CLOSED, "Close"),
        _policy_action(PolicyState.HIDDEN, "Hide"),
    ]

    class Media:
        css = {"all": ["reactions/statistics.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReactedArticle]:
        totals = Total.objects.filter(article_id=OuterRef("pk"))
        imported = Baseline.objects.filter(article_id=OuterRef("pk"))
        counts = {
            f"count_{kind.key}": _sum(totals.filter(kind=kind.bit))
            + _sum(imported.filter(kind=kind.bit))
            for kind in KINDS
        }
        stories: QuerySet[ReactedArticle] = super().get_queryset(request)
        return stories.annotate(count_total=_sum(totals) + _sum(imported), **counts)

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        return StoryList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, story: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> Any:
        """The story's policy; who may only look is shown its statistics."""
        story = self.get_object(request, object_id)
        if story and not self.has_change_permission(request) and self.has_view_permission(request):
            return redirect("admin:reactions_statistics", story.pk)
        return super().change_view(request, object_id, *args, **options)

    @admin.display(description="Now")
    def in_effect(self, story: ReactedArticle) -> str:
        found = get_policy(story.pk)
        return str(found[1]) if found else ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The story's own row stays as it is."""
        said = form.said
        set_policy(
            article_id=obj.pk,
            state=said.state,
            allowed=said.allowed,
            closes_at=said.closes_at,
            close_after_days=said.close_after_days,
        )

    def construct_change_message(self, request: HttpRequest, form: Any, *_: Any) -> Any:
        said = " · ".join(f"{name}: {value}" for name, value in _words(form.said).items())
        return f"Reactions: {said or 'as its section, its tags and the site say'}."

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


@admin.register(Preset)
class PresetAdmin(ModelAdmin):
    """What the stories of a section or with a tag take. In force at once, also for those published long ago."""

    form = PresetForm
    fields = ["name", "section", "tag", "state", "kinds", "close_after_days"]
    list_display = ["name", "section", "tag", "state", "takes", "close_after_days"]
    list_select_related = ["section", "tag"]
    search_fields = ["name"]

    @admin.display(description="Takes")
    def takes(self, preset: Preset) -> str:
        return "every kind" if preset.allowed is None else ", ".join(unpack(preset.allowed))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_preset(obj)

    def delete_model(self, request: HttpRequest, obj: Preset) -> None:
        remove_presets([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Preset]) -> None:
        remove_presets(queryset)


def _user_id(request: HttpRequest) -> int:
    assert request.user.pk is not None  # noqa: S101  # the desk is for those who signed in
    return request.user.pk


def _words(said: Said) -> dict[str, Any]:
    """What a story says, for its history; what it leaves unsaid is left out."""
    takes = "every kind" if said.allowed == ANY_KIND else ", ".join(unpack(said.allowed or 0))
    words = {
        "state": said.state,
        "takes": takes or None,
        "closes at": said.closes_at,
        "closes after days": said.close_after_days,
    }
    return {name: value for name, value in words.items() if value is not None}


def _sum(found: QuerySet[Any, Any]) -> Coalesce:
    """The counts of a story's rows, added up."""
    every = found.order_by().values("article_id").annotate(n=Sum("count")).values("n")
    return Coalesce(Subquery(every, output_field=BigIntegerField()), Value(0))
