"""Files of pictures: stored whole or not at all, rendered by any number of workers, deleted when unused."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles.media import pictures
from articles.media.files import delete_unused_files, name_of
from articles.media.images import Picture, read_picture
from articles.media.pictures import (
    prepare,
    prepare_due,
    put_picture,
    request_renditions,
)
from articles.models import Article, ArticleMedia, Media
from articles.storage import AtomicFileStorage, picture_storage
from tests.articles.media.drawings import draw
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

Save = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(scope="module")
def picture() -> Picture:
    return read_picture(draw(400, 300))


@pytest.fixture
def media(picture: Picture) -> Media:
    media = Media(caption="The bridge at noon.", alt_text="A bridge")
    put_picture(media, picture)
    return media


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def age(folder: Path, *, days: float) -> None:
    moment = (timezone.now() - timedelta(days=days)).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


def test_a_picture_is_stored_under_its_hash_and_waits_for_a_worker(
    media: Media, picture: Picture, folder: Path
) -> None:
    media.refresh_from_db()

    assert media.file.name == name_of(picture.digest, "original.jpg")
    assert (media.width, media.height, media.content_type) == (400, 300, "image/jpeg")
    assert media.byte_size == len((folder / str(media.file.name)).read_bytes())
    assert media.due_at
    assert files(folder) == ["original.jpg"]


def test_the_same_picture_twice_is_one_file(media: Media, picture: Picture, folder: Path) -> None:
    again = Media()

    put_picture(again, picture)

    assert again.file.name == media.file.name
    assert files(folder) == ["original.jpg"]


def test_a_row_that_cannot_be_saved_leaves_no_file(picture: Picture, folder: Path) -> None:
    with pytest.raises(IntegrityError):
        put_picture(Media(focal_x=2), picture)

    assert files(folder) == []
    assert not Media.objects.exists()


def test_a_row_that_cannot_be_saved_deletes_no_file_of_another(
    media: Media, picture: Picture, folder: Path
) -> None:
    with pytest.raises(IntegrityError):
        put_picture(Media(focal_x=2), picture)

    assert files(folder) == ["original.jpg"]


def test_a_file_that_breaks_off_while_it_is_written_has_no_name(folder: Path) -> None:
    class Broken(ContentFile):  # type: ignore[type-arg]  # it takes none when it runs
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]  # as Django has it
            yield b"the first half"
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        AtomicFileStorage().save("pictures/half.jpg", Broken(b""))

    assert files(folder) == []


def test_a_worker_makes_the_renditions_once(media: Media, folder: Path) -> None:
    assert prepare_due() == 1
    media = Media.objects.get()
    made = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}

    assert prepare_due() == 0

    assert {each.name for each in media.renditions} >= {"320w", "400w", "1x1-50-50-300w"}
    assert {str(folder / each.file) for each in media.renditions} <= {str(path) for path in made}
    assert all(path.stat().st_mtime_ns == written for path, written in made.items())
    assert (media.due_at, media.attempts, media.last_error) == (None, 0, "")


def test_the_same_work_done_twice_ends_the_same(media: Media, folder: Path) -> None:
    prepare(media)
    first, rendered = files(folder), Media.objects.get().rendered

    prepare(media)

    assert (files(folder), Media.objects.get().rendered) == (first, rendered)


def test_a_picture_of_a_killed_worker_is_rendered_by_the_next(
    media: Media, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after(3, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        prepare_due()
    monkeypatch.undo()
    assert prepare_due() == 0  # the dead worker's claim has not expired
    assert Media.objects.get().rendered == []

    Media.objects.update(due_at=timezone.now())
    assert prepare_due() == 1

    renditions = Media.objects.get().renditions
    assert len(files(folder)) == len(renditions) + 1
    assert all((folder / each.file).stat().st_size == each.byte_size for each in renditions)


def killed_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, calls = picture_storage(), []
    save = storage.save

    def save_some(*arguments: object, **options: object) -> str:
        calls.append(1)
        if len(calls) > count:
            raise KeyboardInterrupt
        return save(*arguments, **options)  # type: ignore[arg-type]  # what they are is Django's

    monkeypatch.setattr(storage, "save", save_some)


def during_rendering(act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a rival when the first rendition is written."""
    storage, save = picture_storage(), picture_storage().save
    acted: list[object] = []

    def save_then_act(*arguments: object, **options: object) -> str:
        if not acted:
            acted.append(act)
            act()
        return save(*arguments, **options)  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(storage, "save", save_then_act)


def test_two_workers_at_once_do_not_claim_the_same_picture(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    during_rendering(lambda: counts.append(prepare_due()), monkeypatch)

    assert prepare_due() == 1

    assert counts == [0]
    assert Media.objects.get().rendered


def test_a_focal_point_set_meanwhile_gets_its_own_crops(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move() -> None:
        current = Media.objects.get()
        current.focal_x = 0.9
        request_renditions(current)
        current.save()

    during_rendering(move, monkeypatch)
    prepare_due()

    assert [each.name for each in Media.objects.get().list_crops("1x1")] == ["1x1-90-50-300w"]


def test_a_picture_deleted_meanwhile_is_no_error(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    during_rendering(lambda: Media.objects.all().delete(), monkeypatch)

    assert prepare_due() == 1


def test_a_picture_whose_file_is_gone_is_tried_a_few_times(media: Media, folder: Path) -> None:
    (folder / str(media.file.name)).unlink()

    for _ in range(10):
        prepare_due()
        Media.objects.filter(due_at__isnull=False).update(due_at=timezone.now())

    media.refresh_from_db()
    assert (media.attempts, media.due_at) == (pictures.ATTEMPTS, None)
    assert "No such file" in media.last_error


def test_articles_that_show_the_picture_are_changed_for_feeds(
    media: Media, publish_article: PublishArticle
) -> None:
    lead, other = publish_article(lead_image=media), publish_article()
    gallery = publish_article()
    ArticleMedia.objects.create(article=gallery, media=media)
    before = timezone.now()

    prepare_due()

    changed = Article.objects.filter(updated_at__gt=before)
    assert {each.pk for each in changed} == {lead.pk, gallery.pk}
    assert other.version == Article.objects.get(pk=lead.pk).version == 1


def test_unreferenced_files_are_deleted_after_a_day(media: Media, folder: Path) -> None:
    prepare_due()
    kept = files(folder)
    stray = folder / str(media.file.name)
    (stray.parent / "16x9-10-10-320w.jpg").write_bytes(b"of a former focal point")
    (stray.parent / ".draft").write_bytes(b"of a killed worker")
    assert delete_unused_files() == 0

    age(folder, days=2)

    assert delete_unused_files() == 2
    assert files(folder) == kept


def test_the_files_of_a_deleted_picture_go(media: Media, folder: Path) -> None:
    prepare_due()
    media.delete()
    age(folder, days=2)

    delete_unused_files()

    assert files(folder) == []


def test_a_file_that_a_text_shows_stays(media: Media, folder: Path, article: Article) -> None:
    prepare_due()
    media.refresh_from_db()
    shown = media.within(320)
    Article.objects.update(body_html=f'<p><img src="{shown.path}" alt=""></p>')
    media.delete()
    age(folder, days=2)

    delete_unused_files()

    assert files(folder) == [shown.file.rpartition("/")[2]]


def test_without_any_picture_no_file_is_deleted() -> None:
    assert delete_unused_files() == 0


def test_a_file_may_be_cached_for_ever_and_is_never_guessed_at(
    media: Media, client: Client
) -> None:
    response = client.get(media.path)

    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "Set-Cookie" not in response
    assert len(response.getvalue()) == media.byte_size
    assert client.get(media.path, headers={"if-none-match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "environment",
        "../environment",
        "pictures/../../environment",
        "pictures/ab/" + "a" * 64 + "/original.svg",
        "pictures/ab/" + "a" * 64 + "/original.jpg",
        "pictures/ab/" + "a" * 64 + "/.draft",
        "pictures/ab/" + "a" * 64 + "/a/../original.jpg",
    ],
)
def test_no_other_file_is_served(name: str, client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / "environment").write_text("SECRET_KEY=1")
    (folder.parent / "environment").write_text("SECRET_KEY=1")

    assert client.get(f"/media/{name}").status_code == 404


def test_a_file_is_only_read(media: Media, client: Client) -> None:
    assert client.post(media.path).status_code == 405
