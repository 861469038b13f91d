"""Answers that say by what they may be asked for again, so that whoever has them already gets a 304."""

from datetime import datetime
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, quote_etag

from articles.models import Article

# Seconds. Readers of feeds ask every few minutes; a killed article has to leave within one.
FEED_LIFETIME = 60


def last_change() -> datetime | None:
    """When any article that ever was public changed last, also by ceasing to be so.

    Only such a time can be a Last-Modified: the newest of those *shown* goes back when that article
    is killed, and whoever asks by time alone would keep it.
    """
    # Uses index: articles_by_change.
    changed = Article.objects.filter(first_published_at__isnull=False)
    return changed.order_by("-updated_at").values_list("updated_at", flat=True).first()


def answer(
    request: HttpRequest, content: bytes, content_type: str, *, changed_at: datetime | None = None
) -> HttpResponseBase:
    """The content, or 304 for somebody who has it. Anybody's cache may keep it for a minute.

    The ETag is made of the bytes themselves, so that also a section's new name makes a new answer.
    """
    response = HttpResponse(content, content_type=content_type)
    response["ETag"] = quote_etag(blake2b(content, digest_size=16).hexdigest())
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
