"""Every version of an article: stored, compared, restored."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from articles import workflow
from articles.editing import NotEditable, create_draft, edit_article, restore_revision
from articles.models import Article, ArticleRevision, State
from articles.revisions import VersionConflict, compare
from tests.conftest import PublishArticle
from tests.races.rival import Rival

pytestmark = pytest.mark.django_db

Edit = Callable[..., Article]


@pytest.fixture
def draft(db: None) -> Article:
    values = {
        "headline": "The bridge is open",
        "slug": "bridge-opens",
        "body_markdown": "It opened at noon.\n\nWith a band.",
        "dateline": {"place": "Damascus", "source": "AFP", "style": "ap"},
        "section": "World",
        "tags": ["Bridges", "Syria"],
        "authors": [{"name": "Ada"}],
        "lead_image": {"caption": "At noon."},
        "urgency": 3,
    }
    return create_draft(values=values, editor="ada")


@pytest.fixture
def edited(draft: Article) -> Article:
    changes = {
        "headline": "The bridge is shut",
        "body_markdown": "It opened at noon.\n\nWithout a band.",
        "dateline": None,
        "section": "",
        "tags": ["Trains"],
        "authors": [],
        "lead_image": None,
        "urgency": None,
    }
    return edit_article(article_id=draft.pk, changes=changes, expected_version=1, editor="bob")


def revision(version: int) -> ArticleRevision:
    return ArticleRevision.objects.get(version=version)


def test_every_version_is_stored_with_its_editor(edited: Article) -> None:
    kept = [(each.version, each.kind, each.editor) for each in edited.revisions.all()]

    assert kept == [(2, "edit", "bob"), (1, "create", "ada")]
    assert revision(1).snapshot["headline"] == "The bridge is open"
    assert [tag["name"] for tag in revision(1).snapshot["tags"]] == ["Bridges", "Syria"]
    assert revision(2).snapshot["lead_image"] is None


def test_two_versions_are_compared_by_their_lines(edited: Article) -> None:
    differences = {each.field: each.lines for each in compare(older=revision(1), newer=revision(2))}

    assert differences["headline"] == ("-The bridge is open", "+The bridge is shut")
    assert differences["body_markdown"][-2:] == ("-With a band.", "+Without a band.")
    assert differences["tags"] == ("-Bridges · bridges", "-Syria · syria", "+Trains · trains")
    assert differences["urgency"] == ("-3",)
    assert "body_html" not in differences


def test_a_version_does_not_differ_from_itself(draft: Article) -> None:
    assert compare(older=revision(1), newer=revision(1)) == []


def test_an_old_version_is_restored_as_a_new_one(edited: Article) -> None:
    restored = restore_revision(article_id=edited.pk, version=1, expected_version=2, editor="ada")

    assert restored.version == 3
    assert restored.dateline_text == "DAMASCUS, Syria (AFP) —"
    assert restored.state == State.DRAFT
    assert compare(older=revision(1), newer=revision(3)) == []
    assert (revision(3).kind, revision(3).note) == ("restore", "Version 1.")


def test_the_latest_version_cannot_be_restored_into_a_new_one(draft: Article) -> None:
    assert restore_revision(article_id=draft.pk, version=1, expected_version=1).version == 1


def test_an_old_text_passes_todays_allow_list(edited: Article) -> None:
    old = revision(1)
    old.snapshot["body_html"] = '<p onclick="x()">Hi<script>x()</script></p>'
    old.save()

    assert (
        restore_revision(article_id=edited.pk, version=1, expected_version=2).body_html
        == "<p>Hi</p>"
    )


def test_restoring_leaves_the_workflow_alone(draft: Article) -> None:
    workflow.publish(article_id=draft.pk)

    restored = restore_revision(article_id=draft.pk, version=1, expected_version=2)

    assert restored.state == State.PUBLISHED


def test_a_killed_article_is_not_restored(publish_article: PublishArticle) -> None:
    article = publish_article()
    workflow.correct(article_id=article.pk, text="No.")
    workflow.kill(article_id=article.pk)

    with pytest.raises(NotEditable):
        restore_revision(article_id=article.pk, version=2, expected_version=3)


@pytest.mark.django_db(transaction=True)
def test_the_later_of_two_writers_at_once_gets_a_version_conflict(article: Article) -> None:
    def edit(headline: str) -> Article:
        return edit_article(
            article_id=article.pk, changes={"headline": headline}, expected_version=1
        )

    with transaction.atomic():
        edit("Mine")
        rival = Rival().start(lambda: edit("Yours"))

    with pytest.raises(VersionConflict):
        rival.result(timeout=10)
    assert Article.objects.get().headline == "Mine"


LIST = "/desk/articles/articlerevision/"


# django-unfold's own override, on Django 6.1.
@pytest.mark.filterwarnings("ignore:Overriding get_action_choices")
def test_the_desk_compares_two_versions(edited: Article, admin_client: Client) -> None:
    chosen = [revision(1).pk, revision(2).pk]

    page = admin_client.post(LIST, {"action": "compare_two", "_selected_action": chosen})

    html = page.content.decode()
    assert "<del>The bridge is open</del>" in html
    assert "<ins>The bridge is shut</ins>" in html


@pytest.mark.filterwarnings("ignore:Overriding get_action_choices")
def test_the_desk_compares_nothing_but_two_versions(edited: Article, admin_client: Client) -> None:
    asked = {"action": "compare_two", "_selected_action": [revision(1).pk]}

    page = admin_client.post(LIST, asked, follow=True)

    assert "Choose two versions of one story." in page.content.decode()


@pytest.mark.filterwarnings("ignore:Overriding get_action_choices")
def test_the_desk_restores_a_version(edited: Article, admin_client: Client) -> None:
    asked = {"action": "restore", "_selected_action": [revision(1).pk]}

    page = admin_client.post(LIST, asked, follow=True)

    assert "It is version 3 now." in page.content.decode()
    assert Article.objects.get().headline == "The bridge is open"
    assert revision(3).editor == "admin"


@pytest.mark.parametrize("model", ["author", "source", "articlerevision"])
def test_the_desk_lists_people_sources_and_versions(
    model: str, edited: Article, admin_client: Client
) -> None:
    assert admin_client.get(f"/desk/articles/{model}/").status_code == 200


@pytest.mark.parametrize("model", ["author", "source"])
def test_the_desk_adds_people_and_sources(model: str, admin_client: Client) -> None:
    url = f"/desk/articles/{model}/add/"
    filed = {"name": "Ada", "slug": "ada", "category": "staff", "indexing": "index"}

    assert admin_client.get(url).status_code == 200
    assert admin_client.post(url, filed).status_code == 302


def test_the_desk_sees_the_corrections_of_an_article(
    article: Article, admin_client: Client
) -> None:
    workflow.correct(article_id=article.pk, text="It was two bridges.")

    page = admin_client.get(f"/desk/articles/article/{article.pk}/change/").content.decode()

    assert "It was two bridges." in page
    assert f"/desk/articles/article/{article.pk}/versions/" in page
