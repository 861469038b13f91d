# ruff: noqa: RUF001
"""The first lines of stories: those that begin with a dateline, as agencies write it in their languages, and those that do not."""

import datetime as dt

import pytest

from articles.formats.datelines import read, recognise, split
from tests.articles.formats.wires import news_item, nitf, story

# Line, place, month, day, source. `|` is where the text begins.
DATELINES = [
    ("DAMASCUS, Dec 8 (AFP) — |The", "Damascus", 12, 8, "AFP"),
    ("Damascus, Dec 8, 2024 (AFP) - |The", "Damascus", 12, 8, "AFP"),
    ("Paris, Nov 20 (AFP) -- |The", "Paris", 11, 20, "AFP"),
    ("Paris (AFP) – |The", "Paris", 0, 0, "AFP"),
    ("PARIS, Friday (AFP) - |The", "Paris", 0, 0, "AFP"),
    ("WASHINGTON (AP) — |The", "Washington", 0, 0, "AP"),
    ("BETHESDA, Md. (AP) _ |The", "Bethesda", 0, 0, "AP"),
    ("ALBANY, N.Y. (AP) — |The", "Albany", 0, 0, "AP"),
    ("GROSSETO, Italy (AP) -- |The", "Grosseto", 0, 0, "AP"),
    ("UNITED NATIONS (AP) — |The", "United Nations", 0, 0, "AP"),
    ("ABOARD THE OCEAN VIKING (AP) — |The", "Aboard The Ocean Viking", 0, 0, "AP"),
    ("BEIRUT, Lebanon, June 2 — |The", "Beirut", 6, 2, ""),
    ("LONDON, Nov 20 (Reuters) - |The", "London", 11, 20, "Reuters"),
    ("LONDON/PARIS, Nov 20 (Reuters) - |The", "London/Paris", 11, 20, "Reuters"),
    ("WASHINGTON, Nov 20 (Reuters) – |The", "Washington", 11, 20, "Reuters"),
    ("LONDON, Monday (Reuters) - |The", "London", 0, 0, "Reuters"),
    ("LONDON, Monday, Nov 20 (Reuters) - |The", "London", 11, 20, "Reuters"),
    ("MEXICO CITY, Nov 20 (Reuters) - |The", "Mexico City", 11, 20, "Reuters"),
    ("SYDNEY, July 30 AAP - |The", "Sydney", 7, 30, "AAP"),
    ("TOKYO, Nov. 20, Kyodo - |The", "Tokyo", 11, 20, "Kyodo"),
    ("SEOUL, Nov. 20 (Yonhap) -- |The", "Seoul", 11, 20, "Yonhap"),
    ("BEIJING, Nov. 20 (Xinhua) -- |The", "Beijing", 11, 20, "Xinhua"),
    ("UNITED NATIONS, Nov. 20 (Xinhua) -- |The", "United Nations", 11, 20, "Xinhua"),
    ("MOSCOW, November 20. /TASS/. |The", "Moscow", 11, 20, "TASS"),
    ("DONETSK, November 20. /TASS/. |The", "Donetsk", 11, 20, "TASS"),
    ("New Delhi [India], November 20 (ANI): |The", "New Delhi", 11, 20, "ANI"),
    ("Kyiv [Ukraine], November 20 (ANI): |The", "Kyiv", 11, 20, "ANI"),
    ("New Delhi, Nov 20 (PTI) |The", "New Delhi", 11, 20, "PTI"),
    ("Mumbai, Nov 20 (IANS) |The", "Mumbai", 11, 20, "IANS"),
    ("Damascus, SANA- |The", "Damascus", 0, 0, "SANA"),
    ("Aleppo, SANA - |The", "Aleppo", 0, 0, "SANA"),
    ("RAMALLAH, November 20, 2026 (WAFA) – |The", "Ramallah", 11, 20, "WAFA"),
    ("ANKARA (AA) - |The", "Ankara", 0, 0, "AA"),
    ("KUALA LUMPUR, Nov 20 (Bernama) -- |The", "Kuala Lumpur", 11, 20, "Bernama"),
    ("TEHRAN, Nov. 20 (IRNA) – |The", "Tehran", 11, 20, "IRNA"),
    ("Harare, July 19 (INV) - |The", "Harare", 7, 19, "INV"),
    ("London, 8 December 2024 — |The", "London", 12, 8, ""),
    ("Lower Wendling, 8 December 2024 — |The", "Lower Wendling", 12, 8, ""),
    ("ROME — |The", "Rome", 0, 0, ""),
    ("KYIV, Ukraine — |The", "Kyiv", 0, 0, ""),
    ("BOTHELL, Wash. — |The", "Bothell", 0, 0, ""),
    # Spanish
    ("Madrid, 20 nov (EFE).- |El", "Madrid", 11, 20, "EFE"),
    ("Madrid, 20 nov. (EFE).— |El", "Madrid", 11, 20, "EFE"),
    ("Tegucigalpa, 20 de noviembre (EFE).- |El", "Tegucigalpa", 11, 20, "EFE"),
    ("Nueva York, 20 nov (EFE).- |El", "Nueva York", 11, 20, "EFE"),
    ("Ciudad de México, 20 nov (AFP) - |El", "Ciudad de México", 11, 20, "AFP"),
    ("MONTEVIDEO, 20 nov (INV) - |El", "Montevideo", 11, 20, "INV"),
    ("Buenos Aires, 20 nov (Télam) - |El", "Buenos Aires", 11, 20, "Télam"),
    ("Ginebra, 20 nov (EFE).- |El", "Ginebra", 11, 20, "EFE"),
    ("Madrid, 20 nov (Europa Press) - |El", "Madrid", 11, 20, "Europa Press"),
    # French
    ("Paris, 20 nov 2026 (AFP) - |Le", "Paris", 11, 20, "AFP"),
    ("Genève, 20 nov (ats) - |Le", "Genève", 11, 20, "ats"),
    ("Londres (AFP) – |Le", "Londres", 0, 0, "AFP"),
    ("BRUXELLES, 20/11 (BELGA) = |Le", "Bruxelles", 11, 20, "BELGA"),
    ("Pékin, 20 nov 2026 (AFP) - |Le", "Pékin", 11, 20, "AFP"),
    ("Le Caire, 8 déc. (AFP) — |Le", "Le Caire", 12, 8, "AFP"),
    # German
    ("Berlin (dpa) - |Der", "Berlin", 0, 0, "dpa"),
    ("Berlin/Potsdam (dpa/bb) - |Der", "Berlin/Potsdam", 0, 0, "dpa/bb"),
    ("Frankfurt/Main (dpa) – |Der", "Frankfurt/Main", 0, 0, "dpa"),
    ("Moskau (AFP) – |Der", "Moskau", 0, 0, "AFP"),
    ("Genf (epd) - |Der", "Genf", 0, 0, "epd"),
    ("Bern, 20. Nov. (sda) - |Der", "Bern", 11, 20, "sda"),
    ("Wien (APA) - |Der", "Wien", 0, 0, "APA"),
    ("Berlin, 20. November 2026 (KNA) - |Der", "Berlin", 11, 20, "KNA"),
    ("Hamburg (dpa/lno) - |Der", "Hamburg", 0, 0, "dpa/lno"),
    ("Buxtehude (dpa) - |Der", "Buxtehude", 0, 0, "dpa"),
    # Italian and Portuguese
    ("(ANSA) - ROMA, 20 NOV - |Il", "Roma", 11, 20, "ANSA"),
    ("(ANSA) - MILANO, 20 NOV - |Il", "Milano", 11, 20, "ANSA"),
    ("Roma, 20 nov. (Adnkronos) - |Il", "Roma", 11, 20, "Adnkronos"),
    ("Lisboa, 20 nov 2026 (Lusa) – |O", "Lisboa", 11, 20, "Lusa"),
    # Russian and Ukrainian
    ("МОСКВА, 20 ноября. /ТАСС/. |Порт", "Москва", 11, 20, "ТАСС"),
    ("МОСКВА, 20 ноя - РИА Новости. |Порт", "Москва", 11, 20, "РИА Новости"),
    ("САНКТ-ПЕТЕРБУРГ, 20 ноября. /ТАСС/. |Порт", "Санкт-Петербург", 11, 20, "ТАСС"),
    ("Москва. 20 ноября. INTERFAX.RU - |Порт", "Москва", 11, 20, "INTERFAX.RU"),
    ("ЖЕНЕВА, 20 ноября 2026 (Рейтер) — |Порт", "Женева", 11, 20, "Рейтер"),
    ("Пекин, 20 ноября (Синьхуа) -- |Порт", "Пекин", 11, 20, "Синьхуа"),
    # Arabic
    ("دمشق-سانا |أعلن", "دمشق", 0, 0, "سانا"),
    ("دمشق - سانا - |أعلن", "دمشق", 0, 0, "سانا"),
    ("حلب-سانا |أعلن", "حلب", 0, 0, "سانا"),
    ("دمشق، 8 ديسمبر (أ ف ب) — |أعلن", "دمشق", 12, 8, "أ ف ب"),
    ("القاهرة 20 نوفمبر (رويترز) - |أعلن", "القاهرة", 11, 20, "رويترز"),
    ("بيروت (أ ف ب) - |أعلن", "بيروت", 0, 0, "أ ف ب"),
    ("الرياض 20 نوفمبر 2026 (واس) - |أعلن", "الرياض", 11, 20, "واس"),
    # Chinese
    ("新华社北京11月20日电 |码头", "北京", 11, 20, "新华社"),
    ("新华社北京11月20日电（记者王一）|码头", "北京", 11, 20, "新华社"),
    ("中新社上海11月20日电 |码头", "上海", 11, 20, "中新社"),
    ("法新社大马士革12月8日电 |码头", "大马士革", 12, 8, "法新社"),
    ("新华社日内瓦11月20日专电 |码头", "日内瓦", 11, 20, "新华社"),
]  # fmt: skip

NONE = [
    "Max Verstappen (Red Bull) - first.", "Lewis Hamilton (Ferrari) - second.", "Paris (PSG) - first.", "MILAN (SERIE A) - The",
    "Chelsea (2) - Arsenal (1)", "Arsenal 2 — Chelsea 1", "ARSENAL — The Gunners", "CHELSEA — The Blues", "FC Barcelona (Spain) - won",
    "Real Madrid (La Liga) – The", "BAYERN MUNICH — CHELSEA 2:1", "PARIS — LYON 2:1", "BOSTON 101, CHICAGO 99 — The", "LONDON - PARIS IN TWO HOURS",
    "By Ann Lee (AFP) - The", "By ANN LEE — The", "BY ANN LEE (Reuters) - The", "Par Anne Paz (AFP) - Le", "Von Anna Schmidt (dpa) - Der", "Por Ana Paz (EFE).- El",
    "Di Anna Paz (ANSA) - Il", "Door Ann Lee (ANP) - De", "Ann Lee (Labour) - The", "Angela Merkel (CDU) - Die", "Boris Johnson (Conservative) — The",
    "Monday — The", "MONDAY — The", "FRIDAY, Nov 20 — The", "Monday, 20 November — The", "Freitag (dpa) - Der", "Lunes, 20 nov (EFE).- El", "Понедельник, 20 ноября — Порт",
    "Vendredi (AFP) - Le", "SATURDAY (AP) — The", "November 20 (Reuters) - The", "NOVEMBER — The", "MARCH — The", "MAY — The",
    "NATO — The alliance", "USA — The team", "UN (New York) — The", "EU — The bloc", "BBC — The", "FIFA (Zurich) - The", "AFP — The agency", "AFP (Paris) - The", "WHO — The",
    "Reuters (London) - The", "DPA - Der", "UPDATE — The", "BREAKING — The", "EXCLUSIVE (AFP) — The", "CORRECTED — The", "VIDEO — The", "LIVE — The",
    "The plan — which", "The quay (AFP) reopened", "It opened — and", "A — b", "", "—", "(AFP) - The", "(Reuters) - The", "Paris — the city of light", "Paris - The city",
    "London, as ever, is grey — The", "In Paris (AFP) reporters", "PARIS, off the coast — x", "ROME, Feb. 30 — x", "ROME, 31 Nov — x", "READING — The", "NICE — The", "SPLIT — The",
    "20261120T100000Z", "20261120T100000Z — The", "2026-11-20 10:00 — The", "20 November 2026 — The", "10:00 (AFP) - The",
    "paris (AFP) - the", "PARIS The", "Paris, Texas, is — The", "Dear reader — The", "THE QUAY REOPENS — The", "ONE DEAD, TWO HURT — The", "BREAKING NEWS (AP) — The",
    "Question: (AFP) - The", "He said (AFP) - The", "Great Britain (GBR) - gold", "Norway (NOR) - silver", "Victoria (Labour) - won", "Georgia (Republican) - won",
    "Home 1 - Away 2", "Washington (Denzel) - The", "Jordan (23) - The", "Sydney (dog) - The", "Austin — the actor", "ORANGE — The", "MOBILE — The",
    "Москва — город", "Порт (ТАСС) открыт", "Автор Анна Ли — Порт", "МАЙ — Порт", "Der Hafen (dpa) öffnet", "Montag - Der", "Berlin - Der Hafen", "Le port (AFP) rouvre",
    "القاهرة - مدينة", "أعلن الوزير (رويترز) أن", "新华社记者王一", "北京 — 码头", "11月20日电", "码头重新开放。",
]  # fmt: skip


def test_the_tables_are_long_enough() -> None:
    assert len(DATELINES) >= 75
    assert len(NONE) >= 75
    assert len(DATELINES) + len(NONE) >= 150


@pytest.mark.parametrize(("line", "place", "month", "day", "source"), DATELINES)
def test_a_line_that_begins_with_a_dateline(
    line: str, place: str, month: int, day: int, source: str
) -> None:
    head, _, text = line.partition("|")

    found = recognise(head + text)

    assert found
    assert (found.place, found.month, found.day, found.source) == (place, month, day, source)
    assert (head + text)[found.length :] == text


@pytest.mark.parametrize("line", NONE)
def test_a_line_that_begins_with_none(line: str) -> None:
    assert recognise(line) is None


ELEMENTS = [
    ("Sydney, NSW", ("Sydney", "NSW")),
    ("Oslo", ("Oslo", "")),
    ("MOSCOW, Monday (Inv)", ("Moscow", "")),
    ("BETHESDA, Md.", ("Bethesda", "Md.")),
    ("Lower Wendling", ("Lower Wendling", "")),
    ("DAMASCUS, Dec 8 (AFP) -", ("Damascus", "")),
    ("20261120T100000Z", None),
    ("2026-11-20", None),
    ("Monday", None),
    ("By Ann Lee", None),
    ("10:00", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), ELEMENTS)
def test_an_element_that_is_a_dateline(text: str, expected: tuple[str, str] | None) -> None:
    found = read(text, dt.datetime(2026, 11, 20, tzinfo=dt.UTC))

    assert (found and (found.place, found.region)) == expected


def test_who_sent_the_story_is_an_agency_and_an_element_names_the_place() -> None:
    assert recognise("Oslo (INV) - The quay", source="Inv")
    assert not recognise("Oslo (INV) - The quay")
    assert recognise("Lower Wendling - The quay", place="Lower Wendling")


FILES = [
    (nitf("<p>The quay.</p>", head="<dateline><location><city>Sydney</city>, <state>NSW</state></location></dateline>"), "Sydney", "NSW", None),
    (nitf("<p>Oslo (WIRE) - The quay.</p>", head="<dateline><location>Oslo</location></dateline>"), "Oslo", "", None),
    (
        nitf("<p>Tegucigalpa, Nov 20 (WIRE).- The quay.</p>",
             head='<dateline><story.date norm="20261120T100000Z">20261120T100000Z</story.date></dateline>'),
        "Tegucigalpa", "", dt.date(2026, 11, 20),
    ),
    (
        nitf("<p>The quay.</p>", head='<dateline><location>Oslo</location><story.date norm="20261119T100000Z"/></dateline>'),
        "Oslo", "", dt.date(2026, 11, 19),
    ),
    (news_item(content="<dateline>BETHESDA, Md.</dateline>", body="<p>BETHESDA, Md. (AP) _ The quay.</p>"), "Bethesda", "Md.", None),
    (news_item(content="<dateline>MOSCOW, Monday (Inv)</dateline>", body="<p>The quay.</p>"), "Moscow", "", None),
    (news_item(content="<located><name>Rome</name></located>", body="<p>The quay.</p>"), "Rome", "", None),
    (news_item(content="<located><name>Rome</name></located>", body="<p>PARIS, Nov 20 (AFP) - The quay.</p>"), "Paris", "", dt.date(2026, 11, 20)),
]  # fmt: skip


@pytest.mark.parametrize(("content", "place", "region", "date"), FILES)
def test_a_file_has_its_dateline_once(
    content: bytes, place: str, region: str, date: dt.date | None
) -> None:
    found = story(content)

    assert found.dateline
    assert (found.dateline.place, found.dateline.region, found.dateline.date) == (
        place,
        region,
        date,
    )
    assert found.body_html == "<p>The quay.</p>"
    assert not any(part in found.dateline.text for part in ("T10", "_", "()"))


def test_a_byline_above_the_dateline_is_no_part_of_it() -> None:
    html = "<p>By Ann Lee<br>Harare, July 19 (INV) - The firm sells.</p>"

    assert split(html, None) == (None, html)
