"""Datelines in the style of each agency."""

from datetime import UTC, date, datetime
from html import escape, unescape
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.data.__main__ import write
from articles.dateline import MONTHS, REGIONS, STANDALONE, STYLES, country_of, render
from articles.formats.datelines import recognise, split
from articles.markup import ANY_TAG
from articles.places import DATA, country_names, day_at, find_place, key_of

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
def test_a_dateline_is_printed_in_the_style_of_its_agency(
    style: str, place: str, region: str, day: date | None, source: str, printed: str
) -> None:
    assert render(place=place, region=region, date=day, source=source, style=style) == printed


@pytest.mark.parametrize(
    ("style", "place", "region", "country", "printed"),
    [
        ("ap", "Damascus", "", "", "DAMASCUS, Syria (AP) —"),
        ("ap", "Damascus", "", "SY", "DAMASCUS, Syria (AP) —"),
        ("ap", "Paris", "", "", "PARIS (AP) —"),
        ("ap", "Paris", "", "US", "PARIS, Texas (AP) —"),
        ("ap", "Québec City", "", "CA", "QUÉBEC CITY (AP) —"),
        ("ap", "Washington", "", "", "WASHINGTON (AP) —"),
        ("ap", "Fresno", "", "US", "FRESNO, Calif. (AP) —"),
        ("ap", "Fresno", "California", "US", "FRESNO, Calif. (AP) —"),
        ("ap", "Aboard Air Force One", "", "", "ABOARD AIR FORCE ONE (AP) —"),
        ("ap", "Birmingham", "", "", "BIRMINGHAM (AP) —"),  # in England or in Alabama
        ("ap_print", "Beirut", "", "LB", "BEIRUT —"),
        ("afp", "Damascus", "", "SY", "DAMASCUS (AP) —"),
    ],
)
def test_a_city_without_country_where_its_agency_allows_it(
    style: str, place: str, region: str, country: str, printed: str
) -> None:
    line = render(place=place, region=region, country=country, source="AP", style=style)

    assert line == printed


# language, place, and AFP's, AP's and our own style on 8 December 2024
IN_LANGUAGES = [
    ("en-GB", "Damascus", "DAMASCUS, Dec 8 (AFP) —", "DAMASCUS, Syria, Dec. 8 —", "Damascus, 8 December 2024 —"),
    ("ar", "دمشق", "دمشق، 8 ديسمبر (AFP) —", "دمشق، سوريا، 8 ديسمبر —", "دمشق، 8 ديسمبر 2024 —"),
    ("de-AT", "Damaskus", "DAMASKUS, 8. Dez. (AFP) —", "DAMASKUS, Syrien, 8. Dez. —", "Damaskus, 8. Dezember 2024 —"),
    ("es", "Damasco", "DAMASCO, 8 dic (AFP) —", "DAMASCO, Siria, 8 dic —", "Damasco, 8 de diciembre de 2024 —"),
    ("fa", "دمشق", "دمشق، ۱۸ آذر (AFP) —", "دمشق، سوریه، ۱۸ آذر —", "دمشق، ۱۸ آذر ۱۴۰۳ —"),
    ("fr", "Damas", "DAMAS, 8 déc. (AFP) —", "DAMAS, Syrie, 8 déc. —", "Damas, 8 décembre 2024 —"),
    ("he", "דמשק", "דמשק, 8 בדצמבר (AFP) —", "דמשק, סוריה, 8 בדצמבר —", "דמשק, 8 בדצמבר 2024 —"),
    ("hi", "दमिश्क", "दमिश्क, 8 दिसंबर (AFP) —", "दमिश्क, सीरिया, 8 दिसंबर —", "दमिश्क, 8 दिसंबर 2024 —"),
    ("it", "Damasco", "DAMASCO, 8 dic (AFP) —", "DAMASCO, Siria, 8 dic —", "Damasco, 8 dicembre 2024 —"),
    ("ja", "ダマスカス", "【ダマスカス 12月8日 AFP】", "【ダマスカス、シリア 12月8日】", "【ダマスカス 2024年12月8日】"),
    ("nl", "Damascus", "DAMASCUS, 8 dec (AFP) —", "DAMASCUS, Syrië, 8 dec —", "Damascus, 8 december 2024 —"),
    ("pl", "Damaszek", "DAMASZEK, 8 gru (AFP) —", "DAMASZEK, Syria, 8 gru —", "Damaszek, 8 grudnia 2024 —"),
    ("pt-BR", "Damasco", "DAMASCO, 8 de dez. (AFP) —", "DAMASCO, Síria, 8 de dez. —", "Damasco, 8 de dezembro de 2024 —"),
    ("ru", "Дамаск", "ДАМАСК, 8 дек. (AFP) —", "ДАМАСК, Сирия, 8 дек. —", "Дамаск, 8 декабря 2024 —"),
    ("tr", "İdlib", "İDLİB, 8 Aralık (AFP) —", "İDLİB, Suriye, 8 Aralık —", "İdlib, 8 Aralık 2024 —"),  # noqa: RUF001
    ("uk", "Дамаск", "ДАМАСК, 8 грудня (AFP) —", "ДАМАСК, Сирія, 8 грудня —", "Дамаск, 8 грудня 2024 —"),
    ("zh-Hans", "大马士革", "AFP大马士革12月8日电", "大马士革，叙利亚12月8日电", "大马士革2024年12月8日电"),  # noqa: RUF001
]  # fmt: skip


@pytest.mark.parametrize(("language", "place", "afp", "ap", "own"), IN_LANGUAGES)
def test_a_dateline_has_the_date_and_the_order_of_its_language(
    language: str, place: str, afp: str, ap: str, own: str
) -> None:
    def printed(style: str) -> str:
        return render(
            place=place, country="SY", date=DECEMBER, source="AFP", style=style, language=language
        )

    assert [printed(style) for style in ("afp", "ap_print", "plain")] == [afp, ap, own]


def test_a_given_region_is_printed_in_every_language() -> None:
    line = render(place="Tromsø", region="Norwegen", source="dpa", style="ap", language="de")

    assert line == "TROMSØ, Norwegen (dpa) —"


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk"])
def test_a_dateline_of_another_newsroom_is_recognised_in_its_language(
    language: str, month: int
) -> None:
    for style in ("afp", "ap_print", "reuters", "plain"):
        line = render(
            place="Аден", date=date(2024, month, 8), source="AFP", style=style, language=language
        )

        found = recognise(f"{line} …")

        assert found, line
        assert (found.place, found.month, found.day) == ("Аден", month, 8), line


def test_turkish_has_a_capital_of_its_own() -> None:
    assert render(place="İzmir", style="afp", language="tr-TR") == "İZMİR —"
    assert render(place="Izmir", style="afp", language="en") == "IZMIR —"


def test_an_unknown_style_is_an_error() -> None:
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
        ("RIO DE JANEIRO (AP) — The", ("Rio de Janeiro", "", 0, 0, "AP", "ap")),
        ("ALBANY, N.Y. (AP) — The", ("Albany", "N.Y.", 0, 0, "AP", "ap")),
        ("L'AQUILA, Italy (AP) — The", ("L'Aquila", "Italy", 0, 0, "AP", "ap")),
        ("CHARLESTON, W.Va. (AP) — The", ("Charleston", "W.Va.", 0, 0, "AP", "ap")),
        ("ABOARD AIR FORCE ONE (AP) — The", ("Aboard Air Force One", "", 0, 0, "AP", "ap")),
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


words = st.text("abcdefgåéñøü", min_size=3, max_size=8).map(str.title)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
sources = st.text("ABCDEFGH", min_size=2, max_size=6)


@given(st.sampled_from(["afp", "reuters", "aap"]), names, names, st.dates(), sources)
def test_what_is_printed_is_recognised(
    style: str, place: str, region: str, day: date, source: str
) -> None:
    line = render(place=place, region=region, date=day, source=source, style=style)

    found = recognise(f"{line} The bridge")

    assert found
    assert (found.text, found.source, found.style) == (line, source, style)
    assert (found.month, found.day) == (day.month, day.day)
    assert (found.place.upper(), found.region.upper()) == (place.upper(), region.upper())


@given(st.text(alphabet="AB ab,.—-()1Dec/&;<>b", max_size=60))
def test_no_word_of_a_body_is_lost(text: str) -> None:
    body = f"<p>{escape(text)}</p>"

    found, rest = split(body, datetime(2024, 12, 8, tzinfo=UTC))

    if found is None:
        assert rest == body
    else:
        assert words_of(f"{found.text} {rest}") == words_of(body)


def words_of(html: str) -> list[str]:
    return unescape(ANY_TAG.sub(" ", html)).split()


def test_the_date_is_the_one_at_the_place() -> None:
    late = datetime(2024, 12, 7, 22, 30, tzinfo=UTC)

    assert day_at(find_place("Damascus"), late) == date(2024, 12, 8)
    assert day_at(find_place("Lower Wendling"), late) == date(2024, 12, 7)
    assert day_at(find_place("New York"), late.replace(hour=2)) == date(2024, 12, 6)


def test_a_day_without_a_year_is_the_nearest_at_the_place() -> None:
    new_year = datetime(2024, 12, 31, 22, 30, tzinfo=UTC)

    found, _ = split("<p>SYDNEY, Jan 1 (AFP) — It is.</p>", new_year)

    assert found
    assert (found.date, found.country) == (date(2025, 1, 1), "AU")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": "damascus"}, "SY"),
        ({"name": "Sao Paulo"}, "BR"),
        ({"name": "Damascus", "country": "US"}, "US"),
        ({"name": "Springfield", "country": "US", "region": "MO"}, "US"),
        ({"name": "Hong Kong"}, "HK"),  # twice, in one time zone
        ({"name": "Springfield"}, None),
        ({"name": "Birmingham"}, None),
        ({"name": ""}, None),
        ({"name": "\0"}, None),
        ({"name": "\U0010ffff"}, None),
    ],
)
def test_a_place_is_found_where_its_name_leaves_no_doubt(
    asked: dict[str, str], found: str | None
) -> None:
    place = find_place(**asked)

    assert (place and place.country) == found


@pytest.mark.parametrize(
    ("place", "region", "country"),
    [
        ("Grosseto", "Italy", "IT"),
        ("Springfield", "Mo.", "US"),
        ("Elsewhere", "Calif.", "US"),
        ("Tbilisi", "Georgia", "GE"),
        ("Toronto", "CA", "CA"),
        ("Springfield", "", ""),
        ("Elsewhere", "Nowhere", ""),
    ],
)
def test_the_words_of_a_dateline_give_its_country(place: str, region: str, country: str) -> None:
    assert country_of(place, region) == country


@given(st.text(max_size=30))
def test_any_name_may_be_looked_up(name: str) -> None:
    place = find_place(name)

    assert place is None or key_of(place.name) == key_of(name)


def test_every_line_of_the_places_is_found_and_has_a_time_zone() -> None:
    lines = (DATA / "places.tsv").read_text(encoding="utf-8").splitlines()
    keys = [key_of(line.partition("\t")[0]) for line in lines]

    assert keys == sorted(keys)
    assert {line.split("\t")[3] for line in lines} <= available_timezones()
    assert {line.split("\t")[1] for line in lines} <= country_names().keys()


def test_every_city_without_country_is_a_known_place() -> None:
    lines = (DATA / "places.tsv").read_text(encoding="utf-8").splitlines()
    known = {(key_of(line.split("\t")[0]), line.split("\t")[1]) for line in lines}

    for cities in STANDALONE.values():
        listed = {(key_of(name), country) for country in cities for name in cities[country]}
        assert listed <= known


def test_the_rules_name_only_tables_that_are_there() -> None:
    for style in STYLES.values():
        assert len(MONTHS[style.months]) == 12
        assert {style.standalone} <= {"", *STANDALONE}
        assert {style.regions} <= {"", *REGIONS}


def test_the_tables_say_what_geonames_says(tmp_path: Path) -> None:
    write(tmp_path)

    for table in ("places.tsv", "countries.tsv"):
        assert (tmp_path / table).read_bytes() == (DATA / table).read_bytes()
