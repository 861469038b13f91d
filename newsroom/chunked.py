"""Bodies without a length: a client or a proxy may send a body in chunks, and Django reads as much as its length says."""

from collections.abc import Iterable
from io import BytesIO
from typing import IO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Of a body: the largest picture that the desk takes, and its form. What is longer is cut, and refused for its length.
_MOST_BYTES = 22 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


def with_length(application: WSGIApplication) -> WSGIApplication:
    """The application, which finds a chunked body (RFC 9112, 7.1) as one with a length."""

    def measured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" in environ:
            body = BytesIO()
            environ["CONTENT_LENGTH"] = str(_copy(environ["wsgi.input"], body))
            environ["wsgi.input"] = body
        return application(environ, start_response)

    return measured


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    """How many bytes there are; more than are allowed where there are more."""
    length = 0
    while length <= _MOST_BYTES and (piece := source.read(_PIECE_BYTES)):
        length += target.write(piece)
    target.seek(0)
    return length
