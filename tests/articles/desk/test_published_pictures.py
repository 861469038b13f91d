"""What is published changes only by a new version: pictures that published stories show, and further pictures."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from articles.editing import create_draft, edit_article, restore_revision
from articles.media.images import read_picture
from articles.media.pictures import put_picture
from articles.models import Article, ArticleMedia, AuditEntry, Media
from articles.roles import Role
from tests.articles.desk.client import fill_in, page, sign_in
from tests.articles.media.drawings import draw
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db
LIBRARY = "/desk/articles/media/"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def media() -> Media:
    media = Media(caption="At noon.", alt_text="A bridge")
    put_picture(media, read_picture(draw(400, 300)))
    return media


@pytest.fixture
def published(publish_article: PublishArticle, media: Media) -> Article:
    return publish_article(lead_image=media)


def change(client: Client, media: Media, **words: Any) -> Any:
    usual = {"alt_text": "A bridge", "caption": "At noon.", "focal_x": "0.5", "focal_y": "0.5"}
    return client.post(f"{LIBRARY}{media.pk}/change/", usual | words)


def test_an_author_changes_no_picture_of_a_published_story(
    published: Article, media: Media
) -> None:
    author = sign_in(Role.AUTHOR)
    file = SimpleUploadedFile("b.jpg", draw(500, 300))

    refused = [
        change(author, media, caption="Mine now.").status_code,
        change(author, media, upload=file).status_code,
    ]

    assert refused == [403, 403]
    assert Media.objects.values_list("caption", "width").get() == ("At noon.", 400)
    assert not AuditEntry.objects.filter(object_type="media").exists()


def test_an_author_changes_the_pictures_of_own_drafts_and_of_no_story(media: Media) -> None:
    author = sign_in(Role.AUTHOR, "maria")
    alone = change(author, media, caption="Of no story.").status_code
    maria = author.get("/desk/account/").wsgi_request.user
    draft = create_draft(values={"headline": "A", "slug": "a"}, created_by_id=maria.pk)
    edit_article(article_id=draft.pk, changes={"lead_image": media}, expected_version=None)
    own = change(author, media, caption="Of a draft.").status_code
    Article.objects.update(created_by=None)
    others = change(author, media, caption="Of another’s.").status_code

    assert (alone, own, others) == (302, 302, 403)


def test_an_editors_change_is_a_new_picture_and_a_version_of_the_story(
    published: Article, media: Media
) -> None:
    answer = change(sign_in(Role.EDITOR), media, caption="At night.")

    published.refresh_from_db()
    new = published.lead_image
    assert answer.status_code == 302
    assert new is not None
    assert (new.pk != media.pk, new.caption, new.file.name) == (True, "At night.", media.file.name)
    assert Media.objects.get(pk=media.pk).caption == "At noon."
    assert published.version == 2
    assert published.revisions.first().snapshot["lead_image"]["caption"] == "At night."  # type: ignore[union-attr]
    entry = AuditEntry.objects.get(object_type="media")
    assert (entry.actor, entry.action) == ("editors", "changed")
    assert (entry.before, entry.after) == ({"caption": "At noon."}, {"caption": "At night."})


def test_a_file_that_was_replaced_comes_back_with_its_version(
    published: Article, media: Media
) -> None:
    first = edit_article(
        article_id=published.pk, changes={"headline": "Before"}, expected_version=None
    )
    change(sign_in(Role.EDITOR), media, upload=SimpleUploadedFile("b.jpg", draw(500, 300)))
    published.refresh_from_db()
    replaced = published.lead_image

    restored = restore_revision(
        article_id=published.pk, version=first.version, expected_version=None
    )

    assert replaced is not None
    assert restored.lead_image is not None
    assert (replaced.width, restored.lead_image.width) == (500, 400)


def test_a_picture_of_a_draft_alone_is_changed_in_place(media: Media) -> None:
    draft = create_draft(values={"headline": "A", "slug": "a"})
    edit_article(article_id=draft.pk, changes={"lead_image": media}, expected_version=None)

    change(sign_in(Role.EDITOR), media, caption="At night.")

    assert Media.objects.get().caption == "At night."


def test_further_pictures_are_part_of_a_version(published: Article, media: Media) -> None:
    other = Media.objects.create(caption="The band.", alt_text="A band")
    editor = sign_in(Role.EDITOR)
    form = fill_in(editor, page(published)) | {
        "media_links-TOTAL_FORMS": "1",
        "media_links-0-media": str(other.pk),
        "media_links-0-position": "0",
        "media_links-0-article": str(published.pk),
    }

    answer = editor.post(page(published), form)

    published.refresh_from_db()
    version = published.revisions.first()
    assert answer.status_code == 302
    assert version is not None
    assert (published.version, version.editor) == (2, "editors")
    assert [each["media"] for each in version.snapshot["pictures"]] == [other.pk]


def test_restoring_a_version_restores_its_further_pictures(published: Article) -> None:
    first, second = (Media.objects.create(alt_text=text) for text in ("one", "two"))
    link = ArticleMedia.objects.create(article=published, media=first, position=0)
    with_one = edit_article(
        article_id=published.pk, changes={"headline": "With one"}, expected_version=None
    ).version
    link.delete()
    ArticleMedia.objects.create(article=published, media=second, position=0)

    restore_revision(article_id=published.pk, version=with_one, expected_version=None)

    assert [each.pk for each in Article.objects.get().gallery] == [first.pk]


def test_a_picture_that_a_story_shows_is_not_deleted(
    published: Article, media: Media, admin_client: Client
) -> None:
    refused = admin_client.post(f"{LIBRARY}{media.pk}/delete/", {"post": "yes"})
    admin_client.post(
        LIBRARY, {"action": "delete_selected", "_selected_action": [media.pk], "post": "yes"}
    )

    assert refused.status_code == 403
    assert Media.objects.filter(pk=media.pk).exists()
