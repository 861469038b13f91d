"""The values of the audit log as people read them."""

import json
from typing import Any

from django import template

register = template.Library()


@register.filter
def words(name: str) -> str:
    """A column's name without its underscores."""
    return name.replace("_", " ").capitalize()


@register.filter
def audit_value(value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "–" if value in (None, "") else str(value)
