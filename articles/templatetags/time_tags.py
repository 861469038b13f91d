"""Template tags for the times of a story: how long ago, in its place's time zone, and in the reader's."""

import re
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from articles import languages
from articles.dateline import place_of
from articles.models import Article

register = template.Library()

_DAY_SECONDS = 86_400
_BRACKETS = re.compile(r"[(（]\{elsewhere\}[)）]")  # noqa: RUF001  # as Chinese has them


@register.simple_tag
def story_time(article: Article, when: datetime) -> SafeString:
    """Date and time as it was filed, and in the site's zone, which the script replaces by the reader's.

    Without an offset that was filed it is the time at the place of the dateline. Within a day it begins with how long
    ago that was. Where the site's clocks show the same, its zone stands alone.
    """
    language = get_language() or "en"
    local = timezone.localtime(when)
    there, where = _as_filed(article, when)
    if there.utcoffset() == local.utcoffset():
        time = _element(
            local, f"{languages.write_moment(local, language)} {zone_name(local)}", "moment"
        )
    else:
        in_place = pgettext("time", "{time} in {place} ({elsewhere})")
        # Into the element: what follows it would move when the script changes it.
        brackets = _BRACKETS.search(in_place)
        form = _BRACKETS.sub("{elsewhere}", in_place) if where else "{time} {elsewhere}"
        shown = languages.write_moment(there, language)
        time = format_html(
            form,
            time=_element(there, shown if where else f"{shown} {zone_name(there)}"),
            place=format_html("<bdi>{}</bdi>", where),
            elsewhere=_elsewhere(
                local, there, language, brackets[0] if brackets else "{elsewhere}"
            ),
        )
    elapsed = timezone.now() - when
    if not 0 <= elapsed.total_seconds() < _DAY_SECONDS:
        return time
    return format_html("{} · {}", languages.write_ago(elapsed, language), time)


@register.simple_tag
def filed_time(article: Article, when: datetime) -> str:
    """For programs: the moment as ISO 8601, in the offset in which the time of publication was filed."""
    return article.as_filed(when).isoformat(timespec="seconds")


def zone_name(local: datetime) -> str:
    """`CET`, or the offset, which is the only name that many time zones have."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{name.removeprefix('UTC')}"


def _elsewhere(local: datetime, there: datetime, language: str, form: str) -> SafeString:
    """The same moment in the site's zone: with its date only where that is another day than at the place."""
    is_same_day = local.date() == there.date()
    write = languages.write_time if is_same_day else languages.write_moment
    shown = form.format(elsewhere=f"{write(local, language)} {zone_name(local)}")
    return _element(local, shown, "time", there.date().isoformat())


def _element(when: datetime, text: str, local: str = "", day: str = "") -> SafeString:
    attributes = format_html(' data-local="{}"', local) if local else ""
    attributes += format_html(' data-day="{}"', day) if day else ""
    return format_html(
        '<time datetime="{}" dir="auto"{}>{}</time>',
        when.isoformat(timespec="seconds"),
        attributes,
        text,
    )


def _as_filed(article: Article, when: datetime) -> tuple[datetime, str]:
    """The time in the offset of the file, and the place whose clocks show it, where that is the dateline's."""
    zone = _zone_of(article)
    at_place = when.astimezone(zone or timezone.get_current_timezone())
    filed = article.as_filed(when)
    is_at_place = article.published_offset is None or filed.utcoffset() == at_place.utcoffset()
    if zone and is_at_place:
        return at_place, article.dateline_place
    return (at_place if is_at_place else filed), ""


def _zone_of(article: Article) -> tzinfo | None:
    place = article.dateline_place and place_of(
        article.dateline_place,
        region=article.dateline_region,
        country=article.dateline_country,
    )
    return ZoneInfo(place.zone) if place else None
