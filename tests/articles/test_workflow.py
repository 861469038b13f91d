"""The transitions of an article, and the task that publishes what is due."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from articles import tasks, workflow
from articles.editing import InvalidValue
from articles.hooks import NullHooks, register_hooks
from articles.models import Article, Correction, PubStatus, State
from articles.revisions import VersionConflict
from articles.workflow import TRANSITIONS, Transition, TransitionNotAllowed, publish_due
from tests.conftest import PublishArticle
from tests.races.rival import Rival

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ACTS: dict[Transition, Callable[..., Article]] = {
    transition: getattr(workflow, transition.value) for transition in Transition
}


def needs(transition: Transition) -> dict[str, Any]:
    """The arguments of the transition besides the article."""
    if transition is Transition.SCHEDULE:
        return {"publish_at": timezone.now() + HOUR}
    return (
        {"text": "It was two bridges."}
        if transition in {Transition.CORRECT, Transition.RETRACT}
        else {}
    )


def act(transition: Transition, article: Article, **asked: Any) -> Article:
    return ACTS[transition](article_id=article.pk, **(needs(transition) | asked))


def row(article: Article) -> Article:
    return Article.objects.get(pk=article.pk)


class Listener(NullHooks):
    def __init__(self) -> None:
        self.notified: list[UUID] = []

    def article_changed(self, article_id: UUID) -> None:
        self.notified.append(article_id)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    before = register_hooks(listener)
    yield listener
    register_hooks(before)


@pytest.fixture
def due(publish_article: PublishArticle) -> Article:
    """An article that is due."""
    return publish_article(
        state=State.SCHEDULED,
        publish_at=timezone.now() - timedelta(seconds=1),
        first_published_at=None,
        published_at=None,
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("transition", Transition)
def test_a_transition_is_allowed_from_the_states_of_the_table_and_no_other(
    transition: Transition, state: State, publish_article: PublishArticle
) -> None:
    embargo = {"embargoed_until": timezone.now() + HOUR}
    lifts = transition is Transition.LIFT_EMBARGO
    article = publish_article(state=state, **(embargo if lifts else {}))

    if state in TRANSITIONS[transition].allowed_from:
        after = {State.IN_REVIEW: state}.get(state, State.DRAFT)
        expected = TRANSITIONS[transition].to or after
        assert act(transition, article).state == row(article).state == expected
        assert row(article).version == 2
        assert article.revisions.get().kind == transition
    else:
        with pytest.raises(TransitionNotAllowed, match=state.label.lower()):
            act(transition, article)
        assert (row(article).state, row(article).version) == (state, 1)
        assert not article.revisions.exists()
        assert not article.corrections.exists()


@pytest.mark.parametrize(
    ("transition", "status"),
    [
        (Transition.CORRECT, PubStatus.USABLE),
        (Transition.RETRACT, PubStatus.USABLE),
        (Transition.UNPUBLISH, PubStatus.WITHHELD),
        (Transition.KILL, PubStatus.CANCELED),
    ],
)
def test_each_pub_status_says_what_receivers_may_do(
    transition: Transition, status: PubStatus, article: Article
) -> None:
    assert act(transition, article).pub_status == status


def test_an_article_that_comes_back_is_usable_and_keeps_its_first_publication(
    article: Article,
) -> None:
    act(Transition.UNPUBLISH, article)

    back = act(Transition.PUBLISH, article)

    assert back.pub_status == PubStatus.USABLE
    assert back.first_published_at == article.first_published_at
    assert back.content_modified_at == article.content_modified_at


def test_the_first_publication_sets_all_its_times_at_once(publish_article: PublishArticle) -> None:
    draft = publish_article(state=State.DRAFT, first_published_at=None, published_at=None)

    out = act(Transition.PUBLISH, draft)

    assert out.first_published_at == out.published_at == out.content_modified_at
    assert out.published_at
    assert timezone.now() - out.published_at < HOUR


@pytest.mark.parametrize("transition", [Transition.KILL, Transition.UNPUBLISH, Transition.PUBLISH])
def test_leaving_the_schedule_clears_it(
    transition: Transition, publish_article: PublishArticle
) -> None:
    scheduled = publish_article(state=State.SCHEDULED, publish_at=timezone.now() + HOUR)

    changed = act(transition, scheduled)

    assert (changed.publish_at, changed.embargoed_until) == (None, None)


def test_a_kill_clears_a_running_embargo_which_a_publication_does_not(
    publish_article: PublishArticle,
) -> None:
    article = publish_article(state=State.SCHEDULED, embargoed_until=timezone.now() + HOUR)

    with pytest.raises(InvalidValue, match="embargoed_until: has not ended"):
        act(Transition.PUBLISH, article)

    assert act(Transition.KILL, article).embargoed_until is None


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.SCHEDULED])
def test_an_embargo_that_is_lifted_is_gone_and_publishes_nothing(
    state: State, publish_article: PublishArticle
) -> None:
    article = publish_article(state=state, embargoed_until=timezone.now() + HOUR)

    lifted = act(Transition.LIFT_EMBARGO, article, note="The ministry agreed.", editor="edda")

    assert (row(article).embargoed_until, lifted.is_public) == (None, False)
    assert act(Transition.PUBLISH, article).state == State.PUBLISHED


def test_only_an_embargo_can_be_lifted(publish_article: PublishArticle) -> None:
    article = publish_article(state=State.DRAFT)

    with pytest.raises(TransitionNotAllowed, match="The story has no embargo"):
        act(Transition.LIFT_EMBARGO, article)

    assert row(article).version == 1


def test_a_correction_is_a_record_and_a_change_that_readers_notice(article: Article) -> None:
    corrected = act(
        Transition.CORRECT,
        article,
        kind="clarification",
        placement="bottom",
        changes={"headline": "Two"},
    )

    notice = Correction.objects.get()
    assert (notice.kind, notice.placement, notice.version) == ("clarification", "bottom", 2)
    assert notice.text == "It was two bridges."
    assert corrected.headline == "Two"
    assert corrected.content_modified_at == notice.published_at


@pytest.mark.parametrize("transition", [Transition.CORRECT, Transition.RETRACT])
def test_a_notice_without_a_text_is_refused(transition: Transition, article: Article) -> None:
    with pytest.raises(InvalidValue, match="text: is missing"):
        act(transition, article, text=" ")

    assert row(article).state == State.PUBLISHED


def test_an_invalid_change_is_named_as_a_part_of_the_changes(
    article: Article, publish_article: PublishArticle
) -> None:
    taken = publish_article().slug

    with pytest.raises(InvalidValue) as refused:
        act(Transition.CORRECT, article, changes={"slug": taken})

    assert refused.value.field == "changes.slug"
    assert row(article).state == State.PUBLISHED


def test_a_retraction_is_no_correction(article: Article) -> None:
    with pytest.raises(InvalidValue, match="kind"):
        act(Transition.CORRECT, article, kind="retraction")


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"publish_at": -HOUR}, "publish_at"),
        ({"embargoed_until": -HOUR}, "embargoed_until"),
        ({"publish_at": HOUR, "embargoed_until": HOUR}, "embargoed_until"),
        ({}, "publish_at"),
    ],
)
def test_an_invalid_schedule_is_refused(
    times: dict[str, timedelta], field: str, publish_article: PublishArticle
) -> None:
    draft = publish_article(state=State.DRAFT)
    moments: dict[str, Any] = {name: timezone.now() + delay for name, delay in times.items()}

    with pytest.raises(InvalidValue) as refused:
        workflow.schedule(article_id=draft.pk, **moments)

    assert refused.value.field == field
    assert row(draft).state == State.DRAFT


def test_the_database_holds_no_embargo_with_a_schedule(article: Article) -> None:
    now = timezone.now()

    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.update(publish_at=now, embargoed_until=now)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"body_html": ""}, "body_markdown"),
        ({"published_at": timezone.now() + 24 * HOUR}, "published_at"),
        ({"expires_at": timezone.now() - HOUR}, "expires_at"),
    ],
)
def test_an_article_that_is_not_ready_is_not_published(
    wrong: dict[str, Any], field: str, publish_article: PublishArticle
) -> None:
    draft = publish_article(state=State.DRAFT, **wrong)

    with pytest.raises(InvalidValue) as refused:
        act(Transition.PUBLISH, draft)

    assert refused.value.field == field


def test_a_transition_of_an_older_version_is_a_version_conflict(article: Article) -> None:
    act(Transition.CORRECT, article)

    with pytest.raises(VersionConflict):
        act(Transition.KILL, article, expected_version=1)

    assert row(article).state == State.CORRECTED


def test_the_hook_is_notified_after_the_commit(
    article: Article,
    listener: Listener,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        act(Transition.RETRACT, article)
        assert listener.notified == []

    assert listener.notified == [article.pk]


@pytest.mark.django_db(transaction=True)
def test_a_hook_that_fails_undoes_no_transition(
    article: Article, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(article_id: UUID) -> None:
        raise RuntimeError("the hook fails")

    monkeypatch.setattr(listener, "article_changed", fail)

    act(Transition.RETRACT, article)

    assert row(article).state == State.RETRACTED


@pytest.mark.parametrize("time", ["publish_at", "embargoed_until"])
def test_an_article_is_published_when_it_is_due(time: str, publish_article: PublishArticle) -> None:
    before = timezone.now() - timedelta(seconds=1)
    article = publish_article(
        state=State.SCHEDULED, first_published_at=None, published_at=None, **{time: before}
    )

    assert (publish_due(), publish_due()) == (1, 0)

    out = row(article)
    assert (out.state, out.version) == (State.PUBLISHED, 2)
    assert (out.publish_at, out.embargoed_until) == (None, None)
    assert out.published_at
    assert out.published_at > before


@pytest.mark.parametrize("time", ["publish_at", "embargoed_until"])
def test_an_article_is_never_published_before_it_is_due(
    time: str, publish_article: PublishArticle
) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    article = publish_article(state=State.SCHEDULED, **{time: soon})

    tasks.publish_due()

    assert row(article).state == State.SCHEDULED


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (State.PUBLISHED, State.UNPUBLISHED),
        (State.CORRECTED, State.UNPUBLISHED),
        (State.SCHEDULED, State.UNPUBLISHED),
        (State.RETRACTED, State.RETRACTED),
        (State.DRAFT, State.DRAFT),
    ],
)
def test_an_expired_article_is_unpublished(
    state: State, left: State, publish_article: PublishArticle
) -> None:
    now = timezone.now()
    article = publish_article(state=state, publish_at=now - 2 * HOUR, expires_at=now - HOUR)

    publish_due()

    assert row(article).state == left


def test_an_article_that_cannot_be_published_delays_no_other(
    due: Article, publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = publish_article(state=State.SCHEDULED, publish_at=due.publish_at)
    stamp = workflow._stamp

    def fail_once(article: Article, now: Any) -> None:
        if article.pk == due.pk:
            raise RuntimeError
        stamp(article, now)

    monkeypatch.setattr(workflow, "_stamp", fail_once)

    assert publish_due() == 1
    assert (row(due).state, row(other).state) == (State.SCHEDULED, State.PUBLISHED)


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_the_same_article_once(due: Article) -> None:
    with transaction.atomic():
        assert publish_due() == 1
        rival = Rival().start(publish_due)
        assert rival.result(timeout=10) == 0  # it did not wait

    assert publish_due() == 0
    assert row(due).version == 2
    assert due.revisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_saw_the_article_before_its_rival_committed_leaves_it(due: Article) -> None:
    seen = workflow._due()
    assert seen.exists()
    Rival().start(publish_due).result(timeout=10)

    assert not workflow._claim_one(seen, due.pk, workflow._release)
    assert row(due).version == 2


@pytest.mark.django_db(transaction=True)
def test_a_kill_waits_for_the_worker_that_publishes_and_then_wins(due: Article) -> None:
    with transaction.atomic():
        publish_due()
        rival = Rival().start(lambda: workflow.kill(article_id=due.pk))

    assert rival.result(timeout=10).state == State.KILLED
    assert row(due).version == 3
