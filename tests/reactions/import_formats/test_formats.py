"""Each format yields an article's counters, or says which line and column is wrong."""

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactions.import_formats import FORMATS
from reactions.import_formats.counters import Counters, Mistake, Unreadable
from tests.reactions.import_formats.samples import (
    GENERIC,
    MODX,
    VARIENT,
    WALINE,
    WALINE_TABLE,
    modx,
)


def read(name: str, content: bytes, **kinds: str) -> list[Counters | Mistake]:
    of_format = FORMATS[name]
    return list(of_format.read(BytesIO(content), {**of_format.kinds, **kinds}))


def message_of(name: str, content: bytes) -> str:
    """The message that the operator gets for a file that is refused."""
    try:
        entries = read(name, content)
    except Unreadable as unreadable:
        return str(unreadable.mistake)
    return "\n".join(str(entry) for entry in entries if isinstance(entry, Mistake))


def test_varient_has_seven_columns_a_post() -> None:
    first, second = read("varient", VARIENT)

    assert first == Counters(
        "line 2",
        "41",
        {
            "re_like": 12,
            "re_dislike": 3,
            "re_love": 40,
            "re_funny": 0,
            "re_angry": 1,
            "re_sad": 0,
            "re_wow": 2,
        },
    )
    assert isinstance(second, Counters)
    assert second.address == "42"


def test_varient_exported_with_slugs_needs_no_map() -> None:
    content = VARIENT.replace(b'"post_id"', b'"title_slug"').replace(b'"41"', b'"bridge-opens"')

    first, _ = read("varient", content)

    assert isinstance(first, Counters)
    assert first.address == "bridge-opens"


def test_waline_counts_by_position_and_skips_its_comments() -> None:
    first, second, _ = read("waline", WALINE)

    assert first == Counters(
        "item 1", "/2024/bridge-opens/", {"reaction0": 5, "reaction1": 2, "reaction5": 4}
    )
    assert isinstance(second, Counters)
    assert second.counts == {"reaction0": 1, "reaction1": 0}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda export: {"errno": 0, "data": export},
        lambda export: export["data"]["Counter"],
    ],
    ids=["the answer of its API", "a list alone"],
)
def test_waline_is_found_where_its_list_is(wrapped: "object") -> None:
    content = json.dumps(wrapped(json.loads(WALINE))).encode()  # type: ignore[operator]  # a lambda

    assert read("waline", content) == read("waline", WALINE)


def test_waline_as_a_table() -> None:
    (only,) = read("waline", WALINE_TABLE)

    assert only == Counters(
        "line 2", "/2024/bridge-opens/", {"reaction0": 5, "reaction1": 2, "reaction2": 1}
    )


def test_modx_adds_up_the_reactions_of_a_page() -> None:
    first, second = read("modx", MODX)

    assert first == Counters("item 1", "5", {"love": 2, "down": 1, "hooray": 1, "type 3": 1})
    assert second == Counters("item 6", "6", {"sad": 1})


def test_csv_may_have_a_mark_semicolons_and_columns_of_its_own_names() -> None:
    (only,) = read("csv", GENERIC, hearts="love")

    assert only == Counters("line 2", "bridge-opens", {"love": 7, "sad": 1, "hearts": 3})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("csv", b"article,love\na,-3\n", "line 2: love: -3 is negative."),
        ("csv", b"article,love\na,many\n", "line 2: love: 'many' is not a whole number."),
        ("csv", b"article,love\na,1.5\n", "line 2: love: '1.5' is not a whole number."),
        ("csv", b"article,love\na,1_000\n", "line 2: love: '1_000' is not a whole number."),
        ("csv", b"article,love\na,9999999999999\n", "line 2: love: '9999999999999' is more than any article has."),
        ("csv", b"article,love\n,3\n", "line 2: article: names no article."),
        ("csv", b"article,love\na,1,2\n", "line 2: has 3 cells, and the header 2."),
        ("csv", b"article,love\na\x00b,1\n", "line 2: article: 'a\\x00b' has characters that no address has."),
        ("csv", b"article,love,love\na,1,2\n", "line 1: the column 'love' is there twice."),
        ("csv", b"love,sad\n1,2\n", "line 1: there is no column article or url or address or path or slug or guid or id."),
        ("csv", b'article,love\n"a,1\n', "line 2: is not CSV: unexpected end of data."),
        ("csv", "article,love\né,1\n".encode("latin-1"), "line 2: is not UTF-8."),
        ("csv", "article,love\na,1\n".encode("utf-16"), "line 1: is not UTF-8."),
        ("csv", b"", "line 1: there is no header with the names of the columns."),
        ("csv", b"article,love\n" + b"a" * 2_000_000, "line 2: is too long to be a line of counters."),
        ("varient", b"id,post_id,re_like,re_love\n1,2,3,4\n", "line 1: there is no column re_dislike, re_funny, re_angry, re_sad, re_wow."),
        ("varient", VARIENT.replace(b'"40"', b'"-40"'), "line 2: re_love: -40 is negative."),
        ("waline", b"url,time\n/a/,3\n", "line 1: there is no column reaction0."),
        ("waline", b'[{"url": "/a/", "reaction0": -1}]', "item 1: reaction0: -1 is negative."),
        ("waline", b'[{"url": "/a/", "reaction0": true}]', "item 1: reaction0: 'True' is not a whole number."),
        ("waline", b'[{"reaction0": 1}, 7]', "item 1: url: names no article.\nitem 2: is no object."),
        ("waline", b'{"data": {"Comment": []}}', "there is no list data.Counter or data.data.Counter or at the top."),
        ("modx", b'{"items": [{"id": 1, "object_id": null}]}', "item 1: object_id: names no article."),
        ("modx", modx((5, "love")).replace(b'"id": 1', b'"id": "1"'), "item 1: id: '1' is not a whole number."),
        ("modx", b'{"items": [{"id": 1, "object_id": 5, "type": "love"}, {"id": 1, "object_id": 5, "type": "sad"}]}', "item 2: id: 1 is repeated; it is item 1 already."),
    ],
)  # fmt: skip
def test_an_error_is_reported_with_its_place(name: str, content: bytes, message: str) -> None:
    assert message_of(name, content) == message


def test_a_file_that_ends_early_is_refused() -> None:
    assert message_of("modx", MODX[:-30]).startswith("is not JSON: ")


TABLE_TEXT = st.text(alphabet='0123456789,;\t"\n\rarticlove -é\x00', max_size=80)


@given(st.binary(max_size=200) | TABLE_TEXT.map(lambda text: f"article,love\n{text}".encode()))
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_any_file_is_read_or_refused(name: str, content: bytes) -> None:
    message_of(name, content)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z][a-z,;\" -]{0,12}[a-z]", fullmatch=True), st.integers(0, 10**12)
        ),
        max_size=8,
    )
)
def test_what_csv_writes_is_read_again(rows: list[tuple[str, int]]) -> None:
    lines = ["article,love"]
    for address, count in rows:
        quoted = address.replace('"', '""')
        lines.append(f'"{quoted}",{count}')

    entries = read("csv", "\n".join(lines).encode())

    assert entries == [
        Counters(f"line {line}", address, {"love": count})
        for line, (address, count) in enumerate(rows, start=2)
    ]
