"""The admin of users and their roles: Django's admin classes with the templates of unfold.

A user who is no administrator, and may change users, makes no one mightier than they are themselves.
"""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language_info
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import StackedInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from articles import audit
from articles.accounts import end_sessions
from articles.desk.audited import AuditedAdmin
from articles.models import Account
from articles.second_factor import remove_factor

# Label and help text, where Django's are for programmers.
WORDS = {
    "is_active": ("In use", "Untick it instead of deleting the account."),
    "is_staff": ("May sign in at the desk", ""),
    "is_superuser": ("May do everything", "Whatever the roles say."),
    "groups": ("Roles", "An account with several may do what each of them may."),
}

admin.site.unregister(User)
admin.site.unregister(Group)
# Their pages show keys; a user's second factor is reset on the list of users.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)


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


# What only an administrator gives and takes.
_OF_ADMINISTRATORS = ("is_superuser", "user_permissions")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, AuditedAdmin):  # type: ignore[misc, type-arg]  # as unfold documents it
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    nothing_here = "People who sign in at the desk are listed here."
    list_display = [
        *("username", "first_name", "last_name", "roles", "is_staff"),
        *("has_second_factor", "last_login"),
    ]
    inlines = [AccountInline]
    actions = ["reset_second_factor"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and db_field.name in WORDS:
            field.label, field.help_text = WORDS[db_field.name]  # type: ignore[attr-defined]  # a form field
        return field

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        if db_field.name == "groups":
            options["queryset"] = groups_to_give(request.user)
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if _is_administrator(request) else [*own, *_OF_ADMINISTRATORS]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups", "totpdevice_set")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """A new user first gets a name and a password."""
        return self.inlines if obj else []

    def audit_values(self, obj: User) -> dict[str, Any]:
        values = audit.values_of(obj)
        if account := Account.objects.select_related("author").filter(user=obj).first():
            of_account = audit.values_of(account)
            values |= {name: of_account[name] for name in ("author", "timezone", "language")}
        return values

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  # as Django names it
        form_url: str = "",
    ) -> HttpResponse:
        """Ends all sessions of the user. One's own password is changed where the old one is asked for."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        if hasattr(request, "values_before"):
            return super().log_change(request, obj, message)
        ended = end_sessions(obj)
        return audit.record("password changed", obj, note=f"Sessions that ended: {ended}.")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description="Second factor", boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return any(device.confirmed for device in user.totpdevice_set.all())

    @admin.action(description="Reset the second factor", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For who has lost the phone and the recovery codes. Their sessions end."""
        reset = [user for user in users if _may_touch(request, user) and reset_factor(user)]
        text = f"Reset: {', '.join(user.get_username() for user in reset) or 'none had one'}."
        self.message_user(request, text, messages.SUCCESS)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, AuditedAdmin):  # type: ignore[misc]  # as above
    """Every migrate resets the permissions of the four roles; other groups are left unchanged."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_administrator(request)


def reset_factor(user: User) -> bool:
    """Remove the user's second factor and end their sessions; whether there was one."""
    if not remove_factor(user):
        return False
    end_sessions(user)
    audit.record("second factor reset", user)
    return True


def groups_to_give(user: Any) -> QuerySet[Group]:
    """The roles that allow nothing that this user may not do."""
    if user.is_superuser:
        return Group.objects.all()
    own = user.get_all_permissions()
    allowed = [
        group.pk
        for group in Group.objects.prefetch_related("permissions__content_type")
        if {f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()}
        <= own
    ]
    return Group.objects.filter(pk__in=allowed)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """An administrator everyone, others those alone who may do no more than they."""
    if user is None or _is_administrator(request):
        return True
    return (
        not user.is_superuser and user.get_all_permissions() <= request.user.get_all_permissions()
    )


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_superuser
