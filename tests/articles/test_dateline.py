"""Datelines as each house prints them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.dateline import STYLES, render

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
