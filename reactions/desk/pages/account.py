"""The page “Your account”: a user's time zone and language at the desk, the author that they are, and their mails."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldBooleanSwitchWidget

from articles import audit
from articles.desk.users import LanguageField, ZoneField
from articles.models import Account
from reactions.alerts.mail import has_mail
from reactions.alerts.recipients import sees_any
from reactions.alerts.reports import subscribe
from reactions.desk.pages.base import desk_page
from reactions.models import Subscription

_MAILS = ("daily", "weekly", "alerts")


class AccountForm(forms.Form):
    """What a user chooses. A zone or language that there is not is refused."""

    timezone = ZoneField()
    language = LanguageField()
    email = forms.EmailField(
        label="Mail address", required=False, max_length=254, widget=UnfoldAdminEmailInputWidget
    )
    daily = forms.BooleanField(
        label="Daily report",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="At 7:00 in your time zone: how the day before was.",
    )
    weekly = forms.BooleanField(
        label="Weekly report",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="On Mondays at 7:00: how the week before was.",
    )
    alerts = forms.BooleanField(
        label="Alerts by mail",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="When a story has far more reactions than usual, its mood turns, or a wave is held.",
    )

    def __init__(self, *args: Any, sees_figures: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not sees_figures:
            for name in _MAILS:
                del self.fields[name]


def account(request: HttpRequest) -> HttpResponse:
    """The page; a POST saves it."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    stored = Account.objects.filter(user=user).select_related("author").first() or Account(
        user=user
    )
    subscription = Subscription.objects.filter(user=user).first() or Subscription(user=user)
    initial = {
        "timezone": stored.timezone,
        "language": stored.language,
        "email": user.email,
        **{name: getattr(subscription, name) for name in _MAILS},
    }
    form = AccountForm(request.POST or None, initial=initial, sees_figures=sees_any(user))
    if request.method == "POST" and form.is_valid():
        _save(user, form.cleaned_data)
        messages.success(request, "Your account is saved.")
        return redirect("desk:account")
    context = {
        "title": "Your account",
        "form": form,
        "author": stored.author,
        "has_mail": has_mail(),
    }
    return desk_page(request, "account.html", context, status=400 if form.errors else 200)


@transaction.atomic
def _save(user: User, chosen: dict[str, Any]) -> None:
    Account.objects.update_or_create(
        user=user, defaults={"timezone": chosen["timezone"], "language": chosen["language"]}
    )
    if chosen["email"] != user.email:
        User.objects.filter(pk=user.pk).update(email=chosen["email"])
        before, after = {"email": user.email}, {"email": chosen["email"]}
        audit.record("changed", user, before=before, after=after)
    if "daily" in chosen:
        subscribe(user, **{name: chosen[name] for name in _MAILS})
