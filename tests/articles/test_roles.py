"""Who at the desk may do what: every role and every transition."""

import pytest
from django.contrib.auth.models import Group, User

from articles.models import Article, State
from articles.roles import (
    Role,
    make_roles,
    may_make_transition,
    may_restore,
    may_see,
    may_write,
    seen_by,
    transitions_for,
)
from articles.workflow import TRANSITIONS, Transition
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

EDITS = {
    *(
        Transition.SUBMIT,
        Transition.SEND_BACK,
        Transition.SCHEDULE,
        Transition.DESCHEDULE,
        Transition.LIFT_EMBARGO,
        Transition.PUBLISH,
    ),
    *(Transition.CORRECT, Transition.UNPUBLISH, Transition.RETRACT),
}
ALLOWED = {
    Role.AUTHOR: set[Transition](),
    Role.EDITOR: EDITS,
    Role.PUBLISHER: EDITS | {Transition.KILL, Transition.SPIKE, Transition.UNSPIKE},
    Role.STATISTICS: set[Transition](),
}


def member(role: Role, name: str = "maria") -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_do_with_other_peoples_articles(
    role: Role, transition: Transition, publish_article: PublishArticle
) -> None:
    article = publish_article(state=next(iter(TRANSITIONS[transition].allowed_from)))

    allowed = may_make_transition(member(role), transition, article)

    assert allowed == (transition in ALLOWED[role])


def test_an_author_writes_and_submits_a_draft_of_their_own(
    publish_article: PublishArticle,
) -> None:
    author = member(Role.AUTHOR)
    own = publish_article(state=State.DRAFT, created_by=author)
    other = publish_article(state=State.DRAFT)

    assert transitions_for(author, own) == [Transition.SUBMIT]
    assert may_write(author, own)
    assert not may_write(author, other)
    assert transitions_for(author, other) == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_an_author_changes_no_submitted_article(
    state: State, publish_article: PublishArticle
) -> None:
    author = member(Role.AUTHOR)
    own = publish_article(state=state, created_by=author)

    assert not may_write(author, own)
    assert transitions_for(author, own) == []


def test_an_author_sees_their_articles_and_what_readers_see(
    publish_article: PublishArticle,
) -> None:
    author = member(Role.AUTHOR)
    own = publish_article(state=State.IN_REVIEW, created_by=author)
    public = publish_article()
    hidden = publish_article(state=State.DRAFT)

    assert set(seen_by(author)) == {own, public}
    assert not may_see(author, hidden)


@pytest.mark.parametrize(
    ("role", "count"),
    [(Role.EDITOR, 2), (Role.PUBLISHER, 2), (Role.STATISTICS, 0)],
)
def test_editors_see_every_article_and_statisticians_none(
    role: Role, count: int, publish_article: PublishArticle
) -> None:
    publish_article()
    publish_article(state=State.DRAFT)

    assert len(seen_by(member(role))) == count


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER])
def test_no_role_edits_a_killed_article(role: Role, publish_article: PublishArticle) -> None:
    killed = publish_article(state=State.KILLED)

    assert not may_write(member(role), killed)
    assert not may_restore(member(Role.PUBLISHER, "paula"), killed)


def test_publishers_restore_old_versions(article: Article) -> None:
    assert may_restore(member(Role.PUBLISHER), article)
    assert not may_restore(member(Role.EDITOR, "paula"), article)


def test_a_user_without_desk_access_has_no_role(article: Article) -> None:
    user = member(Role.PUBLISHER)

    user.is_staff = False

    assert transitions_for(user, article) == []
    assert not may_see(user, article)


def test_statistics_are_seen_by_their_roles_alone(db: None) -> None:
    permission = "reactions.view_reactedarticle"
    seeing = [role for role in Role if member(role, role).has_perm(permission)]

    assert seeing == [Role.EDITOR, Role.PUBLISHER, Role.STATISTICS]


def test_migrate_restores_the_permissions_of_a_changed_role(db: None) -> None:
    from django.apps import apps

    group = Group.objects.get(name=Role.AUTHOR)
    kept = set(group.permissions.values_list("codename", flat=True))
    group.permissions.clear()

    make_roles(apps.get_app_config("articles"), apps)

    assert set(group.permissions.values_list("codename", flat=True)) == kept
