"""Pictures in a real browser: what readers load, and how the desk uploads one and sets its focal point."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.articles.media.drawings import draw
from tests.browser.conftest import Visitor
from tests.servers import RunningStack, password_in

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SHOWN = "image => image.complete && image.naturalWidth > 0"


def test_a_reader_sees_the_picture_in_room_that_was_kept_for_it(visitor: Visitor) -> None:
    page = visitor("/articles/kelp-forest-returns/", viewport={"width": 390, "height": 800})

    image = page.locator("figure img")
    expect(image).to_have_js_property("complete", True)

    assert image.evaluate(SHOWN)
    size = image.bounding_box()
    assert size
    assert size["width"] / size["height"] == pytest.approx(1.6, abs=0.01)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_editor_uploads_a_picture_and_clicks_what_crops_should_keep(
    visitor: Visitor, stack: RunningStack, tmp_path: Path
) -> None:
    (tmp_path / "bridge.png").write_bytes(draw(640, 320, "PNG"))
    page = visitor("/desk/articles/media/add/", viewport={"width": 1280, "height": 900})
    sign_in(page, stack)

    page.set_input_files("input[name=upload]", tmp_path / "bridge.png")
    page.fill("#id_alt_text", "A bridge in two colours")
    page.click("[name=_continue]")
    picture = page.locator("[data-focal-point]")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box
    picture.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    page.click("[name=_continue]")

    expect(page.locator("#id_focal_x")).to_have_value("0.25")
    expect(page.locator("#id_focal_y")).to_have_value("0.75")
    assert page.locator("[data-focal-point] img").evaluate(SHOWN)


def sign_in(page: Page, stack: RunningStack) -> None:
    page.fill("#id_username", "editor")
    page.fill("#id_password", password_in(stack.output()))
    page.click("button[type=submit]")
    page.wait_for_url("**/media/add/")
