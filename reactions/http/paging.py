"""Pages of lists by cursor, which refuse a cursor that they never gave."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import ValidationError as APIValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from reactions.http.requests import invalid


class Pages(CursorPagination):
    """By a cursor in `cursor`, newest first: no row is skipped or repeated when others arrive.

    The order is by the id, because DRF’s cursor names a place by one field, and loses rows where more share its value
    than a page has (encode/django-rest-framework#7709). What a forged one says of a position is compared with columns of
    other types.
    """

    page_size = 50
    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """Raises ValidationError for a cursor that names no place in the list."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _refused() from None
        if cursor is not None and cursor.position is None:
            raise _refused()
        return cursor

    def paginate_queryset(self, *args: Any, **kwargs: Any) -> list[Any] | None:
        try:
            return super().paginate_queryset(*args, **kwargs)
        except (ValidationError, ValueError, OverflowError):
            raise _refused() from None


def _refused() -> APIValidationError:
    return invalid("cursor", "invalid", "Is not a cursor of this list.")
