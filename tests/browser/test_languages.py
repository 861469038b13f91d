"""Server and browser agree: what the widget writes by Intl is what the page has, in every language."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser

from articles.languages import locale_of, solar_hijri, write_number
from newsroom.languages import SITE_LANGUAGES

pytestmark = pytest.mark.browser

NUMBERS = [*range(201), 999, 1000, 1234, 9999, 10_000, 12_345, 999_999, 1_000_000, 1_234_567]
ASK = """([language, numbers]) => {
  const number = new Intl.NumberFormat(language), plural = new Intl.PluralRules(language);
  return numbers.map((each) => [number.format(each), plural.select(each)]);
}"""
DAYS = """(days) => {
  const options = { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" };
  const calendar = new Intl.DateTimeFormat("en-u-ca-persian-nu-latn", options);
  const part = (day, type) => calendar.formatToParts(day).find((each) => each.type === type).value;
  return days.map((day) => ["year", "month", "day"].map((type) => Number.parseInt(part(Date.parse(day), type))));
}"""

Evaluate = Callable[..., list[list[object]]]


@pytest.fixture
def evaluate(browser: Browser) -> Evaluate:
    return browser.new_page().evaluate


@pytest.mark.parametrize("language", SITE_LANGUAGES)
def test_numbers_and_plurals_are_those_of_the_server(language: str, evaluate: Evaluate) -> None:
    tag = "en-GB" if language == "en" else language
    category = locale_of(language).plural_form

    asked = evaluate(ASK, [tag, NUMBERS])

    assert asked == [[write_number(each, language), category(each)] for each in NUMBERS]


def test_the_calendar_of_iran_is_that_of_the_server(evaluate: Evaluate) -> None:
    days = [date(1900, 1, 1) + timedelta(days=73 * each) for each in range(1000)]

    assert evaluate(DAYS, [str(day) for day in days]) == [[*solar_hijri(day)] for day in days]
