"""The style sheets for readers have no left and no right."""

from pathlib import Path

import pytest

from newsroom.stack.styles import SHEETS, find_sides

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_for_readers_has_no_sides(sheet: str) -> None:
    assert [*find_sides(sheet, (ROOT / sheet).read_text())] == []


@pytest.mark.parametrize(
    "declaration",
    [
        *("left: 0", "margin-left: auto", "padding-right: 1em", "border-left-color: red"),
        *("border-top-left-radius: 1px", "text-align: right", "float: left", "inset: 0 0 0 auto"),
        *("transform: translateX(-1em)", "transform: translate(1em, 0)", "margin: 0 calc(1em + (2px)) 0 0"),
    ],
)  # fmt: skip
def test_a_side_is_named_with_its_line(declaration: str) -> None:
    sheet = f"/* left: 1;\n */\na {{\n  color: red;\n  {declaration};\n}}\n"

    assert [*find_sides("a.css", sheet)] == [f"a.css:5: {declaration}"]


@pytest.mark.parametrize(
    "declaration",
    [
        *("inset-inline-start: 0", "margin-inline-start: auto", "text-align: start", "margin: 0 1em 2em 1em"),
        *("padding: 0 1em", "transform: translateY(-200%)", "border-top: 0", "--left: 1em"),
        "content: \" (\" attr(href) \")\"",
    ],
)  # fmt: skip
def test_what_has_no_side_is_no_fault(declaration: str) -> None:
    assert [*find_sides("a.css", f"a {{ {declaration}; }}")] == []
