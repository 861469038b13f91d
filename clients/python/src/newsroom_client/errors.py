"""What a call that was refused raises."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx


class NewsroomError(Exception):
    """An answer that is no success. `type`, `code`, `detail` and `errors` are those of its problem (RFC 9457), if it is one.

    `code` is what programs decide by; `type` leads to the page that explains it.
    """

    def __init__(self, response: httpx.Response) -> None:
        problem = _problem(response)
        self.status = response.status_code
        self.type: str = problem.get("type", "about:blank")
        self.code: str = problem.get("code", "")
        self.detail: str = problem.get("detail", response.reason_phrase)
        self.errors: Sequence[Mapping[str, Any]] = problem.get("errors", ())
        self.problem: Mapping[str, Any] = problem
        super().__init__(f"{self.status} {self.detail}")


def raise_for_problem(response: httpx.Response) -> None:
    """Raises NewsroomError where the answer is no success. A hook of httpx, before the answer is parsed."""
    if response.is_error:
        response.read()
        raise NewsroomError(response)


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:  # of a proxy in between
        return {}
    return body if isinstance(body, dict) else {}
