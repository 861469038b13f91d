"""Direction, plurals, dates and numbers of languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from articles.languages import (
    direction,
    plural_categories,
    solar_hijri,
    write_ago,
    write_compact,
    write_edition,
    write_moment,
    write_number,
)

# language, date and time, 1,234 and 12,345, and how long ago one and five hours are
AS_WRITTEN = [
    ("en", "8 December 2024, 09:23", "1,234 12,345", "1 hour ago", "5 hours ago"),
    ("ar", "8 ديسمبر 2024، 9:23 ص", "1,234 12,345", "قبل ساعة واحدة", "قبل 5 ساعات"),
    ("de", "8. Dezember 2024, 09:23", "1.234 12.345", "vor 1 Stunde", "vor 5 Stunden"),
    ("es", "8 de diciembre de 2024, 9:23", "1234 12.345", "hace 1 hora", "hace 5 horas"),
    ("fa", "۱۸ آذر ۱۴۰۳، ۹:۲۳", "۱٬۲۳۴ ۱۲٬۳۴۵", "۱ ساعت پیش", "۵ ساعت پیش"),  # noqa: RUF001
    ("fr", "8 décembre 2024, 09:23", "1 234 12 345", "il y a 1 heure", "il y a 5 heures"),
    ("he", "8 בדצמבר 2024, 9:23", "1,234 12,345", "לפני שעה", "לפני 5 שעות"),
    ("hi", "8 दिसंबर 2024, 9:23 am", "1,234 12,345", "1 घंटे पहले", "5 घंटे पहले"),
    ("it", "8 dicembre 2024, 09:23", "1234 12.345", "1 ora fa", "5 ore fa"),
    ("ja", "2024年12月8日 9:23", "1,234 12,345", "1 時間前", "5 時間前"),
    ("nl", "8 december 2024, 09:23", "1.234 12.345", "1 uur geleden", "5 uur geleden"),
    ("pl", "8 grudnia 2024, 09:23", "1234 12 345", "1 godzinę temu", "5 godzin temu"),
    ("pt", "8 de dezembro de 2024, 09:23", "1.234 12.345", "há 1 hora", "há 5 horas"),
    ("ru", "8 декабря 2024, 09:23", "1 234 12 345", "1 час назад", "5 часов назад"),
    ("tr", "8 Aralık 2024 09:23", "1.234 12.345", "1 saat önce", "5 saat önce"),  # noqa: RUF001
    ("uk", "8 грудня 2024, 09:23", "1 234 12 345", "1 годину тому", "5 годин тому"),
    ("zh-hans", "2024年12月8日 09:23", "1,234 12,345", "1小时前", "5小时前"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "moment", "numbers", "one", "five"), AS_WRITTEN)
def test_dates_and_numbers_are_as_the_language_writes_them(
    language: str, moment: str, numbers: str, one: str, five: str
) -> None:
    when = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)

    assert plain(write_moment(when, language)) == moment
    assert plain(" ".join(write_number(each, language) for each in (1234, 12_345))) == numbers
    assert plain(write_ago(timedelta(minutes=80), language)) == one
    assert plain(write_ago(timedelta(hours=5.9), language)) == five


def plain(text: str) -> str:
    """Without the spaces of typography, and without marks of direction."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\xa0", " ").replace("\u200f", "")


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Sunday, 8 December 2024"),
        ("ar", "الأحد، 8 ديسمبر 2024"),
        ("de", "Sonntag, 8. Dezember 2024"),
        ("fa", "یکشنبه ۱۸ آذر ۱۴۰۳"),
        ("fr", "dimanche 8 décembre 2024"),
        ("he", "יום ראשון, 8 בדצמבר 2024"),
        ("ja", "2024年12月8日日曜日"),
        ("ru", "воскресенье, 8 декабря 2024"),
        ("tr", "8 Aralık 2024 Pazar"),  # noqa: RUF001
    ],
)
def test_the_day_of_an_edition(language: str, written: str) -> None:
    assert plain(write_edition(date(2024, 12, 8), language)) == written


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (timedelta(seconds=-2), "1 minute ago"),
        (timedelta(seconds=0), "1 minute ago"),
        (timedelta(seconds=119), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
    ],
)
def test_elapsed_time_is_rounded_down(elapsed: timedelta, text: str) -> None:
    assert write_ago(elapsed, "en") == text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        *((tag, "rtl") for tag in ("ar", "ar-EG", "he", "fa", "ur", "ps", "yi", "dv", "ckb", "ug")),
        *((tag, "rtl") for tag in ("az-Arab", "pa-Arab-PK", "pa-PK", "az-IR", "ms-Arab")),
        *((tag, "ltr") for tag in ("en", "de-AT", "zh-Hant-TW", "es-419", "az", "pa", "sr-Latn")),
        *((tag, "ltr") for tag in ("ar-Latn", "xx", "", "no such language")),
    ],
)
def test_a_tag_has_the_direction_of_its_script(language: str, expected: str) -> None:
    assert direction(language) == expected


def test_a_language_that_is_not_known_writes_as_english_does() -> None:
    assert write_number(1234, "xx-nonsense") == "1,234"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1979, 2, 11), (1357, 11, 22)),
        (date(2021, 3, 20), (1399, 12, 30)),  # the last day of a leap year
        (date(2021, 3, 21), (1400, 1, 1)),
        (date(2023, 9, 22), (1402, 6, 31)),
        (date(2023, 9, 23), (1402, 7, 1)),
    ],
)
def test_the_calendar_of_iran(day: date, expected: tuple[int, int, int]) -> None:
    assert solar_hijri(day) == expected


@pytest.mark.parametrize(
    ("language", "categories"),
    [
        ("en", ["one", "other"]),
        ("ar", ["zero", "one", "two", "few", "many", "other"]),
        ("ru", ["one", "few", "many"]),
        ("fr", ["one", "many", "other"]),
        ("ja", ["other"]),
    ],
)
def test_the_plural_categories_of_whole_numbers(language: str, categories: list[str]) -> None:
    assert [*plural_categories(language)] == categories


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["9,999", "12.3K", "1.2M"]),
        ("de", ["9.999", "12.345", "1,2 Mio."]),
        ("fr", ["9 999", "12,3 k", "1,2 M"]),
        ("ja", ["9,999", "1.2万", "123.5万"]),
        ("fa", ["۹٬۹۹۹", "۱۲٫۳ هزار", "۱٫۲ میلیون"]),  # noqa: RUF001
    ],
)
def test_a_button_has_large_numbers_short(language: str, written: list[str]) -> None:
    shown = [plain(write_compact(number, language)) for number in (9_999, 12_345, 1_234_567)]
    assert shown == written
