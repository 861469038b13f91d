"""Answers of every shape through the generated client: null wherever it may come, and values everywhere."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.api_document import read_document

_TEXTS = {
    "uuid": "01935f5e-7a1c-7c3e-9d55-0b6f3a4e2c11",
    "date-time": "2026-11-03T22:15:04.120Z",
    "date": "2026-11-03",
    "uri": "https://news.example/",
}


@cache
def list_answers() -> list[str]:
    """The components that operations answer, each once."""
    found = set()
    for operations in read_document()["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                schema = response.get("content", {}).get("application/json", {}).get("schema", {})
                name = schema.get("items", schema).get("$ref", "").rpartition("/")[2]
                if status.startswith("2") and name:
                    found.add(name)
    return sorted(found)


def component(name: str) -> Any:
    return read_document()["components"]["schemas"][name]


def value_of(schema: Any, *, with_null: bool) -> Any:
    """What an answer of this shape may be at its emptiest: null wherever it may come, or nowhere."""
    if "$ref" in schema:
        return value_of(component(schema["$ref"].rpartition("/")[2]), with_null=with_null)
    for kind in ("oneOf", "anyOf", "allOf"):
        if kind in schema:
            is_null = with_null and {"type": "null"} in schema[kind]
            return None if is_null else value_of(schema[kind][0], with_null=with_null)
    types = schema.get("type", "object")
    if with_null and "null" in types:
        return None
    type_ = types if isinstance(types, str) else next(each for each in types if each != "null")
    if type_ == "object":
        properties = schema.get("properties", {})
        return {name: value_of(each, with_null=with_null) for name, each in properties.items()}
    if type_ == "array":
        return [value_of(schema["items"], with_null=with_null)]
    return {"string": _TEXTS.get(schema.get("format", ""), "x"), "boolean": True}.get(type_, 1)


@pytest.mark.parametrize("with_null", [True, False], ids=["null", "values"])
@pytest.mark.parametrize("name", list_answers())
def test_each_answer_is_read_with_null_wherever_it_may_come(
    package: Path, name: str, with_null: bool
) -> None:
    """openapi-generators/openapi-python-client#1371"""
    models = import_module("newsroom_client.generated.models")
    sent = value_of(component(name), with_null=with_null)

    read = getattr(models, name).from_dict(sent)

    assert set(read.to_dict()) >= set(sent)
