"""Pictures as bytes: what is accepted, what is refused, and how it is stored."""

import resource
import time

import pytest
from PIL import Image, ImageCms

from articles.media.images import MAX_BYTES, SRGB, InvalidPictureError, read_picture, render
from tests.articles.media.drawings import claiming, draw, shown, webp_claiming, written

SCRIPTED = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GPS = 0x8825


def exif(**tags: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = tags.get("orientation", 1)
    data[0x010F] = "Camera of Ann Lee"
    data.get_ifd(GPS)[1] = "N"
    return data


OF_PHONES = (
    "as phones take them. Export it as JPEG and upload that;"
    " an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible."
)


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/jpeg"), ("MPO", "image/jpeg")],
)
def test_a_picture_of_an_allowed_format_is_accepted(form: str, content_type: str) -> None:
    picture = read_picture(draw(800, 600, form))

    assert (picture.content_type, picture.width, picture.height) == (content_type, 800, 600)
    red, _, blue = shown(picture.content).convert("RGB").getpixel((700, 300))  # type: ignore[misc]  # three bands
    assert blue > red


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty."),
        (b"GIF89a" + b"\0" * 100, "is a GIF. Save it as JPEG, PNG or WebP and upload that."),
        (draw(form="GIF"), "is a GIF. Save it as JPEG, PNG or WebP and upload that."),
        (
            b"%PDF-1.7" + b"\0" * 100,
            "is a PDF document. Save it as JPEG, PNG or WebP and upload that.",
        ),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, f"is a HEIC picture, {OF_PHONES}"),
        (b"\0\0\0\x18ftypmif1" + b"\0" * 100, f"is a HEIC picture, {OF_PHONES}"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 100, f"is an AVIF picture, {OF_PHONES}"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 100, "is not a JPEG, PNG or WebP picture."),
        (SCRIPTED, "is not a JPEG, PNG or WebP picture."),
        (b"<?php echo 1; ?>" + draw(), "is not a JPEG, PNG or WebP picture."),
        (draw()[:4000], "is broken: it cannot be decoded to its end."),
        (draw(form="PNG")[:-400], "is broken: it cannot be decoded to its end."),
        (draw(form="PNG")[:20], "is not a JPEG, PNG or WebP picture."),
        (draw(1, 1), "has 1 × 1 pixels; 16 on each side are the minimum."),
        (b"\xff\xd8" + b"\0" * MAX_BYTES, "has more than 20 MB, which a picture may have at most."),
        (claiming(60_000, 60_000), "claims more than 64 million pixels."),
        (claiming(8001, 8000), "claims more than 64 million pixels."),
        (claiming(2**31 - 1, 2**31 - 1), "claims more than 64 million pixels."),
        (claiming(5000, 5000), "is broken: it cannot be decoded to its end."),
    ],
)
def test_an_invalid_picture_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidPictureError) as refused:
        read_picture(content)

    assert str(refused.value) == reason


@pytest.mark.parametrize("bomb", [claiming(60_000, 60_000), webp_claiming(16_383, 16_383)])
def test_a_decompression_bomb_costs_neither_time_nor_memory(bomb: bytes) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()

    with pytest.raises(InvalidPictureError):
        read_picture(bomb)

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000  # kB
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(form: str) -> None:
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 200)]
    moving = written(frames[0], form, save_all=True, append_images=frames[1:], duration=100)

    with pytest.raises(InvalidPictureError, match="animated"):
        read_picture(moving)


def test_nothing_of_the_file_but_its_picture_is_kept() -> None:
    polyglot = draw(exif=exif(), comment=b"<script>") + SCRIPTED

    kept = read_picture(polyglot).content

    assert not shown(kept).getexif()
    for part in (b"Ann Lee", b"script", b"Exif", b"ICC_PROFILE"):
        assert part not in kept


def test_a_picture_is_turned_as_its_camera_was_held() -> None:
    sideways = draw(800, 600, exif=exif(orientation=6))

    picture = read_picture(sideways)

    assert (picture.width, picture.height) == (600, 800)
    red, _, blue = shown(picture.content).getpixel((300, 100))  # type: ignore[misc]  # three bands
    assert red > blue


@pytest.mark.parametrize(
    ("mode", "form"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("I;16", "PNG")],
)
def test_every_mode_becomes_one_that_browsers_show(mode: str, form: str) -> None:
    if mode == "I;16":
        content = written(Image.new("I;16", (64, 64), 32_768), form)
    else:
        content = draw(64, 64, form, mode=mode)

    picture = shown(read_picture(content).content)

    assert picture.mode in {"RGB", "RGBA"}
    if mode == "I;16":
        assert picture.getpixel((5, 5)) == (128, 128, 128)


def test_the_colours_of_a_profile_are_converted() -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.ImageCmsProfile(SRGB).tobytes()

    same = read_picture(draw(form="PNG", icc_profile=srgb))
    senseless = read_picture(draw(form="PNG", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes()))
    broken = read_picture(draw(form="PNG", icc_profile=b"no profile"))

    assert same.content == senseless.content == broken.content


def test_a_transparent_picture_stays_so_and_is_white_behind_as_jpeg() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))

    picture = read_picture(written(image, "PNG"))
    made = list(render(picture.content, focal_x=0.5, focal_y=0.5))

    assert picture.content_type == "image/png"
    jpeg = next(copy for copy in made if copy.content_type == "image/jpeg")
    assert shown(jpeg.content).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_larger_than_any_screen_is_made_smaller() -> None:
    picture = read_picture(draw(6000, 1000))

    assert (picture.width, picture.height) == (4096, 683)


def test_copies_come_in_every_width_and_shape_and_are_never_larger() -> None:
    picture = read_picture(draw(1000, 800))

    made = {
        (copy.name, copy.width, copy.height)
        for copy in render(picture.content, focal_x=0.5, focal_y=0.5)
        if copy.content_type == "image/webp"
    }

    assert made == {
        ("320w", 320, 256),
        ("640w", 640, 512),
        ("1000w", 1000, 800),
        ("16x9-50-50-320w", 320, 180),
        ("16x9-50-50-640w", 640, 360),
        ("16x9-50-50-1000w", 1000, 562),
        ("4x3-50-50-1000w", 1000, 750),
        ("1x1-50-50-800w", 800, 800),
    }


@pytest.mark.parametrize("width", [320, 640, 2048, 3000])
def test_a_copy_of_every_width_is_made_once(width: int) -> None:
    picture = read_picture(draw(width, width // 2))

    names = [copy.file_name for copy in render(picture.content, focal_x=0.5, focal_y=0.5)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(("focal_x", "is_red"), [(0.0, True), (0.3, True), (1.0, False)])
def test_a_crop_keeps_what_the_focal_point_says(focal_x: float, is_red: bool) -> None:
    picture = read_picture(draw(1000, 200))

    square = next(
        copy
        for copy in render(picture.content, focal_x=focal_x, focal_y=0.5)
        if copy.name.startswith("1x1") and copy.content_type == "image/jpeg"
    )

    red, _, blue = shown(square.content).getpixel((100, 100))  # type: ignore[misc]  # three bands
    assert (square.width, square.height) == (200, 200)
    assert (red > blue) is is_red


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture = read_picture(draw(400, 300)).content

    first = [copy.content for copy in render(picture, focal_x=0.2, focal_y=0.5)]
    second = [copy.content for copy in render(picture, focal_x=0.2, focal_y=0.5)]

    assert first == second
