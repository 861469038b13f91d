"""The people of a byline."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.formats.bylines import authors_of, people
from articles.formats.story import Author


def names(byline: str, source: str = "") -> list[str]:
    return [author.name for author in authors_of(byline, source=source)]


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("Ann Lee", ["Ann Lee"]),
        ("By ANN LEE", ["Ann Lee"]),
        ("By Ann Lee in Damascus and Bo Park, Reuters", ["Ann Lee", "Bo Park"]),
        ("Ann Lee, Bo Park and Cy Ray", ["Ann Lee", "Bo Park", "Cy Ray"]),
        ("Ann Lee, with additional reporting by Bo Park", ["Ann Lee", "Bo Park"]),
        ("Reporting by Ann Lee & Bo Park; Editing by Cy Ray", ["Ann Lee", "Bo Park"]),
        ("Ann Lee/AFP", ["Ann Lee"]),
        ("Ann Lee | The Guardian", ["Ann Lee"]),
        ("Ann Lee – BBC News", ["Ann Lee"]),
        ("Ann Lee (Reuters)", ["Ann Lee"]),
        ("Ann Lee for the Guardian", ["Ann Lee"]),
        ("Ann Lee, New York", ["Ann Lee"]),
        ("Ann Lee, Political Editor, and ann lee", ["Ann Lee"]),
        ("Ingeborg Solli, science correspondent", ["Ingeborg Solli"]),
        ("Von Anna Schmidt und Jörg Weiß", ["Anna Schmidt", "Jörg Weiß"]),
        ("Von Trapp", ["Von Trapp"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Juan de la Cruz y María López", ["Juan de la Cruz", "María López"]),
        ("Jean-Luc O'Neil", ["Jean-Luc O'Neil"]),
        ("J. K. Rowling", ["J. K. Rowling"]),
        ("Martin Luther King, Jr.", ["Martin Luther King Jr"]),
        ("محمد علي", ["محمد علي"]),
        ("राम शर्मा", ["राम शर्मा"]),
    ],
)
def test_a_byline_names_its_people_each_once(byline: str, expected: list[str]) -> None:
    assert names(byline) == expected


@pytest.mark.parametrize(
    "byline",
    [
        *("", "By staff", "Newsroom staff", "Guardian staff and agencies", "AFP", "Reuters Staff"),
        *("Associated Press", "Agence France-Presse", "Deutsche Presse-Agentur", "Damascus"),
        *("science correspondent", "ann.lee@example.org", "Ann", "a, b and c", "J. K.", "X" * 300),
        "The harbour was opened at noon in Bergen, Norway, on Tuesday by the mayor of the town",
    ],
)
def test_agencies_desks_and_sentences_are_no_people(byline: str) -> None:
    assert names(byline) == []


def test_the_source_is_no_author_of_its_story() -> None:
    assert names("Evening Standard", "Evening Standard") == []


def test_photographers_have_their_role() -> None:
    assert authors_of("Text: Anna Schmidt, Fotos: Bo Lind") == (
        Author("Anna Schmidt"),
        Author("Bo Lind", "photographer"),
    )


def test_a_list_of_authors_keeps_its_people() -> None:
    listed = [
        *(Author("AFP"), Author("The Guardian"), Author("desk@example.org"), Author("Maria")),
        *(Author("Ann Lee and Bo Park", "editor"), Author("Michael Press"), Author("Ann Lee")),
    ]

    assert people(listed) == (
        Author("Maria"),
        Author("Ann Lee", "editor"),
        Author("Bo Park", "editor"),
        Author("Michael Press"),
    )


def test_a_list_of_more_people_than_a_byline_has_is_none() -> None:
    assert names(", ".join(f"Ann L{'e' * n}" for n in range(1, 13))) == []


@settings(max_examples=60)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["by ", "Ann ", "Lee", ", ", " and ", "("])).map("".join)
)
def test_any_text_may_be_a_byline(text: str) -> None:
    found = authors_of(text)

    assert len({author.name.casefold() for author in found}) == len(found)
    assert all(1 <= len(author.name) <= 100 for author in found)
