"""Articles written at the desk."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from articles import workflow
from articles.editing import create_draft, edit_article
from articles.models import Account, Article, ArticleRevision, Author, Media, Section, State, Tag
from articles.revisions import VersionConflict
from articles.roles import Role
from articles.workflow import Transition
from tests.articles.desk.client import (
    ADD,
    LIST,
    beside,
    carry_out,
    fill_in,
    page,
    save,
    sign_in,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return sign_in(Role.EDITOR)


@pytest.fixture
def draft() -> Article:
    values = {
        "headline": "The bridge is open",
        "slug": "bridge",
        "body_markdown": "It *is*.",
        "tags": ["Bridges", "Syria"],
        "dateline": {"place": "Damascus", "date": date(2024, 12, 8), "style": "afp"},
    }
    return create_draft(values=values)


def test_an_author_writes_a_draft(db: None) -> None:
    Author.objects.create(name="Ada", slug="ada")
    author = sign_in(Role.AUTHOR, "maria")
    typed: dict[str, Any] = {
        "headline": " The bridge  is open ",
        "body_markdown": "It *is*.",
        "tag_lines": "Bridges\nSyria",
        "author_lines_name": ["Ada", "", ""],
        "author_lines_role": ["photographer", "", ""],
        "dateline_place": "Damascus",
        "dateline_date": "2024-12-08",
        "dateline_style": "afp",
    }

    answer = save(author, ADD, **typed)

    article = Article.objects.get()
    assert answer.status_code == 302
    assert (article.headline, article.slug) == ("The bridge is open", "the-bridge-is-open")
    assert (article.state, article.created_by) == (State.DRAFT, User.objects.get(username="maria"))
    assert article.body_html == "<p>It <em>is</em>.</p>"
    assert [tag.name for tag in article.ordered_tags] == ["Bridges", "Syria"]
    assert [link.role for link in article.author_links.all()] == ["photographer"]
    assert (article.byline, article.dateline_text) == ("Ada", "DAMASCUS, Dec 8 —")
    assert article.revisions.get().editor == "maria"


def test_an_unchanged_field_is_not_written(editor: Client, draft: Article) -> None:
    save(editor, page(draft))

    draft.refresh_from_db()
    assert draft.version == 1


def test_an_edit_writes_the_changed_fields_and_stores_a_revision(
    editor: Client, draft: Article
) -> None:
    sport = Section.objects.create(name="Sport", slug="sport")

    save(editor, page(draft), subheadline="At last", section=sport.pk, tag_lines="Syria\nRivers")

    draft = Article.objects.with_parts().get()
    assert (draft.subheadline, draft.section, draft.version) == ("At last", sport, 2)
    assert [tag.name for tag in draft.ordered_tags] == ["Syria", "Rivers"]
    assert draft.dateline_text == "DAMASCUS, Dec 8 —"


def test_a_dateline_and_a_section_can_be_removed(editor: Client, draft: Article) -> None:
    edit_article(article_id=draft.pk, changes={"section": "World"}, expected_version=None)
    empty = dict.fromkeys(["dateline_place", "dateline_date", "section"], "")

    save(editor, page(draft), **empty)

    draft.refresh_from_db()
    assert (draft.dateline_text, draft.dateline_style, draft.section) == ("", "", None)


def test_a_tag_with_a_slug_of_its_own_stays_that_tag(editor: Client, draft: Article) -> None:
    tag = Tag.objects.create(name="Kelp", slug="kelp-forests")

    save(editor, page(draft), tag_lines="Kelp")

    assert Article.objects.with_parts().get().ordered_tags == [tag]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"headline": ""}, "This field is required."),
        ({"slug": "A/B"}, "is not a slug"),
        ({"slug": "taken"}, "is taken by another story"),
        ({"language": "klingon!"}, "is not a language tag"),
        ({"urgency": "12"}, "less than or equal to 9"),
        ({"body_markdown": "Hello <script>alert(1)</script>"}, "is not allowed"),
        ({"body_markdown": "a\u202eb"}, "is not allowed"),
        ({"subject_lines": "sport"}, "is not a media topic such as"),
        ({"tag_lines": "\n".join(f"Tag {n}" for n in range(10_000))}, "50 are allowed"),
        ({"tag_lines": "Kelp\nkelp"}, "is listed twice"),
        ({"dateline_place": "", "dateline_source": "AFP"}, "may not be blank"),
        ({"dateline_country": "Syria"}, "at most 2 characters"),
        ({"author_lines_name": "Unknown"}, "There is no author “Unknown”"),
        ({"canonical_url": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"expires_at": "soon"}, "Enter a valid date/time"),
    ],
)
def test_an_invalid_value_is_refused_and_stays_in_the_form(
    typed: dict[str, str], complaint: str, editor: Client, draft: Article
) -> None:
    create_draft(values={"headline": "Other", "slug": "taken"})
    held = {"expected_version": 1, "headline": draft.headline, "language": "en"}
    held |= {"media_links-TOTAL_FORMS": 0, "media_links-INITIAL_FORMS": 0}

    answer = editor.post(page(draft), {**held, "abstract": "Typed at length", **typed})

    assert answer.status_code == 200
    assert complaint in text_of(answer)
    assert "Typed at length" in answer.content.decode()
    assert Article.objects.get(slug="bridge").version == 1


def test_a_draft_with_a_picture_of_another_site_is_saved_and_not_published(
    editor: Client, draft: Article
) -> None:
    text = "It is.\n\n![The bridge](https://example.org/bridge.jpg)"

    saved = editor.post(page(draft), fill_in(editor, page(draft), body_markdown=text), follow=True)
    refused = carry_out(editor, draft, Transition.PUBLISH)

    draft.refresh_from_db()
    advice = "readers do not see this picture: add it under Pictures"
    assert (draft.body_markdown, draft.body_html) == (text, "<p>It is.</p>")
    assert f"Before this story is published: line 3: {advice}" in text_of(saved)
    assert f"Text: Line 3: {advice}" in text_of(refused)


def test_a_public_text_is_not_saved_with_a_picture_that_readers_do_not_see(
    editor: Client, draft: Article
) -> None:
    workflow.publish(article_id=draft.pk)

    answer = save(editor, page(draft), body_markdown="![The bridge](https://example.org/b.jpg)")

    assert "Line 1: readers do not see this picture" in text_of(answer)
    assert Article.objects.get().body_markdown == "It *is*."


def test_the_largest_article_fits_through_the_form(editor: Client, draft: Article) -> None:
    body = "خبر " * 14_000  # 98,000 bytes, and three times that in a form

    answer = save(editor, page(draft), body_markdown=body)

    draft.refresh_from_db()
    assert answer.status_code == 302
    assert draft.body_markdown == body.strip()


def test_further_pictures_are_saved_with_the_story(editor: Client, draft: Article) -> None:
    picture = Media.objects.create(alt_text="A bridge")
    form = {"media_links-TOTAL_FORMS": "1", "media_links-0-media": str(picture.pk)}

    saved = save(editor, page(draft), **form, **{"media_links-0-position": "1"})
    shown = save(editor, page(draft), headline="Another")

    draft.refresh_from_db()
    assert (saved.status_code, shown.status_code) == (302, 302)
    assert (draft.gallery, draft.headline) == ([picture], "Another")


def test_times_are_in_the_zone_of_the_user(editor: Client, draft: Article) -> None:
    Account.objects.create(user=User.objects.get(username="editors"), timezone="Asia/Kathmandu")

    save(editor, page(draft), expires_at="2999-01-15T10:00")

    draft.refresh_from_db()
    assert draft.expires_at == datetime(2999, 1, 15, 4, 15, tzinfo=UTC)
    assert "Time in Asia/Kathmandu." in text_of(editor.get(page(draft)))


# Version conflicts


def test_a_save_with_a_version_conflict_is_refused_and_shows_the_other_save(
    editor: Client, draft: Article
) -> None:
    form = fill_in(editor, page(draft), headline="Mine", body_markdown="Mine, at length.")
    edit_article(
        article_id=draft.pk, changes={"headline": "Theirs"}, expected_version=1, editor="paula"
    )

    answer = editor.post(page(draft), form)

    text = text_of(answer)
    assert "Not saved: paula" in text
    assert "saved version 2 while you were here" in text
    assert "The bridge is open Theirs" in text
    assert "Mine, at length." in answer.content.decode()
    assert Article.objects.get().body_markdown == "It *is*."


def test_an_editor_who_saw_the_other_save_may_overwrite_it(editor: Client, draft: Article) -> None:
    form = fill_in(editor, page(draft), headline="Mine")
    changes = {"headline": "Theirs", "abstract": "Theirs."}
    edit_article(article_id=draft.pk, changes=changes, expected_version=1)

    refused = editor.post(page(draft), form)
    answer = editor.post(page(draft), {**form, "seen": "2"})

    draft.refresh_from_db()
    assert (refused.status_code, answer.status_code) == (200, 302)
    assert (draft.headline, draft.abstract) == ("Mine", "Theirs.")
    assert list(ArticleRevision.objects.values_list("version", flat=True)) == [3, 2, 1]


def test_a_version_saved_after_the_conflict_is_another_conflict(
    editor: Client, draft: Article
) -> None:
    form = fill_in(editor, page(draft), headline="Mine.")
    for headline in ("Theirs", "Theirs again"):
        edit_article(article_id=draft.pk, changes={"headline": headline}, expected_version=None)

    answer = editor.post(page(draft), {**form, "seen": "2"})

    assert "Not saved" in text_of(answer)
    assert Article.objects.get().version == 3


def test_two_editors_of_different_fields_both_keep_their_work(
    editor: Client, draft: Article
) -> None:
    form = fill_in(editor, page(draft), body_markdown="Mine.", tag_lines="Bridges")
    changes = {"headline": "Theirs", "dateline": {"place": "Homs", "style": "plain"}}
    edit_article(article_id=draft.pk, changes=changes, expected_version=1, editor="paula")

    answer = editor.post(page(draft), form, follow=True)

    draft.refresh_from_db()
    assert (draft.headline, draft.body_markdown, draft.version) == ("Theirs", "Mine.", 3)
    assert (draft.dateline_place, [tag.name for tag in draft.ordered_tags]) == ("Homs", ["Bridges"])
    assert "Saved together with what paula changed meanwhile: “Headline”, “Dateline: place”," in (
        text_of(answer)
    )


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"headline": "Mine"}, {"headline": "Theirs"}),
        ({"tag_lines": "Bridges"}, {"tags": ["Roads"]}),
        ({"dateline_place": "Homs"}, {"dateline": {"place": "Damascus", "style": "ap"}}),
        ({"byline": "Mine"}, {"authors": [{"name": "Ada"}]}),  # their names become the byline
    ],
)
def test_two_editors_of_one_field_do_not_overwrite_each_other(
    mine: dict[str, Any], theirs: dict[str, Any], editor: Client, draft: Article
) -> None:
    form = fill_in(editor, page(draft), **mine)
    edit_article(article_id=draft.pk, changes=theirs, expected_version=1)

    answer = editor.post(page(draft), form)

    assert "Not saved" in text_of(answer)
    assert Article.objects.get().version == 2


def test_a_transition_conflicts_with_every_change(editor: Client, draft: Article) -> None:
    form = fill_in(editor, page(draft), body_markdown="Not for readers yet.")
    workflow.publish(article_id=draft.pk, editor="paula")

    answer = editor.post(page(draft), form)

    assert "Not saved: paula" in text_of(answer)
    assert Article.objects.get().body_markdown == "It *is*."


def test_a_save_that_another_one_overtakes_is_merged_under_its_lock(
    editor: Client, draft: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = fill_in(editor, page(draft), body_markdown="Mine.")

    def overtaken(**asked: Any) -> Article:
        monkeypatch.setattr("articles.desk.articles.edit_article", edit_article)
        edit_article(article_id=draft.pk, changes={"headline": "Theirs"}, expected_version=1)
        return edit_article(**asked)

    monkeypatch.setattr("articles.desk.articles.edit_article", overtaken)
    answer = editor.post(page(draft), form)

    draft.refresh_from_db()
    assert answer.status_code == 302
    assert (draft.headline, draft.body_markdown) == ("Theirs", "Mine.")


def test_no_merge_under_the_lock_overwrites_a_field(draft: Article) -> None:
    edit_article(article_id=draft.pk, changes={"headline": "Theirs"}, expected_version=1)

    with pytest.raises(VersionConflict):
        edit_article(
            article_id=draft.pk, changes={"headline": "Mine"}, expected_version=1, merge=True
        )
    with pytest.raises(VersionConflict):  # a version that no revision describes
        edit_article(
            article_id=draft.pk, changes={"abstract": "Mine"}, expected_version=7, merge=True
        )


# Who else edits


def test_the_form_says_who_else_has_it_open_until_they_leave(
    editor: Client, draft: Article
) -> None:
    publisher = sign_in(Role.PUBLISHER, "paula")
    User.objects.filter(username="paula").update(first_name="Paula", last_name="Berg")
    call = beside(draft, "editing")

    alone = text_of(editor.get(page(draft)))
    publisher.get(page(draft))
    both = editor.post(call).json()
    third = text_of(sign_in(Role.EDITOR, "tom").get(page(draft)))
    left = publisher.post(call, {"left": "1"}).status_code
    after = editor.post(call).json()

    assert "editing this story" not in alone
    assert both == {"text": "Paula Berg is editing this story, too."}
    assert "Paula Berg and editors are editing this story, too." in third
    assert (left, after) == (204, {"text": "tom is editing this story, too."})


def test_an_editor_who_no_longer_calls_is_not_shown(
    editor: Client, draft: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(Role.EDITOR, "tom").get(page(draft))
    monkeypatch.setattr("articles.desk.presence.PRESENT_SECONDS", 0)

    assert editor.post(beside(draft, "editing")).json() == {"text": ""}


def test_without_redis_the_form_works_and_shows_nobody(
    editor: Client, draft: Article, settings: Settings
) -> None:
    sign_in(Role.EDITOR, "tom").get(page(draft))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = save(editor, page(draft), headline="Saved")

    assert answer.status_code == 302
    assert editor.post(beside(draft, "editing")).json() == {"text": ""}
    assert editor.post(beside(draft, "editing"), {"left": "1"}).status_code == 204


def test_only_who_may_write_a_story_is_seen_at_it(editor: Client, draft: Article) -> None:
    Article.objects.update(
        state=State.PUBLISHED, published_at=draft.updated_at, first_published_at=draft.updated_at
    )

    assert sign_in(Role.AUTHOR).post(beside(draft, "editing")).status_code == 404
    assert editor.get(beside(draft, "editing")).status_code == 404
    assert editor.post(beside(draft, "editing")).json() == {"text": ""}


def test_a_save_names_the_stored_text_that_it_saved(editor: Client, draft: Article) -> None:
    answer = save(editor, page(draft), headline="New", draft="abc123")
    refused = save(editor, page(draft), headline="", draft="abc456")

    assert answer.cookies["desk_saved"].value == "abc123"
    assert answer.cookies["desk_saved"]["path"] == "/desk/"
    assert "desk_saved" not in refused.cookies


# The live preview


def test_the_live_preview_shows_the_text_as_the_page_would(editor: Client) -> None:
    typed = {
        "body_markdown": "It *is* <script>alert(1)</script> open.",
        "dateline_place": "Damascus",
        "dateline_source": "A<b>",
        "dateline_style": "ap",
    }

    shown = editor.post(f"{LIST}live-preview/", typed).json()

    assert shown["html"].startswith(
        '<p><span class="dateline">DAMASCUS, Syria (A&lt;b&gt;) —</span> It'
    )
    assert "<em>is</em>" in shown["html"]
    assert "<script" not in shown["html"]
    assert shown["dateline"] == "DAMASCUS, Syria (A<b>) —"
    assert shown["objections"] == ["Line 1: <script> is not allowed."]
    assert shown["words"] == 3


@pytest.mark.parametrize("typed", [{"dateline_date": "2024-12-08"}, {"dateline_place": "X" * 101}])
def test_the_live_preview_accepts_an_incomplete_dateline(
    typed: dict[str, str], editor: Client
) -> None:
    shown = editor.post(f"{LIST}live-preview/", {"body_markdown": "It is.", **typed}).json()

    assert (shown["html"], shown["dateline"]) == ("<p>It is.</p>", "")


def test_the_live_preview_renders_no_markup_that_articles_may_not_have(editor: Client) -> None:
    shown = editor.post(f"{LIST}live-preview/", {"body_markdown": "x" * 100_001}).json()

    assert shown["html"] == ""
    assert "100,000 bytes" in shown["objections"][0]


# Permissions


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.PUBLISHED])
def test_an_author_cannot_change_what_is_not_their_draft(state: State, draft: Article) -> None:
    Article.objects.filter(pk=draft.pk).update(
        state=state, published_at=draft.updated_at, first_published_at=draft.updated_at
    )
    author = sign_in(Role.AUTHOR)

    answer = author.post(page(draft), {"headline": "Mine"})

    assert answer.status_code in {302, 403}  # an article that they may not see is a 404
    assert Article.objects.get().headline == "The bridge is open"


def test_an_author_reads_a_published_article_without_a_form(draft: Article) -> None:
    Article.objects.update(
        state=State.PUBLISHED, published_at=draft.updated_at, first_published_at=draft.updated_at
    )

    html = sign_in(Role.AUTHOR).get(page(draft)).content.decode()

    assert "<em>is</em>" in html
    assert 'name="headline"' not in html


def test_a_killed_article_is_read_and_not_changed(editor: Client, draft: Article) -> None:
    Article.objects.update(state=State.KILLED)

    html = editor.get(page(draft)).content.decode()
    refused = editor.post(page(draft), {"headline": "Back"})

    assert 'name="headline"' not in html
    assert refused.status_code == 403


def test_a_statistician_sees_no_articles(draft: Article) -> None:
    client = sign_in(Role.STATISTICS)

    statuses = [client.get(url).status_code for url in (LIST, page(draft), ADD)]
    preview = client.post(f"{LIST}live-preview/", {"body_markdown": "x"})

    assert statuses == [403, 403, 403]
    assert preview.status_code == 404
    assert client.get("/desk/reactions/reactedarticle/").status_code == 200


def test_no_role_deletes_an_article(admin_client: Client, draft: Article) -> None:
    answer = admin_client.post(f"{LIST}{draft.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert Article.objects.exists()


# The list


def test_the_list_shows_each_article_with_its_state_in_words(
    editor: Client, draft: Article
) -> None:
    text = text_of(editor.get(LIST))

    assert "The bridge is open" in text
    assert "Draft" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bridge"}, True),
        ({"q": "zebra"}, False),
        ({"state__exact": "draft"}, True),
        ({"state__exact": "published"}, False),
        ({"whose": "mine"}, False),
        ({"author": "ada"}, True),
        ({"author": "bob"}, False),
    ],
)
def test_the_list_can_be_narrowed(
    query: dict[str, str], found: bool, editor: Client, draft: Article
) -> None:
    ada = [{"name": "Ada", "slug": "ada"}]
    edit_article(article_id=draft.pk, changes={"authors": ada}, expected_version=None)
    Author.objects.create(name="Bob", slug="bob")

    text = text_of(editor.get(LIST, query))

    assert (draft.headline in text) == found


def test_the_list_takes_as_many_queries_for_many_articles_as_for_few(
    editor: Client, draft: Article, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        create_draft(values={"headline": f"Story {number}", "slug": f"story-{number}"})

    with django_assert_max_num_queries(18):  # type: ignore[operator]  # pytest-django's
        editor.get(LIST)
