"""The desk of reactions: articles with their counts and policies, and default policies."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.generic import RedirectView
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from articles.desk.audited import AuditedAdmin
from reactions.counts import read_counts
from reactions.default_policies import delete_default_policies, save_default_policy
from reactions.desk.forms import DefaultPolicyForm, PolicyForm
from reactions.kinds import KINDS, Kind, unpack
from reactions.models import ArticleCount, DefaultPolicy, ImportedCount, PolicyState, ReactedArticle
from reactions.policy import get_policy, set_policy, set_state


def _count_column(kind: Kind) -> Callable[[ReactedArticle], str]:
    @admin.display(description=kind.label, ordering=f"count_{kind.key}")
    def count(article: ReactedArticle) -> str:
        return f"{getattr(article, f'count_{kind.key}'):,}"

    return count


@admin.display(description="Total", ordering="count_total")
def total(article: ReactedArticle) -> str:
    return f"{getattr(article, 'count_total'):,}"  # noqa: B009  # annotated by get_queryset


@admin.display(description="Reactions")
def state(article: ReactedArticle) -> SafeString:
    address = reverse("admin:reactions_reactedarticle_change", args=[article.pk])
    now = getattr(article, "reactions_state")  # noqa: B009  # set by ArticleList
    return format_html('<a href="{}" class="figures-link">{}</a>', address, now)


@admin.display(description="Story", ordering="headline")
def article(article: ReactedArticle) -> SafeString:
    address = reverse("desk:story", args=[article.pk])
    return format_html('<a href="{}" class="figures-link">{}</a>', address, article.headline)


@admin.display(description="Published", ordering="published_at")
def published(article: ReactedArticle) -> str:
    return date_format(localtime(article.published_at), "j M Y") if article.published_at else "–"


def _policy_action(state: PolicyState, verb: str) -> Callable[..., None]:
    @admin.action(description=f"{verb} reactions", permissions=["change"])
    def action(
        model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[ReactedArticle]
    ) -> None:
        articles = list(queryset)
        count = set_state(article_ids=[article.pk for article in articles], state=state)
        done = f"{verb} reactions: done for {count} {'story' if count == 1 else 'stories'}."
        model_admin.message_user(request, done, messages.SUCCESS)

    action.__name__ = f"{state}_reactions"
    return action


class ArticleList(ChangeList):
    """One page of articles, each with the state of its effective policy at this moment."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        articles: Sequence[Any] = list(self.result_list)
        now = {each.article_id: each.state for each in read_counts([each.pk for each in articles])}
        for each in articles:
            each.reactions_state = now.get(each.pk) if each.is_public else "–"
        self.result_list = articles


@admin.register(ReactedArticle)
class ReactedArticleAdmin(AuditedAdmin):
    """Articles with their counts and their total, each of which sorts the list; and the policy of each."""

    form = PolicyForm
    records_forms = False  # set_policy does
    fields = ["in_effect", "reactions", "kinds", "closes_at", "close_after_days"]
    readonly_fields = ["in_effect"]
    search_fields = ["headline", "slug"]
    list_filter = ["section", "language"]
    ordering = ["-published_at"]
    list_per_page = 50
    nothing_here = "Stories are listed here with the reactions of their readers."
    list_display = [
        article,
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
        css = {"all": ["reactions/figures.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReactedArticle]:
        totals = ArticleCount.objects.filter(article_id=OuterRef("pk"))
        imported = ImportedCount.objects.filter(article_id=OuterRef("pk"))
        counts = {
            f"count_{kind.key}": _sum(totals.filter(kind=kind.bit))
            + _sum(imported.filter(kind=kind.bit))
            for kind in KINDS
        }
        articles: QuerySet[ReactedArticle] = super().get_queryset(request)
        return articles.annotate(count_total=_sum(totals) + _sum(imported), **counts)

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        return ArticleList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, article: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> Any:
        """The article's policy; a user who may only view is redirected to its statistics."""
        article = self.get_object(request, object_id)
        if (
            article
            and not self.has_change_permission(request)
            and self.has_view_permission(request)
        ):
            statistics = reverse("desk:story", args=[article.pk])
            query = request.GET.urlencode()
            return redirect(f"{statistics}?{query}" if query else statistics)
        return super().change_view(request, object_id, *args, **options)

    @admin.display(description="Now")
    def in_effect(self, article: ReactedArticle) -> str:
        found = get_policy(article.pk)
        return str(found[1]) if found else ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The article's row does not change."""
        own = form.own_policy
        set_policy(
            article_id=obj.pk,
            state=own.state,
            allowed=own.allowed,
            closes_at=own.closes_at,
            close_after_days=own.close_after_days,
        )

    def get_urls(self) -> list[Any]:
        # Where the page was in earlier releases: links in mails and bookmarks still lead to it.
        to_story = RedirectView.as_view(pattern_name="desk:story", query_string=True)
        moved = path("<uuid:article_id>/statistics/", to_story, name="reactions_statistics")
        return [moved, *super().get_urls()]


@admin.register(DefaultPolicy)
class DefaultPolicyAdmin(AuditedAdmin):
    """What the articles of a section or site, or with a tag, accept. In force at once, also for articles published long ago."""

    form = DefaultPolicyForm
    records_forms = False  # what saves and deletes them does
    fields = ["name", "section", "tag", "site", "state", "kinds", "close_after_days"]
    nothing_here = "Every story accepts what the site’s setting says. A default policy is for the stories of one section, tag or site."
    list_display = ["name", "section", "tag", "site", "state", "accepts", "close_after_days"]
    list_select_related = ["section", "tag", "site"]
    search_fields = ["name"]

    @admin.display(description="Accepts")
    def accepts(self, policy: DefaultPolicy) -> str:
        return "every kind" if policy.allowed is None else ", ".join(unpack(policy.allowed))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_default_policy(obj)

    def delete_model(self, request: HttpRequest, obj: DefaultPolicy) -> None:
        delete_default_policies([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DefaultPolicy]) -> None:
        delete_default_policies(queryset)


def _sum(found: QuerySet[Any, Any]) -> Coalesce:
    """The counts of an article's rows, added up."""
    every = found.order_by().values("article_id").annotate(n=Sum("count")).values("n")
    return Coalesce(Subquery(every, output_field=BigIntegerField()), Value(0))
