"""The HTTP API and the pages, for a WSGI server."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
os.environ.setdefault("NEWSROOM_PROCESS", "web")

from newsroom.bodies import with_whole_bodies

django = with_whole_bodies(get_wsgi_application())

from reactions.http.fast_path import FastPath  # noqa: E402  # once Django is set up


class WholeBodies:
    """Reads what the application left unread of a large body, so that the front gets the answer.

    Granian closes the connection of such a body, and the front, which is still sending, would then answer 503. The
    front holds whole bodies, so that this waits for no client.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
        answer = self._application(environ, start_response)
        is_long = length.isdecimal() and int(length) > _SMALL_BYTES
        if is_long or "HTTP_TRANSFER_ENCODING" in environ:
            while body.read(_BLOCK_BYTES):
                pass
        return answer


# A socket takes as much although no one reads it.
_SMALL_BYTES = _BLOCK_BYTES = 64 * 1024

application: WSGIApplication = FastPath(django)
if settings.BEHIND_FRONT:
    application = WholeBodies(application)
