"""The desk's library of pictures."""

from pathlib import Path
from typing import Any

import lxml.html
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from articles import workflow
from articles.editing import create_draft
from articles.media.images import read_picture
from articles.media.pictures import prepare_due, put_picture
from articles.models import Media
from tests.articles.media.drawings import claiming, draw

pytestmark = pytest.mark.django_db

LIBRARY = "/desk/articles/media/"
WORDS = {"alt_text": "A bridge", "caption": "At noon.", "focal_x": "0.5", "focal_y": "0.5"}


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def desk(client: Client) -> Client:
    """An editor who never types a password, since hashing one takes longer than most tests here."""
    client.force_login(User.objects.create(username="ann", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def media() -> Media:
    media = Media(caption="At noon.", alt_text="A bridge", source_url="https://afp.example/p.jpg")
    put_picture(media, read_picture(draw(400, 300)))
    prepare_due()
    return Media.objects.get()


def parsed(response: Any) -> Any:
    return lxml.html.fromstring(response.content.decode())  # type: ignore[no-untyped-call]  # lxml's


def upload(
    client: Client, content: bytes | None, name: str = "b.jpg", **words: str
) -> HttpResponse:
    file = {"upload": SimpleUploadedFile(name, content)} if content is not None else {}
    return client.post(f"{LIBRARY}add/", {**WORDS, **words, **file})  # type: ignore[return-value]  # the test client's own


def errors_of(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)  # type: ignore[attr-defined]  # as above


def test_a_picture_is_uploaded_and_waits_for_its_renditions(desk: Client) -> None:
    response = upload(desk, draw(400, 300))

    media = Media.objects.get()
    assert response.status_code == 302
    assert (media.width, media.alt_text, media.source_url) == (400, "A bridge", "")
    assert prepare_due() == 1


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (None, "", "Choose a file."),
        (b"", "b.jpg", "The submitted file is empty."),
        (b"<svg onload='x()'/>", "b.svg", "The file is not a JPEG, PNG or WebP picture."),
        (b"MZ\x90", "b.jpg", "The file is not a JPEG, PNG or WebP picture."),
        (claiming(60_000, 60_000), "b.png", "The file claims more than 64 million pixels."),
        (draw()[:3000], "b.jpg", "The file is broken: it cannot be decoded to its end."),
    ],
)
def test_an_invalid_picture_is_refused_at_its_field_and_leaves_no_file(
    content: bytes | None, name: str, reason: str, desk: Client, folder: Path
) -> None:
    response = upload(desk, content, name)

    assert errors_of(response) == {"upload": [reason]}
    assert not Media.objects.exists()
    assert not folder.exists()


def test_the_name_of_a_file_says_nothing_about_what_is_in_it(desk: Client) -> None:
    upload(desk, draw(64, 64, "PNG"), "../../b.html")

    assert str(Media.objects.get().file.name).endswith("/original.png")


def test_a_new_picture_says_what_it_shows_or_that_it_is_decorative(desk: Client) -> None:
    refused = upload(desk, draw(64, 64), alt_text=" ")
    contradicting = upload(desk, draw(64, 64), decorative="on")
    taken = upload(desk, draw(64, 64), alt_text="", decorative="on")

    assert list(errors_of(refused)) == ["alt_text"]
    assert list(errors_of(contradicting)) == ["decorative"]
    assert taken.status_code == 302


def test_a_new_focal_point_needs_new_crops(media: Media, desk: Client) -> None:
    desk.post(f"{LIBRARY}{media.pk}/change/", WORDS | {"focal_x": "0.1"})

    assert Media.objects.get().rendered == media.rendered  # shown until there are others
    assert prepare_due() == 1
    assert Media.objects.get().list_crops("1x1")[0].name == "1x1-10-50-300w"


def test_a_new_caption_needs_no_new_crops(media: Media, desk: Client) -> None:
    desk.post(f"{LIBRARY}{media.pk}/change/", WORDS | {"caption": "At dusk."})

    assert Media.objects.get().caption == "At dusk."
    assert prepare_due() == 0


@pytest.mark.parametrize("value", ["1.1", "-0.1", "x", "nan"])
def test_a_focal_point_lies_in_the_picture(value: str, media: Media, desk: Client) -> None:
    response = desk.post(f"{LIBRARY}{media.pk}/change/", WORDS | {"focal_x": value})

    assert list(errors_of(response)) == ["focal_x"]  # type: ignore[arg-type]  # as above


def test_the_library_gives_the_line_that_shows_a_picture_in_a_text(
    media: Media, desk: Client
) -> None:
    Media.objects.update(alt_text="A [new] bridge")

    (line,) = parsed(desk.get(f"{LIBRARY}{media.pk}/change/")).xpath("//code/text()")
    draft = create_draft(values={"headline": "x", "slug": "x", "body_markdown": f"Look:\n\n{line}"})
    public = workflow.publish(article_id=draft.pk)

    page = parsed(Client().get(public.get_absolute_url()))
    (shown,) = page.xpath("//div[@class='body']//img")
    file = Client().get(shown.get("src"))
    assert shown.get("alt") == "A new bridge"
    assert file.getvalue().startswith(b"\xff\xd8")  # a JPEG


def test_an_upload_replaces_an_imported_picture(media: Media, desk: Client) -> None:
    new = SimpleUploadedFile("c.jpg", draw(64, 48))

    desk.post(f"{LIBRARY}{media.pk}/change/", WORDS | {"upload": new})

    media.refresh_from_db()
    assert (media.width, media.source_url, media.rendered) == (64, "", [])


def test_the_library_shows_and_finds_pictures(media: Media, desk: Client) -> None:
    found = desk.get(LIBRARY, {"q": "bridge"}).content.decode()
    page = desk.get(f"{LIBRARY}{media.pk}/change/").content.decode()

    assert media.within(160).path in found
    assert 'type="module"' in page
    assert "data-focal-point" in page
    assert " style=" not in page[page.index("data-focal-point") :][:400]
    assert "bridge" not in desk.get(LIBRARY, {"q": "zebra"}).content.decode()
