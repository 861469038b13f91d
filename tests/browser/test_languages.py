"""Server and browser agree: what the widget writes by Intl is what the page has, in every language."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser

from articles.languages import locale_of, solar_hijri, write_number
from newsroom.languages import SITE_LANGUAGES

pytestmark = pytest.mark.browser

NUMBERS = [*range(32), *range(99, 126), 999, 1000, 1234, 9999, 10_000, 12_345, 1_000_000, 1_234_567]
ASK = """([languages, numbers]) => languages.map((language) => {
  const number = new Intl.NumberFormat(language), plural = new Intl.PluralRules(language);
  return numbers.map((each) => [number.format(each), plural.select(each)]);
})"""
DAYS = """(days) => {
  const options = { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" };
  const calendar = new Intl.DateTimeFormat("en-u-ca-persian-nu-latn", options);
  const part = (day, type) => calendar.formatToParts(day).find((each) => each.type === type).value;
  return days.map((day) => ["year", "month", "day"].map((type) => Number.parseInt(part(Date.parse(day), type))));
}"""


def test_numbers_plurals_and_the_calendar_of_iran_are_those_of_the_server(browser: Browser) -> None:
    page = browser.new_page()
    tags = ["en-GB" if language == "en" else language for language in SITE_LANGUAGES]
    days = [date(1900, 1, 1) + timedelta(days=365 * each) for each in range(200)]

    written = page.evaluate(ASK, [tags, NUMBERS])
    calendar = page.evaluate(DAYS, [str(day) for day in days])

    for language, found in zip(SITE_LANGUAGES, written, strict=True):
        category = locale_of(language).plural_form
        expected = [[write_number(each, language), category(each)] for each in NUMBERS]
        assert found == expected, language
    assert calendar == [[*solar_hijri(day)] for day in days]
