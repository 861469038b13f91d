"""The JSON bodies of the API: one parser, for the views of both apps and for the fast path, and one answer format.

The body of a request is UTF-8 without a byte order mark, not compressed, of a bounded size. It repeats no key, because
two parsers could choose different values; it has no lone surrogate, which neither a response nor the database can
encode, and no NaN, which is not JSON.
"""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, ClassVar

from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

MEDIA_TYPE = "application/json"
SMALL_BYTES = 64 * 1024  # of a body that is not an article; a set of reactions has fifty


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"A body may have {most_bytes} bytes at most.")


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. Raises ValueError, with a sentence, for everything else."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
        if b"\\u" in body:  # only an escape can make a lone surrogate
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise ValueError("The body is not UTF-8.") from None
    except UnicodeEncodeError:
        raise ValueError("The body has a lone surrogate, which is not a character.") from None
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"The body is not JSON: {error.msg}, at character {error.pos}.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("The body repeats a key of an object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"The body is not JSON: {name} is not a number.")


class BodyIsCoded(UnsupportedMediaType):
    """The body is compressed, or coded otherwise. `Accept-Encoding` says that none may be (RFC 9110, 15.5.16)."""

    headers: ClassVar = {"Accept-Encoding": "identity"}

    def __init__(self) -> None:
        super().__init__("", "The body has a Content-Encoding: send it as it is.")


def is_coded(environ: Mapping[str, Any]) -> bool:
    """Whether the body of a request is another one than its bytes, by `Content-Encoding`."""
    return str(environ.get("HTTP_CONTENT_ENCODING", "")).strip().lower() not in {"", "identity"}


class JSONBodyParser(BaseParser):
    """DRF's way to `parse_json`. 400 for a body that is not JSON, 413 for one that is too large, 415 for a coded one."""

    media_type = MEDIA_TYPE
    most_bytes = SMALL_BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if is_coded(parser_context["request"].META if parser_context else {}):
            raise BodyIsCoded
        body = stream.read(self.most_bytes + 1)
        if len(body) > self.most_bytes:
            raise BodyTooLarge(self.most_bytes)
        try:
            return parse_json(body)
        except ValueError as error:
            raise ParseError(str(error)) from None


class JSONNegotiation(DefaultContentNegotiation):
    """Answers JSON whatever `Accept` says, where JSON is all that a view has (RFC 9110, 12.5.1 allows it).

    So one answer is the same bytes for every client, and a client with an unusual `Accept` is served.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        only, *others = renderers
        if others:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(
                request, [only, *others], format_suffix
            )
            return chosen
        return only, only.media_type
