"""Whose figures a user or a program may see: every article's, or those of the user's own articles."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from articles.roles import written_by

SEES_EVERY = "reactions.view_reactedarticle"


@dataclass(frozen=True, slots=True)
class Scope:
    """The articles that figures are of; None: every one, also such as are no longer public."""

    article_ids: frozenset[UUID] | None = None

    def within(self, article_ids: Collection[UUID]) -> Self:
        """The same, of these articles alone."""
        ids = frozenset(article_ids)
        return type(self)(ids if self.article_ids is None else ids & self.article_ids)

    def includes(self, article_id: UUID) -> bool:
        return self.article_ids is None or article_id in self.article_ids


EVERYTHING = Scope()


def scope_of(user: User | AnonymousUser) -> Scope | None:
    """What a user of the desk may see: authors their own articles. None: no figures at all."""
    if not user.is_staff:
        return None
    if user.has_perm(SEES_EVERY):
        return EVERYTHING
    if user.has_perm("articles.add_article") or _is_author(user):
        return Scope(frozenset(written_by(user).values_list("pk", flat=True)))
    return None


def _is_author(user: User | AnonymousUser) -> bool:
    account = getattr(user, "account", None)
    return account is not None and account.author_id is not None
