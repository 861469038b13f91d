"""The texts of the widget, as the server and the browser choose them."""

import pytest
from django.utils.translation import ngettext, override

from articles.languages import CATEGORIES, locale_of
from newsroom.languages import SITE_LANGUAGES
from reactions.http.messages import MESSAGES, Plural, label_of, messages_in
from reactions.kinds import SEVEN, Kind

PLURALS = {key: text for key, text in MESSAGES.items() if isinstance(text, Plural)}


@pytest.mark.parametrize("language", SITE_LANGUAGES)
def test_the_category_of_a_number_gives_the_text_that_gettext_gives(language: str) -> None:
    """A browser chooses by Intl.PluralRules, which has the categories of CLDR."""
    texts, category_of = messages_in(language), locale_of(language).plural_form

    with override(language):
        for key, text in PLURALS.items():
            forms = texts[key]
            assert isinstance(forms, dict)
            assert {"other"} <= forms.keys() <= {*CATEGORIES}
            for number in (*range(201), 1000, 1_000_000, 1_000_001):
                expected = ngettext(text.one, text.other, number)
                assert forms[category_of(number)] == expected, (key, number)


@pytest.mark.parametrize("language", [each for each in SITE_LANGUAGES if each != "en"])
def test_every_text_is_in_the_language(language: str) -> None:
    texts, english = messages_in(language), messages_in("en")

    assert texts.keys() == MESSAGES.keys()
    assert {key for key in texts if texts[key] == english[key]} == set()


def test_six_plurals_in_arabic() -> None:
    forms = messages_in("ar")["total"]

    assert isinstance(forms, dict)
    assert [*forms] == [*CATEGORIES]
    assert len({*forms.values()}) == 6


def test_a_label_of_the_seven_is_translated_and_a_sites_own_is_not() -> None:
    with override("de"):
        assert [label_of(kind) for kind in SEVEN[:2]] == ["Gefällt mir", "Gefällt mir nicht"]
        assert label_of(Kind("search", 7, "Search", "🔎")) == "Search"
