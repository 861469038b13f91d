"""Roles: who may do what with an article at the desk. No other module decides it.

A role is one of Django's groups. What each may do is written here and given to its group with
every `migrate`; a newsroom that needs another role creates a group.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.auth.models import User as Account
from django.db.models import Q

from articles.editing import NOT_EDITABLE
from articles.media.pictures import articles_that_show
from articles.models import PUBLIC_STATES, Article, ArticleQuerySet, Media, State
from articles.workflow import Transition, allowed_transitions

User = Account | AnonymousUser


class Role(StrEnum):
    """The names of the groups."""

    AUTHOR = "Authors"
    EDITOR = "Editors"
    PUBLISHER = "Publishers"
    STATISTICS = "Statistics"


_AUTHOR = {
    *("view_article", "add_article", "view_correction"),
    *("view_section", "view_tag", "view_author", "view_source"),
    *("view_media", "add_media", "change_media"),
    *(f"{verb}_articlemedia" for verb in ("view", "add", "change", "delete")),
}
_EDITOR = _AUTHOR | {
    *("change_article", "publish_article", "view_articlerevision"),
    *("add_section", "change_section", "add_tag", "change_tag", "add_author", "change_author"),
}
_PUBLISHER = _EDITOR | {
    *("kill_article", "restore_article"),
    *("add_source", "change_source", "view_feed", "add_feed", "change_feed"),
    *("view_site", "add_site", "change_site", "delete_site", "view_sighting"),
    "view_articleaddress",
    *("view_lead", "add_lead", "change_lead", "delete_lead"),
    "change_account",
}
PERMISSIONS: Mapping[Role, Collection[str]] = {
    Role.AUTHOR: _AUTHOR,
    Role.EDITOR: _EDITOR,
    Role.PUBLISHER: _PUBLISHER,
    Role.STATISTICS: set(),  # the app of the statistics grants its own
}

PUBLISHES, KILLS = "articles.publish_article", "articles.kill_article"
# Without SUBMIT: every user who may edit the draft may submit it.
NEEDED: Mapping[Transition, str] = {
    Transition.SEND_BACK: PUBLISHES,
    Transition.SCHEDULE: PUBLISHES,
    Transition.DESCHEDULE: PUBLISHES,
    Transition.LIFT_EMBARGO: PUBLISHES,
    Transition.PUBLISH: PUBLISHES,
    Transition.CORRECT: PUBLISHES,
    Transition.UNPUBLISH: PUBLISHES,
    Transition.RETRACT: PUBLISHES,
    Transition.KILL: KILLS,
    Transition.SPIKE: KILLS,
    Transition.UNSPIKE: KILLS,
}


def seen_by(user: User) -> ArticleQuerySet:
    """The articles that the desk shows this user: all to editors; to authors their own and public ones."""
    if not _has(user, "articles.view_article"):
        return Article.objects.none()
    if _has(user, "articles.change_article"):
        return Article.objects.all()
    return Article.objects.filter(Q(state__in=PUBLIC_STATES) | Q(created_by_id=user.pk))


def written_by(user: User) -> ArticleQuerySet:
    """The user's own articles: those that they created, and those of the author that they are."""
    of_author = Q(author_links__author__accounts__user_id=user.pk)
    own = Article.objects.filter(Q(created_by_id=user.pk) | of_author)
    return Article.objects.filter(pk__in=own.values("pk"))


def may_see(user: User, article: Article) -> bool:
    return seen_by(user).filter(pk=article.pk).exists()


def may_write(user: User, article: Article) -> bool:
    """Editors edit every article that is not killed, authors their own drafts."""
    if article.state in NOT_EDITABLE:
        return False
    if _has(user, "articles.change_article"):
        return True
    is_own = article.created_by_id is not None and article.created_by_id == user.pk
    return is_own and article.state == State.DRAFT and _has(user, "articles.add_article")


def may_change_picture(user: User, media: Media) -> bool:
    """Who may write every article that shows it: an Author changes no picture of a published one."""
    if not _has(user, "articles.change_media"):
        return False
    if _has(user, "articles.change_article"):
        return True
    own_drafts = Q(created_by_id=user.pk, state=State.DRAFT)
    return not articles_that_show(media).exclude(own_drafts).exists()


def may_make_transition(user: User, transition: Transition, article: Article) -> bool:
    """Whether the role allows it. Whether the article's state does, `articles.workflow` decides."""
    if transition is Transition.SUBMIT:
        return may_write(user, article)
    return _has(user, NEEDED[transition])


def transitions_for(user: User, article: Article) -> list[Transition]:
    """The transitions that both the role and the article's state allow."""
    return [
        transition
        for transition in allowed_transitions(article)
        if may_make_transition(user, transition, article)
    ]


def may_restore(user: User, article: Article) -> bool:
    return article.state not in NOT_EDITABLE and _has(user, "articles.restore_article")


def _has(user: User, permission: str) -> bool:
    return user.is_staff and user.has_perm(permission)


def grant(app: str, permissions: Mapping[Role, Collection[str]]) -> None:
    """Give each role these permissions on the tables of one app, and no others."""
    for role, names in permissions.items():
        group, _ = Group.objects.get_or_create(name=role)
        known = Permission.objects.filter(content_type__app_label=app)
        group.permissions.remove(*known.filter(group=group).exclude(codename__in=names))
        group.permissions.add(*known.filter(codename__in=names))


def make_roles(sender: AppConfig, apps: Any = installed, **options: Any) -> None:
    """Runs after `migrate`, which has just created the permissions."""
    if has_groups(apps):
        grant(sender.label, PERMISSIONS)


def has_groups(apps: Any) -> bool:
    """False while a new database is migrated only in part."""
    return "group" in apps.all_models["auth"]
