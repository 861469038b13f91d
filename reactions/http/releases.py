"""The widget's module at an address with a version, with the same bytes for ever: pages may name their hash."""

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha384
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from reactions.http.embed import EMBED, answer, minified

FOLDER: Path = EMBED / "releases"
MANIFEST = FOLDER / "releases.json"
# A proxy that minifies or delays scripts on its own would make other bytes of them.
_FOR_EVER = "public, max-age=31536000, immutable, no-transform"


@require_safe
def release(request: HttpRequest, version: str) -> HttpResponse:
    """One of `releases()`; 404 for any other version."""
    if version not in releases():
        return HttpResponseNotFound("There is no such release.", "text/plain; charset=utf-8")
    return answer(
        request, _read(version), "text/javascript; charset=utf-8", cache_control=_FOR_EVER
    )


@cache
def releases() -> Mapping[str, str]:
    """The hash of every release, as the attribute `integrity` has it, by its version."""
    made: Mapping[str, str] = json.loads(MANIFEST.read_text())
    return made


def freeze(version: str) -> bytes:
    """The module as it is, as the release of this version."""
    return minified(version)


def integrity_of(content: bytes) -> str:
    return f"sha384-{b64encode(sha384(content).digest()).decode()}"


@lru_cache(maxsize=20)
def _read(version: str) -> bytes:
    return (FOLDER / f"{version}.js").read_bytes()
