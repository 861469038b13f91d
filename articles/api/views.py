"""What every call of the API has in common, in both apps: its methods, its parameters, and how it refuses a caller."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest, QueryDict
from django.utils.http import http_date
from rest_framework.exceptions import (
    AuthenticationFailed,
    ErrorDetail,
    NotAuthenticated,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# The schemes by which a call names who it is for, as the texts that refuse another one have them.
READER_SCHEME, KEY_SCHEME = "Authorization: Reader <token>", "Authorization: Bearer <key>"
# Characters of a caller's own name for something, in the text that refuses it.
_LONGEST_NAME = 100


def check_parameters(query: QueryDict, known: Collection[str]) -> None:
    """Raises ValidationError for a parameter that is not known or is repeated, by its name."""
    for name in query:
        if name not in known:
            raise _refused(name, "unknown", "There is no such parameter here.")
        if len(query.getlist(name)) > 1:
            raise _refused(name, "repeated", "The parameter is there twice.")


def _refused(name: str, code: str, detail: str) -> ValidationError:
    return ValidationError({name[:_LONGEST_NAME]: [ErrorDetail(detail, code)]})


def _listed(request: Request) -> str:
    """The method by which a view lists what belongs to this call."""
    method = str(request.method).lower()
    return "get" if method == "head" else method


class WrongScheme(AuthenticationFailed):
    """The call has credentials of another kind than it takes. They are never passed over in silence."""

    default_code = "wrong_scheme"

    def __init__(self, given: str, taken: str) -> None:
        super().__init__(f"This call takes {taken}; it came with {_name_scheme(given)}.")


class KeyRequired(NotAuthenticated):
    default_detail = f"This call needs a key: {KEY_SCHEME}."
    default_code = "key_required"


def scheme_of(request: Request) -> str:
    """The scheme of `Authorization` in small letters; empty where the call has none."""
    given: str = request.META.get("HTTP_AUTHORIZATION", "")
    return given.strip().partition(" ")[0].lower()


def _name_scheme(given: str) -> str:
    """What may be repeated to the caller: a secret without a scheme in front looks like one."""
    known = ("basic", "bearer", "api-key", "digest", "negotiate", "reader", "token")
    return given.capitalize() if given in known else "an unknown scheme"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A call that will end: since when programs are told so, when it ends, and which page says what to do instead."""

    since: datetime
    sunset: datetime
    link: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """As RFC 9745 and RFC 8594 have them."""
        found = {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.sunset.timestamp()),
        }
        return found | ({"Link": f'<{self.link}>; rel="deprecation"'} if self.link else {})


class ApiView(APIView):
    """The base of every view below /api/v1/. A method has no query parameters but those that the view lists."""

    # By method, in small letters: what may be in the query string. HEAD has those of GET.
    query_parameters: ClassVar[Mapping[str, Collection[str]]] = {}
    # By method, as above: which calls will end. Every answer says so, and OpenAPI.
    deprecated: ClassVar[Mapping[str, Deprecation]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses, in this order: another method, another caller, another parameter."""
        method = str(request.method).lower()
        if method == "options":
            return  # what it answers is no secret
        if method.upper() not in self.allowed_methods:
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)
        check_parameters(request.query_params, self.query_parameters.get(_listed(request), ()))

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if deprecation := self.deprecated.get(_listed(request)):
            for name, value in deprecation.headers.items():
                final[name] = value
        return final

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        """401 says which credentials are needed."""
        if request.authenticators and not request.successful_authenticator:
            raise KeyRequired
        super().permission_denied(request, message, code)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """The methods, in `Allow`. What a call is for, OpenAPI says."""
        return Response(status=HTTPStatus.NO_CONTENT)
