"""Every address of the product has the headers of its class."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLResolver

from newsroom.security_headers import PAGE, ROUTE_CLASSES, class_of

PROJECT = Path(__file__).parents[2]
_VALUES = {
    "feed_file": "rss.xml",
    "any_slug": "none",
    "card_subject": "site",
    "uuid": str(uuid4()),
    "int": "7",
    "slug": "none",
    "str": "none",
    "path": str(uuid4()),
}
_OF_REGEX = {
    r"^(?P<name>sections|authors|tags|sources)/$": "sections/",
    r"^(?P<app_label>articles|auth|reactions)/$": "articles/",
    r"(?P<url>.*)$": "none",
    r"^openheart/(?P<address>[^/]*)/?$": "openheart/none",
    r"^embed/(?P<address>[^/.]+)/$": "embed/none/",
}
# `default-src` covers all that loads or runs something; it does not cover the base of addresses.
_NEEDED = {"default-src 'none'"}
_CLASSES = {each.name: each for each in (*ROUTE_CLASSES, PAGE)}
# By the beginning of the path, the longest that fits.
EXPECTED = {
    "/": "page",
    "/api/": "data",
    "/api/docs/": "docs",
    "/api/problems/": "page",
    "/desk/": "desk",
    "/embed/": "embed",
    "/embed/none/": "frame",
    "/cards/": "embed",
    "/media/": "embed",
    "/feeds/": "data",
    "/openheart/": "embed",
    "/oembed/": "data",
    "/.well-known/": "data",
    "/healthz": "data",
    "/readyz": "data",
    "/metrics": "data",
    "/robots.txt": "data",
    "/sitemap": "data",
    "/news-sitemap.xml": "data",
    "/manifest.webmanifest": "data",
}


def list_paths(resolver: URLResolver, start: str = "/") -> Iterator[str]:
    for each in resolver.url_patterns:
        path = start + _sample(each.pattern)
        if isinstance(each, URLResolver):
            yield from list_paths(each, path)
        else:
            yield path


def _sample(pattern: object) -> str:
    text = str(pattern)
    if not isinstance(pattern, RoutePattern):
        return _OF_REGEX.get(text, "")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: _VALUES[found[1] or "str"], text)


def expected_class(path: str, response: HttpResponse) -> str:
    if path == "/embed/":
        return "frame"
    if path == "/embed/none/reactions.js":
        return "embed"
    longest = max((start for start in EXPECTED if path.startswith(start)), key=len)
    name = EXPECTED[longest]
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return "page" if is_html and name in {"embed", "data"} else name


def test_every_address_has_the_headers_of_its_class(client: Client, db: None) -> None:
    paths = sorted({*list_paths(get_resolver())})
    wrong = {}

    for path in paths:
        response = client.get(path)
        name = expected_class(path, response)  # type: ignore[arg-type]
        wrong[path] = {
            header: response.get(header)
            for header, value in _CLASSES[name].headers.items()
            # A view may set a stricter policy; it is a test of its own.
            if response.get(header) != value and header != "Content-Security-Policy"
        }
        policy = response.get("Content-Security-Policy", "")
        if not {*policy.split("; ")} >= _NEEDED or ("unsafe" in policy and name != "desk"):
            wrong[path]["Content-Security-Policy"] = policy

    assert len(paths) > 150
    assert {path: headers for path, headers in wrong.items() if headers} == {}


def test_every_page_of_the_desk_has_its_policy_alone(admin_client: Client) -> None:
    paths = {path for path in list_paths(get_resolver()) if path.startswith("/desk/")}
    of_none = (_VALUES["path"], _VALUES["uuid"], "/7/", "/none", "logout")
    paths = {path for path in paths if not any(part in path for part in of_none)}

    answers = {path: admin_client.get(path) for path in sorted(paths)}

    policy = _CLASSES["desk"].headers["Content-Security-Policy"]
    assert {each["Content-Security-Policy"] for each in answers.values()} == {policy}
    pages = [each for each in answers.values() if each.status_code == 200]
    assert len(pages) > 20
    for page in pages:
        assert not re.search(rb"<script(?![^>]*\bsrc=)(?![^>]*\btype=.application/)", page.content)
        assert not re.search(rb"\son[a-z]+=[\"']", page.content)


def test_refusals_and_static_files_have_them_too(client: Client, db: None) -> None:
    for path, status in (("/nothing/", 404), ("/api/v1/nothing/", 404), ("/search", 301)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer["Content-Security-Policy"]
    unknown = client.get("/", headers={"Host": "elsewhere.example"})
    assert (unknown.status_code, unknown["Cross-Origin-Opener-Policy"]) == (400, "same-origin")
    style = client.get("/static/articles/favicon.svg")
    assert style["Cross-Origin-Resource-Policy"] == "cross-origin"
    style.close()


def test_an_error_has_them_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("It fails.")

    monkeypatch.setattr("newsroom.api_docs.render", fail)
    client.raise_request_exception = False

    answer = client.get("/api/docs/")

    assert answer.status_code == 500
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self';" in answer["Content-Security-Policy"]


def test_the_page_of_the_api_sets_no_cookie_and_has_no_script_of_its_own(client: Client) -> None:
    page = client.get("/api/docs/", headers={"Cookie": "csrftoken=bad"})

    assert not page.cookies
    assert page["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in page.get("Vary", "")
    assert b"<style" not in page.content
    assert all(b"src=" in each for each in re.findall(rb"<script[^>]*>", page.content))


def test_a_reader_page_has_no_inline_style_or_script(client: Client, db: None) -> None:
    for path in ("/", "/search/", "/corrections/", "/privacy/", "/api/problems/", "/nothing/"):
        page = client.get(path).content
        assert not re.search(rb"<style|\sstyle=|\son[a-z]+=[\"']", page), path


def test_the_front_says_the_same_of_files_that_it_serves() -> None:
    """deploy/Caddyfile answers static files, pictures and its own refusals without web."""
    caddyfile = (PROJECT / "deploy" / "Caddyfile").read_text()
    static = _CLASSES["embed"].headers

    for name, value in static.items():
        quoted = f'"{value}"' if " " in value else value
        assert f"{name} {quoted}" in caddyfile, name


def test_the_first_class_that_fits_wins() -> None:
    json = HttpResponse(content_type="application/json")

    assert class_of("/api/v1/articles/", json).name == "data"
    assert class_of("/api/problems/", HttpResponse()).name == "page"
    assert class_of("/feeds/rss.xml", HttpResponse(content_type="application/rss+xml")).name == (
        "data"
    )
    assert class_of("/feeds/none.xml", HttpResponse()).name == "page"
