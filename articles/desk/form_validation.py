"""What somebody types at the desk passes the same gate as what a program files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from articles.editing import InvalidValue
from articles.validation import StrictSerializer


def validate_form(
    form: forms.BaseForm,
    shape: type[StrictSerializer],
    filed: Mapping[str, Any],
    names: Mapping[str, str],
) -> Mapping[str, Any]:
    """The values as the domain takes them. What is wrong becomes errors of the form's own fields.

    `names` leads from the API's names to the form's, where they differ.
    """
    gate = shape(data=filed)
    if gate.is_valid():
        values: Mapping[str, Any] = gate.validated_data
        return values
    for path, message in _list_errors(gate.errors, ()):
        add_error(form, path, message, names)
    return {}


def add_invalid_value(
    form: forms.BaseForm, refused: InvalidValue, names: Mapping[str, str]
) -> None:
    """What only the database knew."""
    text = refused.text[:1].upper() + refused.text[1:]
    add_error(form, (refused.field,), text, names)


def add_error(
    form: forms.BaseForm, path: tuple[str, ...], message: str, names: Mapping[str, str]
) -> None:
    """At the innermost part of the path that the form has; above the form where it has none."""
    for name in (".".join(path), *reversed(path)):
        field = names.get(name, name)
        if field in form.fields:
            form.add_error(field, message)
            return
    form.add_error(None, f"{path[-1]}: {message}" if path else message)


def _list_errors(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _list_errors(inner, (*path, str(name)))
    elif isinstance(errors, list):
        for inner in errors:
            yield from _list_errors(inner, path)
    else:
        yield path, str(errors)
