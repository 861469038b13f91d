"""Figures as the desk writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from reactions.desk.charts import Part

register = template.Library()


@register.filter
def times(ratio: float) -> str:
    """A ratio: 3×, 1.4×, 0.25×; as exact as it is worth."""
    if ratio >= 10:
        return f"{ratio:,.0f}×"
    text = f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
    return f"{text.rstrip('0').rstrip('.') or '0'}×"


@register.filter
def number(count: float) -> str:
    """A whole number with the separators of the active language: a fifth of what `floatformat` costs."""
    return number_format(round(count), 0, use_l10n=True, force_grouping=True)


@register.filter
def absolute(number: float) -> float:
    """The number without its sign."""
    return abs(number)


@register.filter
def hours(minutes: int) -> str:
    """Whole hours in words."""
    count = minutes // 60
    return f"{count} hour" if count == 1 else f"{count} hours"


@register.filter
def of_name(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name that a variable holds."""
    return values[name]


@register.filter
def mix_words(parts: Sequence[Part]) -> str:
    """The shares of a mix, for those who do not see its colours."""
    return ", ".join(f"{each.kind.label} {each.percent} %" for each in parts if each.count > 0)


@register.filter
def mix_parts(parts: Sequence[Part]) -> SafeString:
    """The rectangles of a mix. In one call: a list has hundreds, and a template's own loop takes ten times as long."""
    return format_html_join(
        "\n",
        '<rect class="kind-{}" x="{}" width="{}" height="8" />',
        ((each.kind.key, each.x, each.percent) for each in parts if each.percent),
    )


@register.filter
def cells_of_shares(shares: Sequence[int | None]) -> SafeString:
    """A cell for each share in per cent; an empty one where it is not known. In one call, as `mix_parts`."""
    return format_html_join(
        "\n",
        '<td class="number">{}</td>',
        ((f"{share} %" if share is not None else "",) for share in shares),
    )
