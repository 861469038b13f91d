"""What a first reaction is judged by, and all that is ever asked of a visitor for it."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from reactions.moderation.client_network import network_of
from reactions.readers import Reader, page_token

# Carries the token of the story's page, which `GET …/reactions/mine/` tells as well: an app or an embed
# that shows the story has asked for that.
PAGE_TOKEN_HEADER = "Page-Token"  # noqa: S105  # a header's name
_PAGE_TOKEN = "HTTP_PAGE_TOKEN"  # noqa: S105  # as WSGI has it: `request.headers` names them all anew


@dataclass(frozen=True, slots=True)
class Signs:
    """A hash of the network, None where it is not known; whether the reader has no history; whether the
    client has seen the story."""

    network: int | None = None
    is_newcomer: bool = False
    has_read: bool = False


UNKNOWN = Signs()


def signs_of(
    request: HttpRequest, *, reader: Reader, article_id: UUID, has_read: bool = False
) -> Signs:
    return Signs(
        network=network_of(request),
        is_newcomer=reader.is_newcomer,
        has_read=has_read or request.META.get(_PAGE_TOKEN) == page_token(article_id),
    )
