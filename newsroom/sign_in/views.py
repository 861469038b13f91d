"""The pages by which a user signs in: password, code, and setting up a second factor where the user must have one."""

import time
from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from unfold.forms import AuthenticationForm

from articles import audit, second_factor
from articles.models import ActorKind
from newsroom.sign_in import known_browsers, pending, sessions, throttle
from newsroom.sign_in.browsers import browser_in_words
from newsroom.sign_in.forms import CodeForm
from newsroom.tasks import mail_new_browser

_KEY = "second_factor_key"
# Who typed a wrong password is not known.
NOBODY = audit.Actor(ActorKind.USER)


class SignIn(LoginView):
    """Name and password. The second factor, where the user has or must have one, is asked for on a page of its own."""

    template_name = "newsroom/sign_in/password.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = False

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        if request.method == "GET" and admin.site.has_permission(request):
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **options)

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        name = request.POST.get("username", "")
        if wait := throttle.take_try(request, name):
            return self._refuse(name, wait)
        return super().post(request, *args, **options)

    def form_valid(self, form: Any) -> HttpResponse:
        user, name = form.get_user(), form.cleaned_data["username"]
        throttle.forget_tries(self.request, name)
        to = self.get_success_url()
        has_factor = second_factor.has_factor(user)
        if has_factor or second_factor.must_have_factor(user):
            pending.begin(self.request, user, name=name, to=to)
            return redirect("sign_in:code" if has_factor else "sign_in:set_up")
        return complete(self.request, user, name=name, response=redirect(to))

    def form_invalid(self, form: Any) -> HttpResponse:
        _note_refusal(self.request.POST.get("username", ""))
        return super().form_invalid(form)

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        return super().get_context_data(
            **admin.site.each_context(self.request),
            title="Sign in",
            app_path=self.request.get_full_path(),
            **options,
        )

    def _refuse(self, name: str, wait: float) -> HttpResponse:
        form = AuthenticationForm(self.request, initial={"username": name})
        context = self.get_context_data(form=form, refused=too_many(wait))
        return throttled(render(self.request, self.template_name, context), wait)


@never_cache
@csrf_protect
@sensitive_post_parameters()
def code(request: HttpRequest) -> HttpResponse:
    """The code of the app, or a recovery code, of a user whose password was right."""
    user = pending.user_of(request)
    if user is None:
        return redirect("admin:login")
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "code", form=form)
    checked = second_factor.check_code(user, form.cleaned_data["code"])
    if checked.accepted:
        to, name = pending.next_address(request), pending.typed_name(request)
        if checked.is_recovery:
            left = second_factor.recovery_codes_left(user)
            note = f"A recovery code was used; {left} are left."
            audit.record("recovery code used", user, note=note, actor=audit.user_actor(user))
        return complete(request, user, name=name, response=redirect(to), with_factor=True)
    if checked.wait:
        response = _page(request, "code", form=CodeForm(), refused=too_many(checked.wait))
        return throttled(response, checked.wait)
    audit.record("sign-in refused", user, note="Wrong code.", actor=NOBODY)
    form.add_error("code", "This is not the code. A code is good once, for half a minute.")
    return _page(request, "code", form=form)


@never_cache
@csrf_protect
@sensitive_variables()
@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up a second factor to sign in with: for a user who must have one, and has none."""
    user = pending.user_of(request)
    if user is None:
        return redirect("admin:login")
    if second_factor.has_factor(user):
        return redirect("sign_in:code")
    form = CodeForm(request.POST or None)
    codes = try_set_up(request, user, form)
    if codes is None:
        return _page(request, "set_up", form=form, **set_up_context(request, user))
    to, name = pending.next_address(request), pending.typed_name(request)
    # The next page of the response is of a user who is signed in.
    signed_in = HttpResponse()
    complete(request, user, name=name, response=signed_in, with_factor=True)
    response = _page(request, "codes", codes=codes, to=to)
    response.cookies.update(signed_in.cookies)
    return response


@sensitive_variables()
def try_set_up(request: HttpRequest, user: User, form: CodeForm) -> list[str] | None:
    """The recovery codes, where the form has the first code of the app."""
    key = request.session.get(_KEY)
    if not key or not form.is_valid():
        return None
    with transaction.atomic():
        codes = second_factor.set_up(user, key=key, code=form.cleaned_data["code"])
        if codes:
            audit.record("second factor set up", user, actor=audit.user_actor(user))
    if codes:
        del request.session[_KEY]
    else:
        form.add_error("code", "This is not the code that the app shows for this key.")
    return codes


@sensitive_variables()
def set_up_context(request: HttpRequest, user: User) -> dict[str, str]:
    """The key for the app, the same until its first code was right."""
    key = request.session.setdefault(_KEY, second_factor.new_key())
    return {
        "qr": second_factor.qr_code(user, key),
        "key": second_factor.key_in_words(key),
        "account": user.get_username(),
    }


def complete(
    request: HttpRequest,
    user: User,
    *,
    name: str,
    response: HttpResponse,
    with_factor: bool = False,
) -> HttpResponse:
    """Sign the user in, in a session with a new key; the response remembers the browser."""
    account = throttle.hash_name(name)
    is_new = not known_browsers.known_browser(request, account)
    # Django keeps the key of a session whose user signs in again.
    request.session.flush()
    login(request, user, backend=getattr(user, "backend", None))
    if with_factor:
        sessions.note_factor(request.session)
    browser = browser_in_words(request.META.get("HTTP_USER_AGENT", ""))
    note = f"{browser}{', for the first time' if is_new else ''}."
    audit.record("signed in", user, note=note, actor=audit.user_actor(user))
    if is_new:
        _mail_about(user, browser)
    known_browsers.remember_browser(request, response, account)
    return response


def _note_refusal(name: str) -> None:
    """An entry where the account exists; what else was typed may be a password.

    For another name the same is done and undone, and no commit waits for the disk: the time that the answer takes does
    not say which names exist.
    """
    user = User.objects.filter(username=name[:150].replace("\0", "")).first()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        audit.record("sign-in refused", user or User(), note="Wrong password.", actor=NOBODY)
        transaction.set_rollback(user is None)


def _mail_about(user: User, browser: str) -> None:
    """After the commit. A broker that is down stops no sign-in."""
    if settings.MAIL_SERVER is None or not user.email:
        return
    at = time.time()
    transaction.on_commit(lambda: mail_new_browser.delay(user.pk, browser, at), robust=True)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    every = {**admin.site.each_context(request), "title": "Sign in", **context}
    return render(request, f"newsroom/sign_in/{name}.html", every)


def too_many(wait: float) -> str:
    return f"Too many tries. Try again in {throttle.in_words(wait)}."


def throttled(response: HttpResponse, wait: float) -> HttpResponse:
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(ceil(wait))
    return response
