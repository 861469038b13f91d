"""Transitions from the desk: buttons, confirmations, versions, preview links."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles import workflow
from articles.editing import create_draft, edit_article
from articles.models import Article, Correction, State
from articles.pages import preview_links
from articles.roles import Role
from articles.workflow import TRANSITIONS, Transition
from tests.articles.desk.client import (
    beside,
    carry_out,
    fill_in,
    page,
    save,
    sign_in,
    text_of,
    transition_url,
)

pytestmark = pytest.mark.django_db

BODY = {"headline": "The bridge is open", "slug": "bridge", "body_markdown": "It is."}


@pytest.fixture
def editor() -> Client:
    return sign_in(Role.EDITOR)


@pytest.fixture
def publisher() -> Client:
    return sign_in(Role.PUBLISHER)


@pytest.fixture
def draft() -> Article:
    return create_draft(values=BODY)


@pytest.fixture
def public(draft: Article) -> Article:
    return workflow.publish(article_id=draft.pk)


def put(article: Article, state: str) -> Article:
    now = timezone.now()
    times = {"first_published_at": now, "published_at": now}
    merged = {"merged_into": article} if state == State.MERGED else {}
    Article.objects.filter(pk=article.pk).update(state=state, **times, **merged)
    return article


@pytest.mark.parametrize("state", State)
def test_the_page_has_exactly_the_buttons_that_state_and_role_allow(
    state: State, editor: Client, publisher: Client, draft: Article
) -> None:
    put(draft, state)
    Article.objects.update(embargoed_until=timezone.now() + timedelta(hours=1))
    allowed = {each for each, rule in TRANSITIONS.items() if state in rule.allowed_from}
    graver = {Transition.KILL, Transition.SPIKE, Transition.UNSPIKE}

    for client, transitions in [(publisher, allowed), (editor, allowed - graver)]:
        html = client.get(page(draft)).content.decode()
        assert {
            each for each in Transition if f'href="{transition_url(draft, each)}"' in html
        } == transitions


@pytest.mark.parametrize("asked", Transition)
def test_a_transition_that_the_role_lacks_is_forbidden(asked: Transition, draft: Article) -> None:
    put(draft, next(iter(TRANSITIONS[asked].allowed_from)))
    client = sign_in(Role.STATISTICS)

    answers = [client.get(transition_url(draft, asked)), client.post(transition_url(draft, asked))]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert Article.objects.get().version == 1


@pytest.mark.parametrize("asked", [Transition.KILL, Transition.SPIKE, Transition.UNSPIKE])
def test_an_editor_does_not_kill(asked: Transition, editor: Client, draft: Article) -> None:
    put(draft, next(iter(TRANSITIONS[asked].allowed_from)))

    assert editor.post(transition_url(draft, asked), {"expected_version": 1}).status_code == 403


def test_an_article_is_submitted_reviewed_and_published(db: None, editor: Client) -> None:
    author = sign_in(Role.AUTHOR)
    save(author, "/desk/articles/article/add/", **BODY)
    article = Article.objects.get()

    carry_out(author, article, Transition.SUBMIT, note="Please check the date.")
    forbidden = author.post(transition_url(article, Transition.PUBLISH), {"expected_version": 2})
    carry_out(editor, article, Transition.PUBLISH)

    article.refresh_from_db()
    assert forbidden.status_code == 403
    assert article.state == State.PUBLISHED
    assert [(each.kind, each.editor) for each in article.revisions.all()] == [
        ("publish", "editors"),
        ("submit", "authors"),
        ("create", "authors"),
    ]
    assert Client().get("/articles/bridge/").status_code == 200


def test_the_confirmation_describes_the_transition_and_changes_nothing(
    publisher: Client, public: Article
) -> None:
    text = text_of(publisher.get(transition_url(public, Transition.KILL)))

    assert "This cannot be undone." in text
    assert Article.objects.get().state == State.PUBLISHED


def test_an_article_is_scheduled_for_a_time_in_the_desks_zone(
    editor: Client, draft: Article, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Oslo"

    carry_out(editor, draft, Transition.SCHEDULE, publish_at="2999-01-15T10:00")

    draft.refresh_from_db()
    assert draft.state == State.SCHEDULED
    assert draft.publish_at == datetime(2999, 1, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({}, "Is missing."),
        ({"publish_at": "2020-01-01T10:00"}, "Lies in the past."),
        ({"embargoed_until": "2020-01-01T10:00"}, "Lies in the past."),
        (
            {"publish_at": "2999-01-01T10:00", "embargoed_until": "2999-01-01T10:00"},
            "Cannot be combined with a time of publication.",
        ),
        ({"publish_at": "tomorrow"}, "Enter a valid date/time."),
    ],
)
def test_an_invalid_schedule_is_refused_at_its_field(
    typed: dict[str, str], complaint: str, editor: Client, draft: Article
) -> None:
    answer = carry_out(editor, draft, Transition.SCHEDULE, **typed)

    assert answer.status_code == 200
    assert complaint in text_of(answer)
    assert Article.objects.get().version == 1


def test_an_article_without_text_is_not_published(editor: Client) -> None:
    empty = create_draft(values={"headline": "Soon", "slug": "soon"})

    answer = carry_out(editor, empty, Transition.PUBLISH)

    assert "Text: Is empty." in text_of(answer)
    assert Article.objects.get().state == State.DRAFT


def test_a_correction_publishes_its_notice_and_corrects_the_article(
    editor: Client, public: Article
) -> None:
    typed = {"text": "It was two bridges.", "kind": "correction", "placement": "bottom"}

    carry_out(editor, public, Transition.CORRECT, body_markdown="They are.", **typed)

    public.refresh_from_db()
    notice = Correction.objects.get()
    assert (public.state, public.body_html) == (State.CORRECTED, "<p>They are.</p>")
    assert (notice.text, notice.placement, notice.editor) == (
        *("It was two bridges.", "bottom"),
        "editors",
    )
    assert "It was two bridges." in text_of(editor.get(page(public)))


def test_an_article_with_corrections_can_still_be_edited(editor: Client, public: Article) -> None:
    carry_out(editor, public, Transition.CORRECT, text="It was two.")

    answer = save(editor, page(public), subheadline="At last")

    assert answer.status_code == 302
    assert Article.objects.get().subheadline == "At last"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"text": ""}, "This field is required."),
        ({"text": "a\u202eb"}, "is not allowed"),
        ({"text": "Wrong.", "kind": "retraction"}, "Select a valid choice"),
        ({"text": "Wrong.", "headline": ""}, "This field is required."),
        ({"text": "Wrong.", "body_markdown": "<script>x</script>"}, "is not allowed"),
    ],
)
def test_an_invalid_correction_is_refused(
    typed: dict[str, str], complaint: str, editor: Client, public: Article
) -> None:
    answer = carry_out(editor, public, Transition.CORRECT, **typed)

    assert complaint in text_of(answer)
    assert not Correction.objects.exists()


def test_a_running_embargo_is_named_and_lifted(editor: Client, draft: Article) -> None:
    soon = timezone.now() + timedelta(hours=1)
    workflow.schedule(article_id=draft.pk, embargoed_until=soon)

    early = carry_out(editor, draft, Transition.PUBLISH)
    lifted = carry_out(editor, draft, Transition.LIFT_EMBARGO, note="The ministry agreed.")
    after = text_of(editor.get(page(draft)))
    carry_out(editor, draft, Transition.PUBLISH)

    assert "Embargo: Has not ended. Lift it first." in text_of(early)
    assert "embargoed_until" not in text_of(early)
    assert lifted.status_code == 302
    assert "Lift embargo" not in after
    assert Article.objects.get().state == State.PUBLISHED


@pytest.mark.parametrize("transition", [Transition.PUBLISH, Transition.SCHEDULE])
def test_a_refused_transition_names_no_field_of_the_api(
    transition: Transition, editor: Client, draft: Article
) -> None:
    Article.objects.update(expires_at=timezone.now() - timedelta(hours=1), body_html="<p>x</p>")
    typed = {"publish_at": "2999-01-15T10:00"} if transition is Transition.SCHEDULE else {}

    refused = text_of(carry_out(editor, draft, transition, **typed))

    assert "Unpublish at: Lies before the publication." in refused
    assert "expires_at" not in refused


def test_a_retraction_needs_its_text(editor: Client, public: Article) -> None:
    refused = carry_out(editor, public, Transition.RETRACT)
    carry_out(editor, public, Transition.RETRACT, text="We made it up.")

    assert "This field is required." in text_of(refused)
    assert "We made it up." in text_of(Client().get("/articles/bridge/"))


def test_a_kill_needs_a_reason_and_the_slug(publisher: Client, public: Article) -> None:
    refused = [
        carry_out(publisher, public, Transition.KILL, note="Libel.", slug="bridges"),
        carry_out(publisher, public, Transition.KILL, slug="bridge"),
    ]
    before = Client().get("/articles/bridge/").status_code
    carry_out(publisher, public, Transition.KILL, note="Libel.", slug="bridge")

    assert "Type bridge to kill this story." in text_of(refused[0])
    assert "This field is required." in text_of(refused[1])
    assert (before, Client().get("/articles/bridge/").status_code) == (200, 410)
    assert public.revisions.latest("version").note == "Libel."


def test_a_transition_with_a_version_conflict_is_refused_until_the_editor_reloads(
    editor: Client, draft: Article
) -> None:
    form = fill_in(editor, transition_url(draft, Transition.PUBLISH), "transition_form")
    edit_article(
        article_id=draft.pk, changes={"headline": "Theirs"}, expected_version=1, editor="paula"
    )

    refused = editor.post(transition_url(draft, Transition.PUBLISH), form)
    state = Article.objects.get().state
    editor.post(transition_url(draft, Transition.PUBLISH), {**form, "seen": "2"})

    assert "Not saved: paula" in text_of(refused)
    assert "Theirs" in text_of(refused)
    assert (state, Article.objects.get().state) == (State.DRAFT, State.PUBLISHED)


def test_a_transition_that_the_state_no_longer_allows_is_explained(
    editor: Client, public: Article
) -> None:
    opened = editor.get(transition_url(public, Transition.SUBMIT), follow=True)
    sent = editor.post(
        transition_url(public, Transition.SUBMIT), {"expected_version": public.version}
    )

    for answer in (opened, sent):
        assert "A story that is published does not allow the move “submit”." in text_of(answer)


def test_an_unknown_transition_is_not_found(editor: Client, draft: Article) -> None:
    assert editor.get(beside(draft, "transition/explode")).status_code == 404


# Versions


def test_two_versions_are_compared_on_the_articles_page(editor: Client, draft: Article) -> None:
    edit_article(
        article_id=draft.pk, changes={"headline": "The bridge is shut"}, expected_version=1
    )

    html = editor.get(beside(draft, "versions"), {"older": "2", "newer": "1"}).content.decode()

    assert "<del>The bridge is open</del>" in html
    assert "<ins>The bridge is shut</ins>" in html


@pytest.mark.parametrize("query", [{"older": "9", "newer": "1"}, {"older": "x"}, {"newer": "1"}])
def test_unknown_versions_are_not_compared(
    query: dict[str, str], editor: Client, draft: Article
) -> None:
    answer = editor.get(beside(draft, "versions"), query)

    assert answer.status_code == 200
    assert "What differs" not in text_of(answer)


def test_a_publisher_restores_an_old_version(publisher: Client, draft: Article) -> None:
    edit_article(
        article_id=draft.pk, changes={"headline": "The bridge is shut"}, expected_version=1
    )

    asked = text_of(publisher.get(beside(draft, "restore/1")))
    publisher.post(beside(draft, "restore/1"), {"expected_version": "2"})

    draft.refresh_from_db()
    assert "The bridge is shut The bridge is open" in asked
    assert (draft.headline, draft.version) == ("The bridge is open", 3)


def test_a_restore_with_a_version_conflict_changes_nothing(
    publisher: Client, draft: Article
) -> None:
    edit_article(
        article_id=draft.pk, changes={"headline": "The bridge is shut"}, expected_version=1
    )

    answer = publisher.post(beside(draft, "restore/1"), {"expected_version": "1"})

    assert "Not restored" in text_of(answer)
    assert Article.objects.get().version == 2


def test_an_editor_does_not_restore(editor: Client, draft: Article) -> None:
    edit_article(
        article_id=draft.pk, changes={"headline": "The bridge is shut"}, expected_version=1
    )

    assert editor.post(beside(draft, "restore/1"), {"expected_version": "2"}).status_code == 403


# Preview links


def path_of(article: Article) -> str:
    return preview_links.make_link(article).removeprefix("http://127.0.0.1:8000")


def test_a_preview_link_shows_a_draft_to_every_holder(editor: Client, draft: Article) -> None:
    shown = editor.get(beside(draft, "preview-link")).content.decode()
    answer = Client().get(path_of(draft))

    assert "/preview/" in shown
    assert answer.status_code == 200
    assert "Not published." in text_of(answer)
    assert "The bridge is open" in text_of(answer)
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    html = answer.content.decode()
    assert "reactions/bar" not in html
    assert "application/ld+json" not in html


def test_a_preview_shows_the_newest_text(draft: Article) -> None:
    link = path_of(draft)

    edit_article(article_id=draft.pk, changes={"body_markdown": "It *was*."}, expected_version=1)

    assert "It was." in text_of(Client().get(link))


def test_a_preview_redirects_to_the_page_once_the_article_is_published(draft: Article) -> None:
    link = path_of(draft)

    workflow.publish(article_id=draft.pk)

    answer = Client().get(link)
    assert (answer.status_code, answer["Location"]) == (302, "/articles/bridge/")


@pytest.mark.parametrize("state", [State.SPIKED, State.KILLED])
def test_an_archived_article_has_no_preview(state: State, draft: Article) -> None:
    link = path_of(draft)

    put(draft, state)

    assert Client().get(link).status_code == 410


def test_the_desk_revokes_its_preview_links(editor: Client, draft: Article) -> None:
    link = path_of(draft)

    editor.post(beside(draft, "preview-link"))

    draft.refresh_from_db()
    assert Client().get(link).status_code == 410
    assert Client().get(path_of(draft)).status_code == 200
    assert draft.version == 1


def test_a_preview_link_expires(draft: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    link = path_of(draft)

    monkeypatch.setattr(preview_links, "LIFETIME", timedelta(seconds=-1))

    answer = Client().get(link)
    assert answer.status_code == 410
    assert answer["Cache-Control"] == "private, no-store"


def test_a_forged_preview_link_is_not_found(draft: Article) -> None:
    forged = signing.dumps([draft.pk.hex, 0], salt="something else")

    for token in (forged, "x", path_of(draft).strip("/").rpartition("/")[2][:-1]):
        assert Client().get(f"/preview/{token}/").status_code == 404


def test_an_author_creates_preview_links_to_their_own_drafts_alone(draft: Article) -> None:
    author = sign_in(Role.AUTHOR)
    save(author, "/desk/articles/article/add/", **{**BODY, "slug": "mine"})

    assert author.get(beside(draft, "preview-link")).status_code == 404
    own = Article.objects.get(slug="mine")
    assert author.get(beside(own, "preview-link")).status_code == 200
