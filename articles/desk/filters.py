"""The filters beside the desk's list of articles."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from articles.models import Article, Author


class Mine(SimpleListFilter):
    """Articles that the signed-in user created at the desk."""

    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("mine", "Mine")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Article]
    ) -> QuerySet[Article] | None:
        return queryset.filter(created_by=request.user.pk) if self.value() == "mine" else None


class ByAuthor(SimpleListFilter):
    """Articles of one author."""

    title = "author"
    parameter_name = "author"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return Author.objects.values_list("slug", "name")

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Article]
    ) -> QuerySet[Article] | None:
        slug = self.value()
        return queryset.filter(authors__slug=slug) if slug else None
