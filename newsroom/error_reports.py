"""Django's reports of errors, without keys. articles/redaction.py is without Django, which beat does not load for its log."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from articles.redaction import KEY_PARAMETERS, redact

_NAME = re.compile(KEY_PARAMETERS, re.IGNORECASE)
_ADDRESSES = ("QUERY_STRING", "RAW_URI", "REQUEST_URI", "PATH_INFO", "HTTP_REFERER")


class RedactingReporter(ExceptionReporter):
    """Django's report of an error, which shows the request and the variables of every function."""

    def __init__(self, request: HttpRequest | None, *args: Any, **options: Any) -> None:
        super().__init__(request, *args, **options)
        if request is not None:
            _redact_request(request)

    def get_traceback_html(self) -> SafeString:
        return SafeString(redact(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(redact(super().get_traceback_text()))


def _redact_request(request: HttpRequest) -> None:
    """Its answer is decided: nothing reads it after the report."""
    shown = request.GET.copy()
    for name in shown:
        if _NAME.fullmatch(name):
            shown[name] = "…"
    request.GET = shown  # type: ignore[assignment]  # mutable
    for name in _ADDRESSES:
        if name in request.META:
            request.META[name] = redact(str(request.META[name]))
    if _NAME.search(str(request.META.get("QUERY_STRING", ""))):
        request.META["QUERY_STRING"] = urlencode(shown, doseq=True)
