"""Pages of lists by cursor, which refuse a cursor that they never gave."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.pagination import CursorPagination

from reactions.http.requests import invalid


class Pages(CursorPagination):
    """By a cursor in `cursor`. What a forged one says of a position is compared with columns of other types."""

    page_size = 50

    def paginate_queryset(self, *args: Any, **kwargs: Any) -> list[Any] | None:
        try:
            return super().paginate_queryset(*args, **kwargs)
        except (ValidationError, ValueError, OverflowError):
            raise invalid("cursor", "invalid", "Is not a cursor of this list.") from None
