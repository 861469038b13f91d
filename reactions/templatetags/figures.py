"""Figures as the desk writes them."""

from django import template

register = template.Library()


@register.filter
def times(ratio: float) -> str:
    """A ratio: 3×, 1.4×, 0.25×; as exact as it is worth."""
    if ratio >= 10:
        return f"{ratio:,.0f}×"
    text = f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
    return f"{text.rstrip('0').rstrip('.') or '0'}×"


@register.filter
def absolute(number: float) -> float:
    """The number without its sign."""
    return abs(number)
