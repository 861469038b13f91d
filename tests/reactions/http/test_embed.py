"""What pages load for the widget: the module, its style sheet, and the look in each language."""

import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from newsroom.stack import embed_release
from reactions.http import embed, releases
from reactions.http.widget import whole_percents
from reactions.kinds import KINDS

EMBED = Path(embed.__file__).resolve().parents[1] / "embed"
MODULE = "/embed/reactions.js"


def get(address: str, **headers: str) -> Any:
    return Client(headers=headers).get(address)


def test_the_module_is_small_and_works_at_every_address() -> None:
    response = get(MODULE, Accept_Encoding="gzip")

    source = gzip.decompress(response.content).decode()
    assert len(response.content) <= 8_192
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Vary"] == "Accept-Encoding"
    assert not response.cookies
    assert "@" not in source
    assert "import.meta.url" in source
    assert get(MODULE).content.decode() == source


def test_an_address_with_the_version_is_right_for_ever_and_another_is_asked_again() -> None:
    exact = get(embed.module_url())
    moving, former = get(MODULE), get(f"{MODULE}?0123456789ab")

    assert "immutable" in exact["Cache-Control"]
    assert moving["Cache-Control"] == former["Cache-Control"]
    assert "max-age=300" in moving["Cache-Control"]
    again = get(MODULE, If_None_Match=moving["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    compressed = get(MODULE, Accept_Encoding="gzip")
    assert compressed["ETag"] != moving["ETag"]


@pytest.mark.parametrize("version", list(releases.releases()))
def test_a_release_has_the_same_bytes_for_ever(version: str) -> None:
    """Pages that name its hash load no other: also what the front compresses is the same once it is decoded."""
    address = f"/embed/{version}/reactions.js"

    plain, packed = get(address), get(address, Accept_Encoding="gzip")

    assert releases.integrity_of(plain.content) == releases.releases()[version]
    assert gzip.decompress(packed.content) == plain.content
    assert f'"{version}"' in plain.content.decode()
    assert len(packed.content) <= 8_192
    for response in (plain, packed):
        assert {"immutable", "no-transform"} <= set(response["Cache-Control"].split(", "))
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Content-Type"].startswith("text/javascript")


def test_every_release_is_in_the_list_and_no_other_address_has_one() -> None:
    files = {file.stem for file in releases.FOLDER.glob("*.js")}

    assert files == set(releases.releases())
    assert get("/embed/9.9.9/reactions.js").status_code == 404
    assert get("/embed/../reactions.js").status_code == 404


def test_the_docs_name_a_hash_beside_an_address_with_its_version_alone() -> None:
    docs = "".join(file.read_text() for file in (Path(settings.BASE_DIR) / "docs").rglob("*.md"))
    tags = re.findall(r"<script[^>]*/embed/[^>]*>", docs)

    named = [tag for tag in tags if "integrity" in tag]
    assert named
    for tag in named:
        found = re.search(r'/embed/([^/"]+)/reactions\.js" integrity="([^"]+)" crossorigin', tag)
        assert found, tag
        assert releases.releases()[found[1]] == found[2]


def test_a_release_is_made_once(tmp_path: Path) -> None:
    assert embed_release.main(tmp_path) is None
    assert embed_release.main(tmp_path) is None
    (made,) = json.loads((tmp_path / "releases.json").read_text()).items()
    assert releases.integrity_of((tmp_path / f"{made[0]}.js").read_bytes()) == made[1]

    (tmp_path / "releases.json").write_text(json.dumps({made[0]: "sha384-other"}))
    assert "raise the version" in (embed_release.main(tmp_path) or "")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("pt-BR", "pt"),
        ("zh-CN", "zh-hans"),
        ("ZH-Hans", "zh-hans"),
        ("xx", "en"),
        ("e" * 3_000, "en"),
    ],
)
def test_a_language_gets_its_texts_or_those_of_its_nearest(asked: str, found: str) -> None:
    response = get(f"/embed/{asked}.json")

    assert response.json() == get(f"/embed/{found}.json").json()


def test_a_look_has_all_that_an_element_needs() -> None:
    look = get("/embed/ar.json").json()

    assert list(look["kinds"]) == [kind.key for kind in KINDS]
    assert all(kind["face"][0] == "svg" for kind in look["kinds"].values())
    assert look["tiles"][1]["dir"] == "rtl"
    assert look["style"] == get("/embed/reactions.css").content.decode()
    *buttons, undo = find(look["tiles"], "button")
    assert [attributes["data-kind"] for _, attributes, *_ in buttons] == list(look["kinds"])
    assert undo[1]["class"] == "undo"
    # Of one article, and of one page of ours.
    assert not list(find(look["tiles"], "form"))
    assert not list(find(look["tiles"], "input"))


def find(markup: list[Any], tag: str) -> Iterator[list[Any]]:
    if markup[0] == tag:
        yield markup
    for child in markup[2:]:
        if not isinstance(child, str):
            yield from find(child, tag)


def test_every_address_of_the_widget_is_small() -> None:
    sizes = {
        language: len(get(f"/embed/{language}.json", Accept_Encoding="gzip").content)
        for language in settings.SITE_LANGUAGES
    }
    assert max(sizes.values()) <= 6_000, sizes
    assert (EMBED / "faces.svg").stat().st_size <= 8_192


def test_the_faces_are_drawings_that_can_be_looked_at() -> None:
    drawn = ET.parse(EMBED / "faces.svg").getroot()  # noqa: S314  # our own file
    assert {group.get("id") for group in drawn.iter("{http://www.w3.org/2000/svg}g")} == {
        "like", "dislike", "love", "funny", "angry", "sad", "wow",
    }  # fmt: skip


def test_the_module_parses_no_text_as_markup_or_code() -> None:
    """Pages with Trusted Types refuse these; docs/decisions/0032-widget.md."""
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser|document\.write|eval\(|new Function|\.src\b|srcdoc|setHTML"
    assert re.findall(sinks, (EMBED / "reactions.js").read_text("utf-8")) == []


def test_the_style_sheet_knows_no_left_or_right() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", (EMBED / "reactions.css").read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"\b(?:left|right)\b", sheet) == []


def test_a_page_sets_at_least_a_dozen_properties() -> None:
    sheet = (EMBED / "reactions.css").read_text("utf-8")
    documented = (Path(settings.BASE_DIR) / "docs" / "widget.md").read_text("utf-8")

    properties = set(re.findall(r"var\((--reactions-[a-z-]+)", sheet))

    assert len(properties) >= 12
    assert properties == set(re.findall(r"`(--reactions-[a-z-]+)`", documented))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_shares_add_to_a_hundred_and_are_off_by_less_than_one(counts: list[int]) -> None:
    of_kinds = {str(place): count for place, count in enumerate(counts)}

    percents = whole_percents(of_kinds)

    total = sum(counts)
    assert sum(percents.values()) == (100 if total else 0)
    for key, count in of_kinds.items():
        assert abs(percents[key] - 100 * count / (total or 1)) < 1 or not total
        assert count or not percents[key]


def test_a_look_is_json_without_escapes() -> None:
    content = get("/embed/ja.json").content.decode()
    assert json.loads(content)
    assert "\\u" not in content


def test_a_site_that_allows_several_says_how_many(settings: Settings) -> None:
    settings.REACTIONS_PER_READER = 3
    assert embed.choose() == "Choose up to 3."


def test_the_look_says_whether_views_are_counted(client: Client, settings: Settings) -> None:
    embed._look.cache_clear()
    settings.REACTIONS_COUNT_VIEWS = False
    off = client.get("/embed/de.json").json()["views"]
    embed._look.cache_clear()
    settings.REACTIONS_COUNT_VIEWS = True

    assert (off, client.get("/embed/de.json").json()["views"]) == (False, True)


def test_numbers_that_are_used_once_are_where_they_are_used() -> None:
    source = "const A_MS = 1_500;\nconst B = 2;\nconst C = 7 * 8;\nf(A_MS, B, B);\ng(C * 2);\n"

    assert embed._inline_numbers(source) == "const B = 2;\nf((1_500), B, B);\ng((7 * 8) * 2);\n"
