"""The bodies of requests, between server and Django: those without a length get one, and those left unread are read."""

from collections.abc import Iterable
from io import BytesIO
from typing import IO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Of a chunked body: the largest picture that the desk takes, and its form. What is longer is cut, and refused for its
# length.
_MOST_BYTES = 22 * 1024 * 1024
# Of a body that is refused unread. What is longer costs the client its connection.
_MOST_UNREAD_BYTES = 128 * 1024
_PIECE_BYTES = 64 * 1024


def with_whole_bodies(
    application: WSGIApplication, *, behind_front: bool = False
) -> WSGIApplication:
    """The application, for a server that hands on bodies as they come.

    It finds a chunked body (RFC 9112, 7.1) as one with a length: Django reads as much as the length says. What it leaves
    unread of a body is read before the answer is sent: Granian closes the connection otherwise, and the next request on
    it, a proxy's as well, fails. Behind the front, which holds whole bodies, reading them waits for no client.
    """
    most_unread = _MOST_BYTES if behind_front else _MOST_UNREAD_BYTES

    def whole(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        source = environ["wsgi.input"]
        if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" in environ:
            body = BytesIO()
            environ["CONTENT_LENGTH"] = str(_copy(source, body))
            environ["wsgi.input"] = body
        response = application(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and 0 < int(length) <= most_unread:
            while source.read(_PIECE_BYTES):
                pass
        return response

    return whole


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    """How many bytes there are; more than are allowed where there are more."""
    length = 0
    while length <= _MOST_BYTES and (piece := source.read(_PIECE_BYTES)):
        length += target.write(piece)
    target.seek(0)
    return length
