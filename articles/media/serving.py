"""Serves the files of pictures and cards to readers. A name has a hash of the content, so caches may keep it for ever."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from articles.media import cards
from articles.media.files import FILE_NAME
from articles.media.images import EXTENSIONS
from articles.models import Article
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


@require_safe
def card(request: HttpRequest, subject: str, digest: str) -> HttpResponseBase:
    """The card of an article, by its id, or of the site, as PNG.

    A former address, from before the headline changed, redirects to the current one. 404 where the article is not
    public; 503 with Retry-After where the process draws others for longer than a request waits.
    """
    article = None if subject == cards.SITE else _find_public(UUID(subject))
    text = cards.text_of(article)
    if digest != cards.digest_of(text):
        return redirect(cards.path_of(article))
    try:
        content = cards.read_card(text)
    except cards.BusyError:
        return HttpResponse(status=503, headers={"Retry-After": "2", "Cache-Control": "no-store"})
    return _cacheable(HttpResponse(content, content_type="image/png"), f'"{digest}"')


def _find_public(article_id: UUID) -> Article:
    articles = Article.objects.listed().select_related("section")
    shown = articles.only("headline", "language", "section__name").filter(pk=article_id).first()
    if shown is None:
        raise Http404
    return shown


def _cacheable(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = (
        "cross-origin"  # other sites show the pictures of feeds
    )
    return response
