"""A user's own security at the desk: password, second factor, and where they are signed in."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from articles import audit, second_factor
from articles.accounts import end_sessions
from newsroom.sign_in import sessions, throttle
from newsroom.sign_in.forms import CodeForm, OwnSetUpForm
from newsroom.sign_in.views import set_up_context, throttled, too_many, try_set_up


def change_password(request: HttpRequest) -> HttpResponse:
    """Django's page; a changed password ends the user's other sessions."""
    user = _user(request)
    before = user.password
    response = admin.site.password_change(request)
    if request.method == "POST" and user.password != before:
        # The session has a new key.
        sessions.note_session(request, user)
        ended = end_sessions(user, but=request.session)
        audit.record("password changed", user, note=f"Other sessions that ended: {ended}.")
    return response


def sessions_page(request: HttpRequest) -> HttpResponse:
    """Where the user is signed in. A POST ends one of these sessions (`end`), or all others (`others`)."""
    user = _user(request)
    if request.method == "POST":
        _end(request, user)
        return redirect("sign_in:sessions")
    own = request.session.session_key
    found = [
        {"session": each, "name": sessions.name_of(each.pk), "is_own": each.pk == own}
        for each in sessions.sessions_of(user)
    ]
    found.sort(key=lambda each: not each["is_own"])
    return _page(request, "sessions", "Where you are signed in", sessions=found)


def _end(request: HttpRequest, user: User) -> None:
    if "others" in request.POST:
        count = end_sessions(user, but=request.session)
        audit.record("sessions ended", user, note=f"All others: {count}.")
        messages.success(request, "You are signed in here alone.")
    elif browser := sessions.end_session(user, request.POST.get("end", "")):
        audit.record("sessions ended", user, note=f"{browser}.")
        messages.success(request, f"The session of {browser} has ended.")
    else:
        messages.warning(request, "That session has ended already.")


def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Whether the user has a second factor, and what can be done about it."""
    user = _user(request)
    context = {
        "has_factor": second_factor.has_factor(user),
        "must_have": second_factor.must_have_factor(user),
        "codes_left": second_factor.recovery_codes_left(user),
    }
    return _page(request, "second_factor", "Second factor", **context)


@sensitive_variables()
@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """Set one up, with the password; the user's other sessions, which were begun without it, end."""
    user = _user(request)
    if second_factor.has_factor(user):
        return redirect("sign_in:second_factor")
    form, name = OwnSetUpForm(request.POST or None, user=user), user.get_username()
    wait = throttle.take_try(request, name) if request.method == "POST" else 0
    codes = None if wait else try_set_up(request, user, form)
    if codes is None:
        response = _page(
            request,
            "set_up_own",
            "Set up a second factor",
            form=OwnSetUpForm(user=user) if wait else form,
            refused=too_many(wait) if wait else "",
            **set_up_context(request, user),
        )
        return throttled(response, wait) if wait else response
    throttle.forget_tries(request, name)
    sessions.note_factor(request.session)
    end_sessions(user, but=request.session)
    return _page(request, "codes_own", "Your recovery codes", codes=codes)


@sensitive_variables()
@sensitive_post_parameters()
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes; asks for a code."""

    def make(user: User) -> HttpResponse:
        codes = second_factor.new_recovery_codes(user)
        audit.record("recovery codes made", user)
        return _page(request, "codes_own", "Your recovery codes", codes=codes)

    return _with_code(
        request,
        make,
        title="New recovery codes",
        text="Ten new codes take the place of those that you have.",
        button="Make new codes",
    )


@sensitive_post_parameters()
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the factor; asks for a code. Who must have one is led to set it up at the next sign-in."""

    def do(user: User) -> HttpResponse:
        second_factor.remove_factor(user)
        sessions.forget_factor(request.session)
        end_sessions(user, but=request.session)
        audit.record("second factor removed", user)
        messages.success(request, "You sign in with your password alone.")
        return redirect("sign_in:second_factor")

    return _with_code(
        request,
        do,
        title="Remove the second factor",
        text="You sign in with your password alone then, and your other sessions end.",
        button="Remove it",
    )


def _with_code(
    request: HttpRequest, act: Callable[[User], HttpResponse], **context: Any
) -> HttpResponse:
    """A form for a code; acts where it is right."""
    user = _user(request)
    if not second_factor.has_factor(user):
        return redirect("sign_in:second_factor")
    form = CodeForm(request.POST or None)
    wait = 0.0
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            checked = second_factor.check_code(user, form.cleaned_data["code"])
            if checked.accepted:
                return act(user)
        wait = checked.wait
        form.add_error("code", too_many(wait) if wait else "This is not the code.")
    response = _page(request, "with_code", context.pop("title"), form=form, **context)
    return throttled(response, wait) if wait else response


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    every = {**admin.site.each_context(request), "title": title, **context}
    response = render(request, f"newsroom/sign_in/{name}.html", every)
    response["Cache-Control"] = "no-store"
    return response


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other
