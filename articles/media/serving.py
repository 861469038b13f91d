"""The files of pictures, for readers. Their names say what is in them, so they are cached for ever."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from articles.media.images import ENDINGS
from articles.media.pictures import FILE_NAME
from articles.storage import picture_storage

CONTENT_TYPES = {ending: content_type for content_type, ending in ENDINGS.items()}
YEAR = 31_536_000  # seconds


def picture_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file that a picture of ours is stored under, and no other; 404 for every other name.

    The content type follows from the name, and every file was written by us, so that no browser
    has anything to guess.
    """
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if not FILE_NAME.fullmatch(name):
        raise Http404
    etag = f'"{name}"'
    if etag in request.headers.get("If-None-Match", ""):
        return _for_ever(HttpResponseNotModified(), etag)
    try:
        file = picture_storage().open(name)
    except FileNotFoundError:
        raise Http404 from None
    content_type = CONTENT_TYPES[name.rpartition(".")[2]]
    response = FileResponse(file, content_type=content_type)
    response.block_size = 64 * 1024  # bytes; Django's 4 kB are many round trips to the server
    return _for_ever(response, etag)


def _for_ever(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # feeds are read on other sites
    return response
