"""The validators of the articles' JSON: the ETag and the version that an answer has, and those that a call sends back.

docs/decisions/0051-etags-of-articles.md has the reasons.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from articles import conditional_get
from articles.models import Article

VERSION_HEADER = "Article-Version"
NEVER = -1  # the version that no article has
# A version alone, or the whole ETag of an answer, which begins with it.
_TAG = re.compile(r'"(\d{1,9})(?:-[0-9a-f]{32})?"')

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_READ, _WRITTEN = [HTTPStatus.OK, HTTPStatus.NOT_MODIFIED], [HTTPStatus.OK, HTTPStatus.CREATED]
_OF_ANSWER = "Changes with every byte of the body, counts included. The version of the article is its first part."
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The version that the call is based on: the `ETag` of an answer about the article, whose counts may have "
    'changed since; or the version alone, as in `"3"`. A list of them; or `*` for any version. A weak tag (`W/"…"`) never '
    "matches.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` of an earlier answer, or a list: 304 without a body where the answer is still the same.",
)
ETAG_OF_BODY = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=_READ,
    description="Changes with every byte of the body.",
)
NOT_MODIFIED = OpenApiResponse(description="The client has this answer, by its `If-None-Match`.")


def _headers(etag_of: list[HTTPStatus], version_of: list[HTTPStatus]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "ETag", str, OpenApiParameter.HEADER, response=etag_of, description=_OF_ANSWER
        ),
        OpenApiParameter(
            VERSION_HEADER,
            int,
            OpenApiParameter.HEADER,
            response=version_of,
            description="The version of the article as it is now.",
        ),
    ]


HEADERS_READ = _headers(_READ, _READ)
HEADERS_WRITTEN = _headers(_WRITTEN, [*_WRITTEN, HTTPStatus.PRECONDITION_FAILED])


def described(shape: Any, *, needs_version: bool = False) -> dict[Any, Any]:
    """The answers of a call with If-Match; one that `needs_version` is refused without."""
    failed = (HTTPStatus.PRECONDITION_FAILED.value, "application/problem+json")
    required = (HTTPStatus.PRECONDITION_REQUIRED.value, "application/problem+json")
    answers: dict[Any, Any] = {
        HTTPStatus.OK.value: shape,
        failed: OpenApiResponse(
            _PROBLEM,
            description="The article has changed since the version in `If-Match`. `version` in the body is the present one.",
        ),
    }
    if needs_version:
        answers[required] = OpenApiResponse(
            _PROBLEM,
            description="`If-Match` is needed, for another editor or key wrote the latest version. `detail` names the call "
            "whose `ETag` to send.",
        )
    return answers


def render(data: Any) -> bytes:
    """A body as every call about articles sends it: equal ones are the same bytes, and have the same ETag."""
    content: bytes = JSONRenderer().render(data)
    return content


def validators_of(article: Article, content: bytes) -> dict[str, str]:
    """The headers of a body with this article."""
    return {
        "ETag": f'"{article.version}-{conditional_get.digest_of(content)}"',
        VERSION_HEADER: str(article.version),
    }


def answer(
    request: Request, content: bytes, *, cache: str, validators: Mapping[str, str] | None = None
) -> HttpResponse:
    """The body, or 304 for a client that has it. A list has no validators but the ETag of its body."""
    etag = {"ETag": f'"{conditional_get.digest_of(content)}"'}
    response = HttpResponse(
        content,
        content_type="application/json",
        headers={**(validators or etag), "Cache-Control": cache},
    )
    patch_vary_headers(response, ["Authorization"])  # one with a key is another answer
    return conditional_get.unless_known(request.headers.get("If-None-Match"), response)


def expected_version(if_match: str | None, *, version: int) -> int | None:
    """The version on which a call is based, where the article has this one; None where any will do.

    RFC 9110, 13.1.1: any tag of the list may match, and a weak one never does.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    matches = [_TAG.fullmatch(tag) for tag in parse_etags(if_match)]
    versions = [int(match[1]) for match in matches if match]
    if version in versions:
        return version
    return versions[0] if versions else NEVER
