"""Validation of the desk's forms by the serializers of the API, so that both apply the same rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from articles.editing import InvalidValue
from articles.fields import label_of
from articles.validation import StrictSerializer


def validate_form(
    form: forms.BaseForm,
    serializer_class: type[StrictSerializer],
    data: Mapping[str, Any],
    form_names: Mapping[str, str],
) -> Mapping[str, Any]:
    """The validated values, for the domain functions. Adds the serializer's errors to the form's fields.

    `form_names` maps the API's names of fields to the form's, where they differ.
    """
    serializer = serializer_class(data=data)
    if serializer.is_valid():
        values: Mapping[str, Any] = serializer.validated_data
        return values
    for path, message in _list_errors(serializer.errors, ()):
        add_error(form, path, message, form_names)
    return {}


def add_invalid_value(
    form: forms.BaseForm, error: InvalidValue, form_names: Mapping[str, str]
) -> None:
    """Add to the form what editing refused after the serializer had accepted it."""
    add_error(form, tuple(error.field.split(".")), _sentence(error.text), form_names)


def describe(error: Exception) -> str:
    """The refusal for editors: an invalid value with the words for its field instead of the API's name."""
    if isinstance(error, InvalidValue):
        return f"{label_of(error.field.rpartition('.')[2])}: {_sentence(error.text)}"
    return str(error)


def add_error(
    form: forms.BaseForm, path: tuple[str, ...], message: str, form_names: Mapping[str, str]
) -> None:
    """Add the error to the form's field of the innermost name in the path that it has, else to the whole form."""
    for name in (".".join(path), *reversed(path)):
        field = form_names.get(name, name)
        if field in form.fields:
            form.add_error(field, message)
            return
    form.add_error(None, f"{label_of(path[-1])}: {message}" if path else message)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _list_errors(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _list_errors(inner, (*path, str(name)))
    elif isinstance(errors, list):
        for inner in errors:
            yield from _list_errors(inner, path)
    else:
        yield path, str(errors)
