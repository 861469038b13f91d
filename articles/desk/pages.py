"""The desk's pages for one article beside its form: confirming a transition, versions, restoring, preview link."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from articles import audit, roles
from articles.desk.form_validation import add_invalid_value, describe
from articles.desk.transitions import DESK_TRANSITIONS, DeskTransition, TransitionForm
from articles.editing import InvalidValue, NotEditable, restore_revision
from articles.models import Article, ArticleRevision, State
from articles.pages import preview_links
from articles.revisions import VersionConflict, compare
from articles.workflow import Transition, TransitionNotAllowed, allowed_transitions

SAVED_COOKIE = "desk_saved"  # the id of a stored draft that was saved; autosave.js deletes it
COOKIE_SECONDS = 600
_Asked = ParamSpec("_Asked")


def _of_what_exists(
    page: Callable[_Asked, HttpResponse],
) -> Callable[_Asked, HttpResponse]:
    """The page; 404 for an article that is deleted while the page changes it."""

    @wraps(page)
    def answer(*args: _Asked.args, **options: _Asked.kwargs) -> HttpResponse:
        try:
            return page(*args, **options)
        except Article.DoesNotExist:
            raise Http404 from None

    return answer


@_of_what_exists
def transition(
    request: HttpRequest, site: AdminSite, article: Article, transition: Transition
) -> HttpResponse:
    """Show the effects of the transition and the form that it needs; a POST makes it."""
    if not roles.may_make_transition(request.user, transition, article):
        raise PermissionDenied
    step = DESK_TRANSITIONS[transition]
    if transition not in allowed_transitions(article) and request.method != "POST":
        messages.error(request, str(TransitionNotAllowed(transition, State(article.state))))
        return _to_article(article)
    form = step.form(request.POST or None, article=article)
    if form.is_valid() and _make_transition(request, form, step, article):
        messages.success(request, f"“{article.headline}” is {step.done}.")
        response = _to_article(article)
        mark_saved(request, response)
        return response
    title = f"{step.label}: {article.headline}"
    context = {"form": form, "transition": step, "name": transition}
    return _page(request, site, article, "admin/articles/transition.html", title, context)


def _make_transition(
    request: HttpRequest, form: TransitionForm, step: DeskTransition, article: Article
) -> bool:
    editor = request.user.get_username()
    try:
        step.act(article_id=article.pk, expected_version=form.version, editor=editor, **form.values)
    except InvalidValue as error:
        add_invalid_value(form, error, {})
    except VersionConflict:
        form.stored.refresh_from_db()
        form.check_version()
    except (TransitionNotAllowed, NotEditable) as error:
        form.add_error(None, str(error))
    return form.is_valid()


def versions(request: HttpRequest, site: AdminSite, article: Article) -> HttpResponse:
    """Every version of the article; with `?older=` and `?newer=`, the differences between two."""
    revisions = {revision.version: revision for revision in article.revisions.all()}
    chosen = [revisions.get(_number(request.GET.get(name))) for name in ("older", "newer")]
    pair = sorted(filter(None, chosen), key=lambda each: each.version)
    older, newer = pair if len(pair) == 2 else (None, None)
    context = {
        "revisions": revisions.values(),
        "older": older,
        "newer": newer,
        "differences": compare(older=older, newer=newer) if older and newer else [],
        "may_restore": roles.may_restore(request.user, article),
    }
    title = f"Versions: {article.headline}"
    return _page(request, site, article, "admin/articles/versions.html", title, context)


@_of_what_exists
def restore(request: HttpRequest, site: AdminSite, article: Article, version: int) -> HttpResponse:
    """Show what restoring an old version would change; a POST restores it."""
    if not roles.may_restore(request.user, article):
        raise PermissionDenied
    old = article.revisions.filter(version=version).first()
    new = article.revisions.filter(version=article.version).first()
    if old is None or new is None:
        raise Http404
    if request.method == "POST" and _restore(request, article, old):
        return _to_article(article)
    context = {"old": old, "differences": compare(older=new, newer=old)}
    title = f"Restore version {version}: {article.headline}"
    return _page(request, site, article, "admin/articles/restore.html", title, context)


def _restore(request: HttpRequest, article: Article, old: ArticleRevision) -> bool:
    try:
        article = restore_revision(
            article_id=article.pk,
            version=old.version,
            expected_version=_number(request.POST.get("expected_version")),
            editor=request.user.get_username(),
        )
    except (InvalidValue, NotEditable) as error:
        messages.error(request, describe(error))
    except VersionConflict:
        messages.error(
            request,
            "Not restored: another user saved the story meanwhile. Check the differences again.",
        )
    else:
        text = f"Version {old.version} is back, as version {article.version}."
        messages.success(request, text)
        return True
    article.refresh_from_db()
    return False


def preview_link(request: HttpRequest, site: AdminSite, article: Article) -> HttpResponse:
    """Show a preview link, for a person without an account; a POST ends all links to the article."""
    if not roles.may_write(request.user, article):
        raise PermissionDenied
    if request.method == "POST":
        preview_links.end_links(article_id=article.pk)
        audit.record("preview links ended", article)
        messages.success(request, "Every link to this story that was given out before has ended.")
        return redirect("admin:articles_preview_link", article.pk)
    if article.is_public or article.state in preview_links.HIDDEN_STATES:
        messages.error(request, "There is no draft to show: the story is out, or put aside.")
        return _to_article(article)
    context = {
        "link": preview_links.make_link(article),
        "ends_at": timezone.now() + preview_links.LIFETIME,
    }
    title = f"Preview link: {article.headline}"
    return _page(request, site, article, "admin/articles/preview_link.html", title, context)


def mark_saved(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie by which autosave.js deletes the draft that the browser stored of this form."""
    draft_id = request.POST.get("draft", "")
    if draft_id.isalnum():
        response.set_cookie(
            SAVED_COOKIE,
            draft_id,
            max_age=COOKIE_SECONDS,
            path=reverse("admin:index"),
            samesite="Lax",
        )


def _page(
    request: HttpRequest,
    site: AdminSite,
    article: Article,
    template: str,
    title: str,
    context: dict[str, Any],
) -> HttpResponse:
    page_context = {
        **site.each_context(request),
        "article": article,
        "opts": Article._meta,
        "title": title,
    }
    return render(request, template, page_context | context)


def _to_article(article: Article) -> HttpResponse:
    return redirect("admin:articles_article_change", article.pk)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
