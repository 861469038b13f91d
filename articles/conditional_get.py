"""Conditional GET: sets ETag and Last-Modified, and answers 304 to a client that has the content."""

import re
from datetime import datetime
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, parse_etags, quote_etag

from articles.models import Article

# Seconds. Feed readers poll every few minutes; a killed article has to disappear within one.
FEED_LIFETIME = 60


# What proxies that compress add inside an ETag: Apache `-gzip`, Caddy `-gzip`, `-br`, `-zstd`, Jetty `--gzip`, others
# `;gzip`.
_CODING = re.compile(r'(?:--?|;)(?:gzip|br|zstd|deflate)"')


def without_coding(tags: str) -> str:
    """The ETags of a header as this product has sent them, without what a proxy has added on compressing."""
    return _CODING.sub('"', tags)


def has_etag(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this already. For a GET weak validators match like strong ones (RFC 9110, 13.1.2)."""
    if if_none_match is None or if_none_match == etag:
        return if_none_match is not None
    tags = parse_etags(without_coding(if_none_match))
    return tags == ["*"] or etag in {tag.removeprefix("W/") for tag in tags}


def unless_known(if_none_match: str | None, response: HttpResponse) -> HttpResponse:
    """The response, which has an ETag; or 304 with its headers for a client that has it."""
    if not has_etag(if_none_match, response["ETag"]):
        return response
    headers = {name: value for name, value in response.items() if name != "Content-Type"}
    return HttpResponseNotModified(headers=headers)


def digest_of(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def last_change() -> datetime | None:
    """When an article that is or was public last changed, its removal included.

    Only such a time can be a Last-Modified: the newest of those *shown* goes back when that article
    is killed, and a client that revalidates by time alone would keep it.
    """
    # Uses index: articles_by_change.
    changed = Article.objects.filter(first_published_at__isnull=False)
    return changed.order_by("-updated_at").values_list("updated_at", flat=True).first()


def answer(
    request: HttpRequest, content: bytes, content_type: str, *, changed_at: datetime | None = None
) -> HttpResponseBase:
    """The content, or 304 for a client that has it. Shared caches may store it for a minute.

    The ETag is a hash of the bytes, so that a section's new name changes it, too.
    """
    response = HttpResponse(content, content_type=content_type)
    response["ETag"] = quote_etag(digest_of(content))
    modified = int(changed_at.timestamp()) if changed_at else None
    if modified is not None:
        response["Last-Modified"] = http_date(modified)
    patch_cache_control(
        response,
        public=True,
        max_age=FEED_LIFETIME,
        stale_while_revalidate=FEED_LIFETIME,
    )
    conditional = get_conditional_response(request, response["ETag"], modified, response)
    return conditional or response
