"""What requests ask for, read the same way by the fast path and by the views."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request

from reactions.cache.slugs import find_article
from reactions.kinds import BY_KEY, pack
from reactions.stats.article import INTERVALS, timezones

MOST_ARTICLES = 200


def invalid(field: str, code: str, detail: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(detail, code)]})


def article_id_at(address: str) -> UUID:
    """The id of the article at a UUID or slug. Raises NotFound."""
    article_id = find_article(address)
    if article_id is None:
        raise no_article()
    return article_id


def no_article() -> NotFound:
    """The same for an unknown, a killed and a hidden article: an answer does not reveal which of them it is."""
    return NotFound("There is no such article, or its reactions are not shown.")


def split_articles(query: QueryDict) -> list[str]:
    """The addresses in `?articles=a,b,c`."""
    return [each for each in query.get("articles", "").split(",") if each]


def read_articles(query: QueryDict) -> list[str]:
    """The addresses in `?articles=`, from 1 to MOST_ARTICLES. Raises ValidationError."""
    addresses = split_articles(query)
    if not addresses:
        raise invalid("articles", "required", "Name the articles, separated by commas.")
    if len(addresses) > MOST_ARTICLES:
        raise invalid("articles", "too_many", f"At most {MOST_ARTICLES} articles in one call.")
    return addresses


def read_kinds(body: Any) -> int:
    """The mask that the body of a PUT asks for: `{"reactions": ["love"]}`. Raises ValidationError.

    How many are too many depends on what the reader has, so record.sql decides it.
    """
    if not isinstance(body, dict):
        raise invalid("", "not_an_object", 'The body is an object: {"reactions": ["love"]}.')
    if unknown := sorted(set(body) - {"reactions"}):
        raise invalid(unknown[0], "unknown", "There is no such field.")
    reactions = body.get("reactions")
    if not isinstance(reactions, list):
        raise invalid("reactions", "not_a_list", "A list of reactions is needed; it may be empty.")
    for position, key in enumerate(reactions):
        if not isinstance(key, str) or key not in BY_KEY:
            raise invalid(f"reactions.{position}", "unknown", f"One of {', '.join(BY_KEY)}.")
    if len(set(reactions)) < len(reactions):
        raise invalid("reactions", "duplicate", "The list names a reaction twice.")
    return pack(reactions)


def read_sign_in(body: Any) -> str | None:
    """The JWT in the body of a call for a reader: `{"jwt": "…"}`; None where there is none. Raises ValidationError."""
    if not isinstance(body, dict):
        raise invalid("", "not_an_object", 'The body is empty, or an object: {"jwt": "…"}.')
    if unknown := sorted(set(body) - {"jwt"}):
        raise invalid(unknown[0], "unknown", "There is no such field.")
    if "jwt" in body and not isinstance(body["jwt"], str):
        raise invalid("jwt", "not_a_text", "The JWT is a text.")
    return body.get("jwt")


def read_interval(request: Request | HttpRequest) -> str:
    """`?interval=`. Raises ValidationError."""
    interval = request.GET.get("interval", "hour")
    if interval not in INTERVALS:
        raise invalid("interval", "unknown", f"The interval is one of {', '.join(INTERVALS)}.")
    return interval


def read_timezone(request: Request | HttpRequest) -> ZoneInfo:
    """`?tz=`. Raises ValidationError."""
    name = request.GET.get("tz", settings.TIME_ZONE)
    if name not in timezones():
        raise invalid("tz", "unknown", "This is no IANA time zone, such as Europe/Berlin.")
    return ZoneInfo(name)
