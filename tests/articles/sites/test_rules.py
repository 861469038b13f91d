"""Addresses of sites: which spellings are one article, and which pages and origins belong to a site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Site
from articles.sites.rules import NotAnOrigin, Sites, is_url, read_origin
from tests.profiles import examples

BLOG = "https://blog.example.org"


def sites(**fields: object) -> Sites:
    return Sites([Site(name="Blog", **({"origins": [BLOG]} | fields))])


def key_of(url: str, **fields: object) -> str | None:
    found = sites(**fields).of_url(url)
    return found[1].key if found else None


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example.org/2024/bridge",
        "http://blog.example.org/2024/bridge",
        "https://www.blog.example.org/2024/bridge",
        "https://m.blog.example.org/2024/bridge",
        "https://BLOG.example.org:443/2024/bridge/",
        "https://blog.example.org./2024/bridge",
        "https://blog.example.org//2024///bridge//",
        "https://blog.example.org/2024/bridge?utm_source=x&p=1#comments",
        "https://blog.example.org/2024/bridge/index.html",
        "https://blog.example.org/2024/bridge/index.php",
        "https://blog.example.org/2024/%62ridge",
        "https://blog.example.org/2024/./x/../bridge",
        "https://blog.example.org/2024/%2e/bridge",
        "https://blog.example.org/2024/bridge/amp",
        "https://blog.example.org/2024/bridge/amp/",
        "https://blog.example.org/amp/2024/bridge",
        "https://blog.example.org/2024/bridge.amp",
        "https://amp.blog.example.org/2024/bridge?amp=1",
    ],
)
def test_spellings_of_one_address_have_one_key(url: str) -> None:
    assert key_of(url) == "blog.example.org/2024/bridge"


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example.org/2024/bridges",
        "https://blog.example.org/2024/Bridge",
        "https://blog.example.org/2024%2Fbridge",
        "https://blog.example.org/2024",
        "https://blog.example.org/2024/bridge.html",
    ],
)
def test_other_paths_are_other_articles(url: str) -> None:
    assert key_of(url) not in {None, "blog.example.org/2024/bridge"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2024/bridge",
        "https://blog.example.org:8443/2024/bridge",
        "https://blog.example.org.evil.example/2024/bridge",
        "https://blog.example.org@evil.example/",
        "https://user@blog.example.org/2024/bridge",
        "https://web.archive.org/web/2024/https://blog.example.org/2024/bridge",
        "https://blog-example-org.translate.goog/2024/bridge",
        "http://localhost/2024/bridge",
        "ftp://blog.example.org/2024/bridge",
        "//blog.example.org/2024/bridge",
        "https://blog.example.org/20 24",
        "https://blog.example.org\\@evil.example/",
        "https://blog.example.org/%ff",
        "https://blog.example.org/%00",
        "https://[blog.example.org/",
        "https://blog.example.org/\ud800",
        "https://blog.example.org/?p=\ud800",
        "https://blog.example.org:port/",
        "https://" + "a" * 300 + ".example/",
        "https://blog.example.org/" + "a" * 1_000,
        "https://blog.example.org/" + "ä" * 400,
        "",
    ],
)
def test_what_is_no_address_of_the_site_has_no_key(url: str) -> None:
    assert key_of(url) is None


def test_parameters_that_the_site_names_distinguish_articles() -> None:
    key = key_of(f"{BLOG}/?x=1&p=12", query_parameters=["p"])

    assert key == "blog.example.org/?p=12"
    assert key_of(f"{BLOG}/?p=13&p=12", query_parameters=["p"]) == "blog.example.org/?p=12&p=13"


def test_a_site_may_have_articles_under_amp_and_other_hosts() -> None:
    assert key_of(f"{BLOG}/amp/guitar", has_amp_pages=False) == "blog.example.org/amp/guitar"
    assert key_of("https://www.blog.example.org/a", has_mobile_hosts=False) is None


def test_the_same_letters_have_one_key_however_they_are_composed() -> None:
    assert key_of(f"{BLOG}/cafe%CC%81") == key_of(f"{BLOG}/café") == "blog.example.org/caf%C3%A9"


def test_the_address_that_is_shown_keeps_its_form_and_loses_what_distinguishes_nothing() -> None:
    found = sites().of_url("http://www.blog.example.org//a/?utm=1#x")

    assert found is not None
    assert found[1].url == "http://www.blog.example.org/a/"


@pytest.mark.parametrize(
    ("patterns", "included", "left_out"),
    [
        ([], ["/a", "/a/b"], ["/", "/?utm=1"]),
        (["/20*/*"], ["/2024/bridge", "/2024/05/bridge"], ["/about", "/20", "/"]),
        (["/blog/*", "!/blog/tag/*"], ["/blog/bridge"], ["/blog/tag/x", "/shop/x"]),
        (["!/tag/*"], ["/bridge"], ["/tag/x", "/"]),
        (["/", "/a"], ["/", "/a/"], ["/b"]),
        (["/[a]?"], ["/%5Ba%5D%3F"], ["/a"]),
    ],
)
def test_patterns_say_which_pages_are_articles(
    patterns: list[str], included: list[str], left_out: list[str]
) -> None:
    known = sites(url_patterns=patterns)

    def is_article(path: str) -> bool:
        found = known.of_url(BLOG + path)
        assert found is not None
        return found[0].is_article(found[1])

    assert [path for path in included + left_out if is_article(path)] == included


def test_an_origin_belongs_to_the_site_that_lists_it() -> None:
    known = sites(origins=[BLOG, "http://127.0.0.1:8081"])
    listed = [BLOG, "http://127.0.0.1:8081", "https://www.blog.example.org"]
    others = [
        "http://blog.example.org",
        "https://example.org",
        "null",
        "",
        f"{BLOG}:444",
        "http://[",
    ]

    assert [each for each in listed + others if known.of_origin(each)] == listed
    assert sites(origins=["null"]).of_origin("null") is not None
    assert not sites(has_mobile_hosts=False).of_origin("https://www.blog.example.org")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (" HTTPS://Blog.Example.org:443/ ", BLOG),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("Null", "null"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text", ["blog.example.org", "https://a.example/b", "https://a.example?b", "*"]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(NotAnOrigin, match=r"is no origin|has more than"):
        read_origin(text)


def test_ids_and_slugs_are_no_urls() -> None:
    assert [is_url(each) for each in ("bridge", "https", "https://a", "http://b")] == [
        False, False, True, True,
    ]  # fmt: skip


PIECES = st.sampled_from(
    [
        *("https://", "http://", "blog.example.org", "www.", "[::1]:8000", "/", "//", "..", "."),
        *("%2e", "%2F", "%ff", "%00", "?", "#", "p=", "&", "@", ":", "443", "\u202e", "\ud800"),
        *("é", "%C3%A9", " ", "\\", "[", "]", "amp", ".amp.html", ".amp", "index.html", "%", ";"),
    ]
)


@examples(3)
@given(st.lists(PIECES, max_size=9), st.sampled_from(["", f"{BLOG}/"]))
def test_any_text_is_an_address_or_none_and_a_key_is_its_own_key(
    pieces: list[str], start: str
) -> None:
    known = sites(query_parameters=["p"])
    url = start + "".join(pieces)
    found = known.of_url(url)
    known.of_origin(url)

    if found is not None:
        key = found[1].key
        assert key_of(found[1].url, query_parameters=["p"]) == key
        assert key_of(f"https://{key}", query_parameters=["p"]) == key
