"""Names what is left or right in the style sheets for readers, which has to be start or end: `make lint` runs it.

In an Arabic or Hebrew page the start of a line is on the right, and only logical properties follow.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

# Those of pages, and of the widget. Desk and statistics are for editors, in English.
SHEETS = ("articles/static/articles/site.css", "reactions/embed/reactions.css")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"(?<![\w-])(?P<name>[a-z-]+)\s*:\s*(?P<value>[^;{}]+)(?=[;}])")
SIDES = re.compile(
    r"left|right|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
)
# Properties whose value may be a side, or a movement along the line.
SIDED_VALUES = {
    "text-align": re.compile(r"\b(?:left|right)\b"),
    "float": re.compile(r"\b(?:left|right)\b"),
    "clear": re.compile(r"\b(?:left|right)\b"),
    "transform": re.compile(r"\btranslate(?:X|3d)?\("),
}
# Shorthands of four sides, in the order top, right, bottom, left.
FOUR_SIDES = {
    *("margin", "padding", "inset", "border-width", "border-style", "border-color"),
    *("scroll-margin", "scroll-padding"),
}


def main() -> str | None:
    faults = [fault for sheet in SHEETS for fault in find_sides(sheet, Path(sheet).read_text())]
    return "\n".join([*faults, "Write start or end: in some languages they change sides."]) if faults else None  # fmt: skip


def find_sides(name: str, sheet: str) -> Iterator[str]:
    """Each declaration that holds for one side only, with its line."""
    sheet = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), sheet)
    for found in DECLARATION.finditer(sheet):
        if _is_of_one_side(found["name"], found["value"].strip()):
            line = sheet.count("\n", 0, found.start()) + 1
            yield f"{name}:{line}: {' '.join(found[0].split())}"


def _is_of_one_side(name: str, value: str) -> bool:
    if SIDES.fullmatch(name):
        return True
    if name in SIDED_VALUES:
        return bool(SIDED_VALUES[name].search(value))
    sides = re.findall(r"(?:[^\s()]|\([^()]*(?:\([^()]*\)[^()]*)*\))+", value)
    return name in FOUR_SIDES and len(sides) == 4 and sides[1] != sides[3]


if __name__ == "__main__":
    sys.exit(main())
