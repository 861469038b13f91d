"""Serves the files of pictures to readers. A file name is a hash of the content, so caches may keep it for ever."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from articles.media.files import FILE_NAME
from articles.media.images import EXTENSIONS
from articles.storage import picture_storage

CONTENT_TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()}
YEAR = 31_536_000  # seconds


def picture_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file with a name that this site gives to pictures; 404 for every other name.

    The content type follows from the extension, and `images` encoded every file, so that no browser has to
    guess a type.
    """
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if not FILE_NAME.fullmatch(name):
        raise Http404
    etag = f'"{name}"'
    if etag in request.headers.get("If-None-Match", ""):
        return _cacheable(HttpResponseNotModified(), etag)
    try:
        file = picture_storage().open(name)
    except FileNotFoundError:
        raise Http404 from None
    content_type = CONTENT_TYPES[name.rpartition(".")[2]]
    response = FileResponse(file, content_type=content_type)
    response.block_size = 64 * 1024  # bytes; Django's 4 kB take many more calls of the server
    return _cacheable(response, etag)


def _cacheable(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = (
        "cross-origin"  # other sites show the pictures of feeds
    )
    return response
