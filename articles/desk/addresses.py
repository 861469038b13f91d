"""The addresses of the articles of sites at the desk: their list, a file of moves, and merging two articles."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from articles.desk.read_only import ReadOnlyAdmin
from articles.models import Article, ArticleAddress
from articles.sites.move_files import MOST_BYTES, FileRefused, FileResult, move_articles
from articles.sites.moves import MoveRefused, find_named, merge_articles

_NAMES = "Its id, its slug, or one of its addresses."
# Lines of the result that the page shows; manage.py move_articles prints all.
_MOST_SHOWN = 200


class MovesForm(forms.Form):
    """`result` is what the file does, or would do."""

    upload = forms.FileField(
        label="CSV file",
        help_text="Two columns, old and new: the addresses before and after. A page that is known by both is merged.",
        widget=UnfoldAdminFileFieldWidget({"accept": ".csv,text/csv"}),
    )
    dry_run = forms.BooleanField(
        label="Only show what it would do",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
    result: FileResult | None = None

    def __init__(self, *args: Any, editor: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._editor = editor

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if upload := cleaned.get("upload"):
            try:
                self.result = move_articles(
                    content=upload.read(MOST_BYTES + 1),
                    dry_run=cleaned["dry_run"],
                    editor=self._editor,
                )
            except FileRefused as refused:
                raise forms.ValidationError([str(each) for each in refused.mistakes]) from None
        return cleaned


class MergeForm(forms.Form):
    """Two articles by their names; `merged` is the one that is left."""

    article = forms.CharField(
        label="Story that goes", help_text=_NAMES, widget=UnfoldAdminTextInputWidget
    )
    into = forms.CharField(
        label="Story that stays", help_text=_NAMES, widget=UnfoldAdminTextInputWidget
    )
    merged: Article | None = None

    def __init__(self, *args: Any, editor: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._editor = editor

    def clean_article(self) -> Article:
        return self._find("article")

    def clean_into(self) -> Article:
        return self._find("into")

    def _find(self, name: str) -> Article:
        try:
            return find_named(self.cleaned_data[name].strip())
        except Article.DoesNotExist:
            raise forms.ValidationError("There is no such story.") from None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.merged = merge_articles(
                    article_id=cleaned["article"].pk,
                    into_id=cleaned["into"].pk,
                    editor=self._editor,
                )
            except MoveRefused as refused:
                raise forms.ValidationError(refused.text) from None
        return cleaned


def _check_permission(request: HttpRequest) -> None:
    """Those who may change sites. Raises PermissionDenied."""
    if not request.user.has_perm("articles.change_site"):
        raise PermissionDenied


@admin.register(ArticleAddress)
class ArticleAddressAdmin(ReadOnlyAdmin):
    """The addresses of the articles of sites: canonical ones, former ones and further ones."""

    nothing_here = "Every address of a story of another site is listed here, former ones, too."
    list_display = ["url", "article", "site", "is_canonical", "created_at"]
    list_filter = ["site", "is_canonical"]
    list_select_related = ["article", "site"]
    search_fields = ["url", "article__headline"]
    ordering = ["-id"]
    list_before_template = "admin/articles/_address_links.html"  # type: ignore[assignment]  # unfold's is None

    def get_urls(self) -> list[Any]:
        return [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"articles_{name}")
            for name, view in (("moves", self.moves_view), ("merge", self.merge_view))
        ] + super().get_urls()

    def moves_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a file of moves would do, or apply it."""
        _check_permission(request)
        form = MovesForm(
            request.POST or None, request.FILES or None, editor=request.user.get_username()
        )
        shown: list[str] = []
        if form.is_valid() and form.result:
            shown = list(form.result.lines())
            if not form.cleaned_data["dry_run"]:
                messages.success(request, shown[-1])
        context = {
            "lines": [*shown[-1:], *shown[:-1][:_MOST_SHOWN]],
            "is_dry_run": bool(shown) and form.cleaned_data["dry_run"],
        }
        return self._page(request, "moves", "Moves from a file", form, context)

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Merge two articles that were registered apart."""
        _check_permission(request)
        form = MergeForm(
            request.POST or None,
            initial={"article": request.GET.get("article", "")},
            editor=request.user.get_username(),
        )
        if form.is_valid() and form.merged:
            messages.success(request, f"“{form.merged.headline}” has the reactions of both.")
            return redirect("admin:articles_article_change", form.merged.pk)
        return self._page(request, "merge", "Merge two stories", form, {})

    def _page(
        self, request: HttpRequest, name: str, title: str, form: forms.Form, context: Any
    ) -> HttpResponse:
        every = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "back": reverse("admin:articles_articleaddress_changelist"),
        }
        return render(request, f"admin/articles/{name}.html", every | context)
