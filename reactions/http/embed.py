"""What a page needs for `<reader-reactions>`: its module, its style sheet, and kinds and texts in each language.

The files are in reactions/embed/. The module is sent minified, so that it stays small. An address with the version of what is sent is right for ever; one without is asked for again soon.
"""

import gzip
import json
import re
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import override
from django.views.decorators.http import require_safe

from articles.conditional_get import has_etag
from articles.formats.languages import language_tag
from articles.pages.page_cache import accepts_gzip
from reactions.counts import etag_of
from reactions.http.messages import label_of, messages_in, say
from reactions.http.minify import minify
from reactions.kinds import KINDS, Kind

EMBED = Path(__file__).resolve().parents[1] / "embed"
_SVG = "{http://www.w3.org/2000/svg}"

_FOR_EVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400"

Shape = tuple[str, str]

# Threads that want the module at once wait for the one that has it minified.
_minifying = Lock()


@cache
def faces() -> dict[str, tuple[Shape, ...]]:
    """The drawn faces by kind: the class and the path of each shape, on a square of 24. Some kinds may have none."""
    groups = ElementTree.parse(EMBED / "faces.svg").getroot().iter(f"{_SVG}g")  # noqa: S314  # our own file
    return {
        group.attrib["id"]: tuple(
            (path.attrib["class"], path.attrib["d"]) for path in group.iter(f"{_SVG}path")
        )
        for group in groups
    }


@require_safe
def module(request: HttpRequest) -> HttpResponse:
    return answer(request, _module(), "text/javascript; charset=utf-8")


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    return answer(request, _read("reactions.css").encode(), "text/css; charset=utf-8")


@require_safe
def look(request: HttpRequest, language: str) -> HttpResponse:
    """Kinds, texts and style sheet, for elements that the server has not rendered.

    In the language asked for, else in the one that it is a variety of, else in the site's.
    """
    return answer(request, _look(nearest_language(language)), "application/json")


@require_safe
def frame_style(request: HttpRequest) -> HttpResponse:
    return answer(request, _read("frame.css").encode(), "text/css; charset=utf-8")


@require_safe
def frame_script(request: HttpRequest) -> HttpResponse:
    return answer(request, _read("frame.js").encode(), "text/javascript; charset=utf-8")


def module_url() -> str:
    return f"{reverse('reactions:module')}?{version()}"


def style_url() -> str:
    return f"{reverse('reactions:style')}?{version()}"


def frame_urls() -> dict[str, str]:
    return {
        name: f"{reverse(f'reactions:{name}')}?{version()}"
        for name in ("frame_style", "frame_script")
    }


@cache
def version() -> str:
    """Changes with everything that is sent here, also with the settings that it depends on."""
    looks = b"".join(_look(language) for language in settings.SITE_LANGUAGES)
    files = "".join(map(_read, ("reactions.js", "frame.css", "frame.js")))
    return blake2b(files.encode() + looks, digest_size=6).hexdigest()


def nearest_language(language: str) -> str:
    """The language of the interface for a tag: `pt-BR` has that of `pt`, `zh-CN` and `zh-Hans` that of `zh-hans`."""
    parts = language.lower().split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    known = {each: each for each in settings.SITE_LANGUAGES}
    known |= {each.partition("-")[0]: each for each in reversed(settings.SITE_LANGUAGES)} | known
    return next((known[tag] for tag in tags if tag in known), settings.SITE_LANGUAGE)


@cache
def _read(name: str) -> str:
    return (EMBED / name).read_text("utf-8")


def _module() -> bytes:
    """The module with its version, minified once by each process."""
    with _minifying:
        return minified(version())


@cache
def minified(named: str) -> bytes:
    """The module, which has this as its version."""
    # In a block, so that the names of the whole module are local, and shortened.
    source = _read("reactions.js").replace("@VERSION@", named)
    return minify(f"{{{_inline_numbers(source)}}}")


def _inline_numbers(source: str) -> str:
    """With each number that is named for its meaning, and used once, where it is used: the minifier does not do that."""
    for line, name, number in re.findall(r"(?m)^(const ([A-Z_]+) = ([\d_ *]+);\n)", source):
        used = rf"\b{name}\b"
        if len(re.findall(used, source)) == 2:
            source = re.sub(used, f"({number})", source.replace(line, ""))
    return source


@lru_cache(maxsize=100)
def _look(language: str) -> bytes:
    """With the markup of the templates that render the same on the server, as lists: see `_as_lists`."""
    with override(language):
        content = {
            "lang": language_tag(language),
            "kinds": {
                kind.key: {
                    "label": label_of(kind),
                    "emoji": kind.emoji,
                    "face": _as_lists(face(kind)) if kind.key in faces() else None,
                }
                for kind in KINDS
            },
            "most": settings.REACTIONS_PER_READER,
            "views": settings.REACTIONS_COUNT_VIEWS,
            "texts": messages_in(language),
            "style": _read("reactions.css"),
            "tiles": _as_lists(
                render_to_string(
                    "reactions/_tiles.html",
                    {
                        "buttons": [{"kind": kind, "label": label_of(kind)} for kind in KINDS],
                        "choose": choose(),
                        "language": language,
                        **{name: say(name) for name in ("title", "undo", "stored")},
                    },
                )
            ),
            "summary": _as_lists(
                render_to_string("reactions/_summary.html", {"language": language})
            ),
        }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def choose() -> str:
    """How many reactions a reader may choose, as a sentence."""
    most = settings.REACTIONS_PER_READER
    return say("choose_one") if most == 1 else say("choose_many", most=most)


@cache
def face(kind: Kind) -> SafeString:
    """The drawn face of a kind; its emoji where it has none."""
    return render_to_string("reactions/_face.html", {"kind": kind, "face": faces().get(kind.key)})


def _as_lists(markup: str) -> list[Any]:
    """An element as [tag, attributes, *children], for browsers that may not parse text as HTML (Trusted Types)."""
    return _listed(ElementTree.fromstring(markup))  # noqa: S314  # our own template


def _listed(element: ElementTree.Element) -> list[Any]:
    children: list[Any] = [element.text] if (element.text or "").strip() else []
    for child in element:
        children.append(_listed(child))
        if (child.tail or "").strip():
            children.append(child.tail)
    return [element.tag, dict(element.attrib), *children]


def answer(
    request: HttpRequest, content: bytes, content_type: str, *, cache_control: str = ""
) -> HttpResponse:
    """A file of the widget, for pages of every origin. It may be kept for ever where the address has its version."""
    is_exact = request.META["QUERY_STRING"] == version()
    headers = {
        "Cache-Control": cache_control or (_FOR_EVER if is_exact else _BRIEFLY),
        "ETag": etag_of(content),
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if has_etag(request.META.get("HTTP_IF_NONE_MATCH"), headers["ETag"]):
        return HttpResponseNotModified(headers=headers)
    if accepts_gzip(request):
        content = _compressed(content)
        headers |= {"Content-Encoding": "gzip", "ETag": f'{headers["ETag"][:-1]}-gzip"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


@lru_cache(maxsize=200)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
