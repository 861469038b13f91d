"""The signals of a first reaction that the moderation rules evaluate: all that is read from a request for them."""

from dataclasses import dataclass
from uuid import UUID

from reactions.cache.merges import articles_merged_into
from reactions.moderation.client_network import hash_client_network
from reactions.readers import HasReader, page_token

# Carries the page token of the article, which `GET …/reactions/mine/` sends too: an app or an embed that shows the
# article has made that request.
PAGE_TOKEN_HEADER = "Page-Token"  # noqa: S105  # a header's name
_PAGE_TOKEN = "HTTP_PAGE_TOKEN"  # noqa: S105  # as WSGI names it: building `request.headers` costs more than the look-up


@dataclass(frozen=True, slots=True)
class Signals:
    """`network` is a keyed hash; None where the client's address is not known: all such clients are one network.

    `has_page_token`: the client loaded the article.
    """

    network: int | None = None
    has_page_token: bool = False


UNKNOWN = Signals()


def read_signals(request: HasReader, *, article_id: UUID, has_page_token: bool = False) -> Signals:
    """The signals of a request. `has_page_token` is for a caller that has verified the token already."""
    sent = request.META.get(_PAGE_TOKEN)
    return Signals(
        network=hash_client_network(request),
        has_page_token=has_page_token or (sent is not None and _is_token(sent, article_id)),
    )


def _is_token(sent: str, article_id: UUID) -> bool:
    """Also the token of an article that was merged into this one: its page may be open for hours."""
    return sent == page_token(article_id) or any(
        sent == page_token(merged) for merged in articles_merged_into(article_id)
    )
