"""Datelines as each house prints them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.dateline import STYLES, recognise, render

DECEMBER, JULY, SEPTEMBER = date(2024, 12, 8), date(2024, 7, 30), date(2025, 9, 1)


@pytest.mark.parametrize(
    ("style", "place", "region", "day", "source", "printed"),
    [
        ("afp", "Damascus", "", DECEMBER, "AFP", "DAMASCUS, Dec 8 (AFP) —"),
        ("afp", "Paris", "", SEPTEMBER, "AFP", "PARIS, Sept 1 (AFP) —"),
        ("ap", "Beirut", "", DECEMBER, "AP", "BEIRUT (AP) —"),
        ("ap", "Grosseto", "Italy", None, "AP", "GROSSETO, Italy (AP) —"),
        ("ap_print", "Beirut", "Lebanon", date(2024, 6, 2), "AP", "BEIRUT, Lebanon, June 2 —"),
        ("ap_print", "Beirut", "Lebanon", DECEMBER, "AP", "BEIRUT, Lebanon, Dec. 8 —"),
        ("reuters", "London", "", date(2024, 1, 5), "Reuters", "LONDON, Jan 5 (Reuters) -"),
        ("aap", "Sydney", "", JULY, "AAP", "SYDNEY, July 30 AAP -"),
        ("aap", "Perth", "Australia", JULY, "AAP", "PERTH, AUSTRALIA, July 30 AAP -"),
        ("plain", "Lower Wendling", "", DECEMBER, "", "Lower Wendling, 8 December 2024 —"),
        ("plain", "Tromsø", "Norway", DECEMBER, "AFP", "Tromsø, Norway, 8 December 2024 —"),
        ("afp", "Tromsø", "", None, "", "TROMSØ —"),
        ("afp", "دمشق", "", DECEMBER, "AFP", "دمشق, Dec 8 (AFP) —"),
    ],
)
def test_a_dateline_is_printed_as_its_house_does(
    style: str, place: str, region: str, day: date | None, source: str, printed: str
) -> None:
    assert render(place=place, region=region, date=day, source=source, style=style) == printed


def test_a_style_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        render(place="Damascus", style="tabloid")


@given(st.sampled_from(sorted(STYLES)), st.text(), st.text(), st.dates(), st.text())
def test_any_place_and_source_is_printed_as_it_is(
    style: str, place: str, region: str, day: date, source: str
) -> None:
    text = render(place=place, region=region, date=day, source=source, style=style)

    assert text.lower().startswith(place.lower()) or text.startswith(place.upper())
    assert text.endswith(f" {STYLES[style].dash}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DAMASCUS, Dec 8 (AFP) — The", ("Damascus", "", 12, 8, "AFP", "afp")),
        ("GROSSETO, Italy (AP) -- The", ("Grosseto", "Italy", 0, 0, "AP", "ap")),
        ("LONDON, Jan 5 (Reuters) - The", ("London", "", 1, 5, "Reuters", "reuters")),
        ("SYDNEY, July 30 AAP - The", ("Sydney", "", 7, 30, "AAP", "aap")),
        ("BEIRUT, Lebanon, June 2 — The", ("Beirut", "Lebanon", 6, 2, "", "ap_print")),
        ("London, 8 December 2024 — The", ("London", "", 12, 8, "", "plain")),
        ("SPRINGFIELD, Mo. (AP) – The", ("Springfield", "Mo.", 0, 0, "AP", "ap")),
    ],
)
def test_a_dateline_is_recognised(text: str, found: tuple[str, str, int, int, str, str]) -> None:
    dateline = recognise(text)

    assert dateline
    assert found == (
        dateline.place,
        dateline.region,
        dateline.month,
        dateline.day,
        dateline.source,
        dateline.style,
    )
    assert text[dateline.length :] == "The"


@pytest.mark.parametrize(
    "text",
    [
        "The plan — which",
        "UPDATE — The",
        "PARIS, off the coast — x",
        "ROME, Feb. 30 — x",
        "A — b",
        "",
    ],
)
def test_what_is_no_dateline_is_left_alone(text: str) -> None:
    assert recognise(text) is None
