"""The admin of users and their roles: Django's admin classes with the templates of unfold."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language_info
from unfold.admin import ModelAdmin, StackedInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from articles.models import Account

# Label and help text, where Django's are for programmers.
WORDS = {
    "is_active": ("In use", "Untick it instead of deleting the account."),
    "is_staff": ("May sign in at the desk", ""),
    "is_superuser": ("May do everything", "Whatever the roles say."),
    "groups": ("Roles", "An account with several may do what each of them may."),
}

admin.site.unregister(User)
admin.site.unregister(Group)


@cache
def zone_choices() -> list[tuple[str, str]]:
    """The time zones that a user may choose, first the site's."""
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    return [("", f"The site’s: {settings.TIME_ZONE}"), *((zone, zone) for zone in zones)]


@cache
def language_choices() -> list[tuple[str, str]]:
    """The languages that a user may choose for the desk, each by its own name."""
    names = [(code, str(get_language_info(code)["name_local"])) for code in settings.DESK_LANGUAGES]
    return [("", "English (United Kingdom)"), *names]


class ZoneField(forms.ChoiceField):
    """A time zone; one that there is not is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="Time zone",
            required=False,
            choices=zone_choices,
            widget=UnfoldAdminSelectWidget,
            help_text="Days, hours and reports at the desk follow it.",
            error_messages={"invalid_choice": "There is no time zone called “%(value)s”."},
            **options,
        )


class LanguageField(forms.ChoiceField):
    """The language of the desk’s buttons, dates and numbers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            choices=language_choices,
            widget=UnfoldAdminSelectWidget,
            help_text="Of common buttons, dates and numbers. The desk’s own texts are English.",
            error_messages={"invalid_choice": "The desk has no language called “%(value)s”."},
            **options,
        )


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    timezone = ZoneField()
    language = LanguageField()

    class Meta:
        model = Account
        fields = ("author", "timezone", "language")


class AccountInline(StackedInline):
    """The author that a user is, whose figures they see, and how the desk shows them times."""

    model = Account
    form = AccountForm
    autocomplete_fields = ["author"]
    can_delete = False
    verbose_name_plural = "At the desk"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]  # as unfold documents it
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    nothing_here = "People who sign in at the desk are listed here."
    list_display = ["username", "first_name", "last_name", "roles", "is_staff", "last_login"]
    inlines = [AccountInline]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and db_field.name in WORDS:
            field.label, field.help_text = WORDS[db_field.name]  # type: ignore[attr-defined]  # a form field
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """A new user first gets a name and a password."""
        return self.inlines if obj else []

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # as above
    """Every migrate resets the permissions of the four roles; other groups are left unchanged."""
