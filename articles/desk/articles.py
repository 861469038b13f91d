"""The desk's list of articles and the page of one. `articles.editing` and `articles.workflow` do all writes."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import display

from articles import roles
from articles.desk import pages, presence, searching
from articles.desk.article_form import ArticleForm
from articles.desk.audited import AuditedAdmin
from articles.desk.filters import ByAuthor, Mine
from articles.desk.live_preview import render_preview
from articles.desk.pasting import to_markdown
from articles.desk.pictures import ArticleMediaInline
from articles.desk.transitions import DESK_TRANSITIONS
from articles.desk.version_check import describe_merge, join
from articles.editing import InvalidValue, NotEditable, create_draft, edit_article, note_pictures
from articles.fields import FIELDS, Fieldset
from articles.markup import list_hidden_pictures, with_dateline
from articles.models import (
    CURRENT_STATES,
    Article,
    ArticleMedia,
    ArticleQuerySet,
    Correction,
    State,
)
from articles.revisions import VersionConflict
from articles.workflow import Transition

COLOURS = {
    State.DRAFT: "",
    State.IN_REVIEW: "warning",
    State.SCHEDULED: "info",
    State.PUBLISHED: "success",
    State.CORRECTED: "success",
    State.UNPUBLISHED: "",
    State.RETRACTED: "danger",
    State.KILLED: "danger",
    State.SPIKED: "",
    State.MERGED: "",
}

DATELINE = (
    "Dateline",
    {
        "fields": [
            ("dateline_place", "dateline_region", "dateline_country"),
            ("dateline_date", "dateline_source", "dateline_style"),
            "dateline_shown",
        ],
    },
)
TIMES = (
    *("first_created_at", "version_created_at", "first_published_at", "published_at"),
    *("content_modified_at", "updated_at", "publish_at", "embargoed_until"),
)


class CorrectionInline(TabularInline):
    """The notices of corrections. The transition `correct` adds one; no form changes them."""

    model = Correction
    fields = ["kind", "text", "placement", "published_at", "version", "editor"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(AuditedAdmin):
    form = ArticleForm
    records_forms = False  # each version is an entry
    compressed_fields = False
    nothing_here = (
        "Stories that are written here, imported or registered by other sites are listed here."
    )
    list_display = [
        "title",
        "state_label",
        "section",
        "byline",
        "publication_time",
        "saved_at",
        "version",
    ]
    list_display_links = ["title"]
    list_filter = [Mine, "state", "section", "language", "source", "site", ByAuthor]
    list_select_related = ["section"]
    list_per_page = 50
    search_fields = ["headline", "slugline", "abstract", "byline", "slug"]
    search_help_text = "Words of the story, a tag, an author, or a day such as 2026-11-24"
    ordering = ["-version_created_at", "-id"]
    raw_id_fields = ["lead_image", "translation_of"]
    readonly_fields = [
        *(
            "dateline_shown",
            "live_preview",
            "text_shown",
            "tags_shown",
            "authors_shown",
            "place_shown",
        ),
        *("caption", "state", "version", "word_count", "guid", "id", *TIMES),
    ]
    inlines = [CorrectionInline, ArticleMediaInline]

    class Media:
        js = [
            forms.Script("articles/desk/autosave.js", type="module"),
            forms.Script("articles/desk/live-preview.js", type="module"),
            forms.Script("articles/desk/presence.js", type="module"),
            forms.Script("articles/desk/paste.js", type="module"),
        ]

    # Permissions

    def get_queryset(self, request: HttpRequest) -> ArticleQuerySet:
        return roles.seen_by(request.user).with_parts()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return request.user.has_perm("articles.view_article")
        return roles.may_see(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return request.user.has_perm("articles.add_article")
        return roles.may_write(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # articles are spiked or killed; their rows stay

    def get_view_on_site_url(self, obj: Model | None = None) -> str | None:
        article = cast(Article | None, obj)
        return article.get_absolute_url() if article and article.is_public else None

    # The list

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        found = searching.find(queryset, search_term)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "articles_article_changelist"
        if found.corrected and is_list and not getattr(request, "corrected", False):
            request.corrected = True  # type: ignore[attr-defined]  # the list may search more than once
            pairs = [f"“{new}” instead of “{old}”" for old, new in found.corrected.items()]
            text = f"Nothing was found as you typed it. These stories have {join(pairs)}."
            self.message_user(request, text, messages.WARNING)
        return found.articles, False

    @display(description="Story", ordering="headline", header=True)
    def title(self, article: Article) -> list[str]:
        return [article.headline, article.slugline]

    @display(description="State", ordering="state", label=cast(Any, COLOURS))
    def state_label(self, article: Article) -> tuple[str, str]:
        return article.state, article.get_state_display()

    @display(description="Out", ordering="published_at", empty_value="–")
    def publication_time(self, article: Article) -> str | None:
        return _moment(article.due_at or article.published_at)

    @display(description="Saved", ordering="version_created_at")
    def saved_at(self, article: Article) -> str | None:
        return _moment(article.version_created_at)

    # The page

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return READ
        return WRITTEN if obj is None else [*WRITTEN, PUBLICATION]

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        corrected = obj is not None and Correction.objects.filter(article=obj.pk).exists()
        gallery = self.has_change_permission(request, obj)
        wanted = {CorrectionInline: corrected, ArticleMediaInline: gallery}
        return [inline for inline in super().get_inlines(request, obj) if wanted[cast(Any, inline)]]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **options)
        form.refusal = getattr(request, "refusal", None)
        if obj:
            form.base_fields["expected_version"].initial = obj.version
        return form

    @admin.display(description="The dateline as it is printed")
    def dateline_shown(self, article: Article) -> SafeString:
        return format_html(
            '<output class="desk-dateline" data-dateline>{}</output>', article.dateline_text or "–"
        )

    @admin.display(description="As readers see it")
    def live_preview(self, article: Article) -> SafeString:
        return format_html(
            '<div class="desk-preview" data-preview-of="body_markdown" data-url="{}"'
            ' role="region" aria-label="Preview" tabindex="0" lang="{}"></div>'
            '<p class="desk-preview-notes" role="status"></p>',
            reverse("admin:articles_live_preview"),
            article.language,
        )

    @admin.display(description="Text")
    def text_shown(self, article: Article) -> SafeString:
        # Sanitised when it was stored, as on the page.
        html = SafeString(with_dateline(article.body_html, article.dateline_text))
        return format_html('<div class="desk-preview" lang="{}">{}</div>', article.language, html)

    @admin.display(description="Published on")
    def place_shown(self, article: Article) -> SafeString | str:
        if article.merged_into is not None:
            address = reverse("admin:articles_article_change", args=[article.merged_into_id])
            return format_html('Merged into <a href="{}">{}</a>', address, article.merged_into)
        if article.site is not None:
            return format_html('{}: <a href="{}">{}</a>', article.site, article.url, article.url)
        return settings.SITE_NAME

    @admin.display(description="Tags")
    def tags_shown(self, article: Article) -> str:
        return ", ".join(tag.name for tag in article.ordered_tags)

    @admin.display(description="Authors")
    def authors_shown(self, article: Article) -> str:
        links = article.author_links.select_related("author")
        return ", ".join(f"{link.author.name} ({link.role})" for link in links)

    @admin.display(description="Lead image")
    def caption(self, article: Article) -> str:
        return str(article.lead_image or "")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form again with the error where `articles.editing` refused; it has changed nothing then."""
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except Article.DoesNotExist:  # deleted meanwhile
            raise Http404 from None
        except (InvalidValue, VersionConflict, NotEditable) as error:
            if isinstance(error, InvalidValue):
                request.refusal = error  # type: ignore[attr-defined]  # read by get_form
            # Read again: where another editor has saved just now, the next attempt finds what to merge, or refuses.
            return self.changeform_view(request, object_id, form_url, extra_context)
        if getattr(request, "saved", False):
            pages.mark_saved(request, response)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        article = context.get("original")
        transitions = roles.transitions_for(request.user, article) if article else []
        context |= {
            "state_colour": COLOURS[State(article.state)] if article else "",
            "buttons": [(transition, DESK_TRANSITIONS[transition]) for transition in transitions],
            "presence": self._presence(request, article),
            "may_share": article
            and not article.is_public
            and self.has_change_permission(request, article),
            "may_lead": article
            and article.state in CURRENT_STATES
            and request.user.has_perm("articles.add_lead"),
            "show_save_and_add_another": False,
            "show_history": False,  # the page of versions replaces it
        }
        return super().render_change_form(request, context, *args, **options)

    def _presence(self, request: HttpRequest, article: Article | None) -> str | None:
        """Who else has the form open; None where there is no form."""
        if article is None or not self.has_change_permission(request, article):
            return None
        return presence.describe(presence.enter(article_id=article.pk, user=_user(request)))

    # Saving

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        editor = request.user.get_username()
        if change:
            edit_article(
                article_id=obj.pk,
                changes=form.changes,
                expected_version=form.version,
                merge=True,
                editor=editor,
            )
            if form.merged_with:
                self.message_user(request, describe_merge(form.merged_with), messages.WARNING)
        else:
            obj.pk = create_draft(
                values=form.changes, editor=editor, created_by_id=request.user.pk
            ).pk
        obj.refresh_from_db()
        if hidden := list_hidden_pictures(obj.body_markdown):
            lines = [f"line {each.line}: {each.text}" for each in hidden]
            text = f"Before this story is published: {' '.join(lines)}"
            self.message_user(request, text, messages.WARNING)
        request.saved = True  # type: ignore[attr-defined]  # read by changeform_view

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return super().construct_change_message(request, form, [], add)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The further pictures, with a version of their own; `save_model` has saved all else."""
        for formset in formsets:
            if formset.model is ArticleMedia and formset.has_changed():
                formset.save()
                note_pictures(article_id=form.instance.pk, editor=request.user.get_username())

    # Further pages

    def get_urls(self) -> list[Any]:
        def own(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"articles_{name}")

        return [
            own("paste/", self.paste_view, "paste"),
            own("live-preview/", self.live_preview_view, "live_preview"),
            own(
                "<uuid:article_id>/transition/<slug:transition>/",
                self.transition_view,
                "transition",
            ),
            own("<uuid:article_id>/editing/", self.editing_view, "editing"),
            own("<uuid:article_id>/preview-link/", self.preview_link_view, "preview_link"),
            own("<uuid:article_id>/versions/", self.versions_view, "versions"),
            own("<uuid:article_id>/restore/<int:version>/", self.restore_view, "restore"),
            *super().get_urls(),
        ]

    def live_preview_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise Http404
        return require_POST(lambda request: JsonResponse(render_preview(request.POST)))(request)

    def paste_view(self, request: HttpRequest) -> HttpResponse:
        """A call of paste.js: the Markdown of the HTML that the editor pastes."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise Http404
        return JsonResponse({"markdown": to_markdown(request.POST.get("html", ""))})

    def editing_view(self, request: HttpRequest, article_id: UUID) -> HttpResponse:
        """A call of presence.js: the user has the form open, or with `left` has closed it."""
        article = self._seen(request, article_id)
        if request.method != "POST" or not self.has_change_permission(request, article):
            raise Http404
        if "left" in request.POST:
            presence.leave(article_id=article.pk, user=_user(request))
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return JsonResponse({"text": self._presence(request, article)})

    def transition_view(
        self, request: HttpRequest, article_id: UUID, transition: str
    ) -> HttpResponse:
        if transition not in DESK_TRANSITIONS:
            raise Http404
        return pages.transition(
            request, self.admin_site, self._seen(request, article_id), Transition(transition)
        )

    def preview_link_view(self, request: HttpRequest, article_id: UUID) -> HttpResponse:
        return pages.preview_link(request, self.admin_site, self._seen(request, article_id))

    def versions_view(self, request: HttpRequest, article_id: UUID) -> HttpResponse:
        return pages.versions(request, self.admin_site, self._seen(request, article_id))

    def restore_view(self, request: HttpRequest, article_id: UUID, version: int) -> HttpResponse:
        return pages.restore(request, self.admin_site, self._seen(request, article_id), version)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        versions, query = (
            reverse("admin:articles_versions", args=[object_id]),
            request.GET.urlencode(),
        )
        return redirect(f"{versions}?{query}" if query else versions)

    def _seen(self, request: HttpRequest, article_id: UUID) -> Article:
        try:
            return roles.seen_by(request.user).get(pk=article_id)
        except Article.DoesNotExist:
            raise Http404 from None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other


def _moment(when: datetime | None) -> str | None:
    return date_format(localtime(when), "j M Y, H:i") if when else None


def _fieldset(fieldset: Fieldset, *rows: str | tuple[str, ...]) -> Any:
    """Its rows, and a row of its own for each field that `articles.fields` puts here and no row shows."""
    shown = {name for row in rows for name in ([row] if isinstance(row, str) else row)}
    others = [f.name for f in FIELDS if f.fieldset is fieldset and f.name not in shown]
    return fieldset.value or None, {"fields": [*rows, *others]}


WRITTEN = [
    _fieldset(
        Fieldset.TEXT,
        "headline",
        "subheadline",
        ("short_headline", "slugline"),
        "abstract",
        ("body_markdown", "live_preview"),
    ),
    _fieldset(Fieldset.AUTHORS, "author_lines", "byline"),
    DATELINE,
    _fieldset(
        Fieldset.FILED_UNDER,
        ("section", "article_type"),
        ("tag_lines", "subject_lines"),
        ("language", "urgency"),
        "lead_image",
    ),
    _fieldset(Fieldset.NOTES, "ed_note", "editor_note"),
    _fieldset(
        Fieldset.ORIGIN,
        "slug",
        ("source", "canonical_url"),
        ("translation_of", "expires_at"),
        ("credit_line", "copyright_holder"),
        ("copyright_notice", "usage_terms"),
    ),
]
PUBLICATION = (
    "Times",
    {"fields": [*zip(TIMES[::2], TIMES[1::2], strict=True), ("word_count", "guid"), "place_shown"]},
)
READ = [
    (
        None,
        {
            "fields": [
                *("headline", "subheadline", "abstract", "text_shown", "byline"),
                *("authors_shown", "section", "tags_shown", "language", "caption"),
                *("editor_note", "ed_note", "slug"),
            ]
        },
    ),
    PUBLICATION,
]
