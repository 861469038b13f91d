"""Slugs: readable, stable, in any alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.fields import SLUG_LENGTH
from articles.formats.slugs import is_address_of_id, slug_of
from articles.ids import uuid7


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("The bridge is open", "the-bridge-is-open"),
        ("  Hayat Tahrir al-Sham (HTS)!  ", "hayat-tahrir-al-sham-hts"),
        ("Café à Orléans", "cafe-a-orleans"),
        ("سوريا اليوم", "سوريا-اليوم"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("8 December 2024", "8-december-2024"),
        ("?!", ""),
    ],
)
def test_a_slug_is_made_of_the_words(text: str, slug: str) -> None:
    assert slug_of(text) == slug


@given(st.text(max_size=400))
def test_a_slug_is_its_own_slug_and_fits(text: str) -> None:
    slug = slug_of(text)

    assert slug_of(slug) == slug
    assert len(slug) <= SLUG_LENGTH
    assert not set(slug) & set(" /?#%\0")


def test_a_long_headline_is_cut_between_words() -> None:
    slug = slug_of("seven letters " * 20)

    assert len(slug) > SLUG_LENGTH - len("-letters")
    assert set(slug.split("-")) == {"seven", "letters"}


def test_an_id_is_distinguished_from_a_slug() -> None:
    identity = uuid7()

    assert is_address_of_id(str(identity))
    assert is_address_of_id(identity.hex)
    assert not is_address_of_id("bridge-opens")
