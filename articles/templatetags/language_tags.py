"""Template tags for the language of the interface and of an article's text: direction, dates, numbers."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from articles import languages
from articles.formats.languages import language_tag

register = template.Library()


@register.simple_tag
def interface_language() -> SafeString:
    """`lang` and `dir` of the interface, for its words inside an article in another language."""
    return language_attributes(get_language() or "en")


@register.simple_tag
def interface_tag() -> str:
    """The interface's language, for the page, and for an element whose parts have `dir="auto"`."""
    return language_tag(get_language() or "en")


@register.simple_tag
def interface_direction() -> str:
    return languages.direction(get_language() or "en")


@register.filter
def language_attributes(language: str) -> SafeString:
    """`lang="ar" dir="rtl"`, for the element that holds a text in this language."""
    tag = language_tag(language) or language
    return format_html('lang="{}" dir="{}"', tag, languages.direction(tag))


@register.filter
def bdi(text: str) -> SafeString:
    """A text in any language, isolated from the direction of the sentence that it is put into."""
    return format_html("<bdi>{}</bdi>", conditional_escape(text))


@register.filter
def number(value: int) -> str:
    """A whole number as the interface's language writes it."""
    return languages.write_number(value, get_language() or "en")


@register.filter
def moment(when: datetime) -> SafeString:
    """Date, time and time zone as a <time> element."""
    local = timezone.localtime(when)
    zone = local.tzname() or ""
    if not zone.isalpha():  # many time zones have no name but their offset
        zone = f"UTC{zone}"
    return format_html(
        '<time datetime="{}" dir="auto">{} {}</time>',
        local.isoformat(timespec="seconds"),
        languages.write_moment(local, get_language() or "en"),
        zone,
    )


@register.filter
def edition(day: date) -> SafeString:
    """The date of an edition as a <time> element."""
    shown = languages.write_edition(day, get_language() or "en")
    return format_html('<time datetime="{}" dir="auto">{}</time>', day.isoformat(), shown)


@register.filter
def ago(when: datetime) -> SafeString:
    """How long ago, within the last day: `3 hours ago`, with the full date as its title; else as `moment`."""
    elapsed = timezone.now() - when
    if not 0 <= elapsed.total_seconds() < 86_400:
        return moment(when)
    local, language = timezone.localtime(when), get_language() or "en"
    return format_html(
        '<time datetime="{}" title="{}" dir="auto">{}</time>',
        local.isoformat(timespec="seconds"),
        languages.write_moment(local, language),
        languages.write_ago(elapsed, language),
    )
