"""The language of the interface: that of the site on pages for readers, English at the desk and in the API."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

# The languages that the interface for readers exists in. English is in the code, each other one in a catalogue below
# newsroom/locale.
SITE_LANGUAGES = (
    "en", "ar", "de", "es", "fa", "fr", "he", "hi", "it", "ja", "nl", "pl", "pt", "ru", "tr", "uk", "zh-hans",
)  # fmt: skip

_ENGLISH = ("/api/", "/desk/")


def in_site_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the first, so that every error page is in the site's language too.

    The language never depends on the request's headers: a page is cached and shared by its address
    (docs/decisions/0033-languages.md).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        english = request.path_info.startswith(_ENGLISH)
        language = settings.LANGUAGE_CODE if english else settings.SITE_LANGUAGE
        with translation.override(language):
            return get_response(request)

    return middleware
