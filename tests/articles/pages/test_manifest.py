"""Icons, colours and the web app manifest."""

import re
from io import BytesIO

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_site_and_icons_of_the_sizes_that_it_claims(
    client: Client, settings: Settings
) -> None:
    settings.SITE_NAME = "Der Bote “für” alle"
    head = client.get("/").content.decode().partition("</head>")[0]
    (url,) = re.findall(r'rel="manifest" href="([^"]+)"', head)

    response = client.get(url)

    manifest = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert manifest["name"] == "Der Bote “für” alle"
    assert client.get(manifest["start_url"]).status_code == 200
    for icon in manifest["icons"]:
        path = finders.find(
            re.sub(r"\.[0-9a-f]{12}(?=\.)", "", icon["src"].removeprefix("/static/"))
        )
        assert path, icon
        if icon["type"] == "image/png":
            with Image.open(path) as image:
                assert icon["sizes"] == f"{image.width}x{image.height}"


def test_a_maskable_icon_keeps_its_drawing_within_the_safe_zone() -> None:
    """The inner circle of 80 % is what every mask shows (https://www.w3.org/TR/appmanifest/#icon-masks)."""
    path = finders.find("articles/icons/512.png")
    assert path
    with open(path, "rb") as file, Image.open(BytesIO(file.read())) as image:
        pixels = image.convert("L")

    bright = pixels.point(lambda value: 255 if value > 160 else 0)

    box = bright.getbbox()
    assert box
    corners = [(x - 256, y - 256) for x in (box[0], box[2]) for y in (box[1], box[3])]
    assert max(x * x + y * y for x, y in corners) <= (0.4 * 512) ** 2 * 1.2


def test_a_page_has_the_colour_of_its_paper_in_light_and_in_dark(client: Client) -> None:
    head = client.get("/").content.decode().partition("</head>")[0]
    path = finders.find("articles/site.css")
    assert path
    with open(path, encoding="utf-8") as file:
        papers = re.findall(r"--paper: (#[0-9a-f]{6})", file.read())

    colours = re.findall(r'theme-color" media="[^"]+" content="([^"]+)"', head)

    assert colours == papers[:2]
