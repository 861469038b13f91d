"""The API of today is what programs for the last release rely on: additions alone (docs/api.md).

A release takes its own docs/api.yaml in place of the one here.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.api_document import read_document

RELEASE = Path(__file__).parent / "api_0_2_0.yaml"

# Where the last release's document was wrong about what its server did, and today's is right.
CORRECTED = re.compile(
    # In drafts, where the installation itself publishes, and on the first and last page of waves.
    r"null in an answer: (results\.)?"
    r"(first_published_at|published_at|content_modified_at|site|next|previous)$"
    # A longer one was refused then, too; an empty one was none (docs/decisions/0046).
    r"|has another (maxLength|minLength): Idempotency-Key$"
)
# docs/decisions/0021: the only break since, made before v1 was promised to hold.
DECIDED = {"PUT /api/v1/articles/{article}/reactions/mine/: other credentials"}

Schema = dict[str, Any]


class Comparison:
    """What in the new document breaks a program that was written for the old one."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def breaks(self) -> Iterator[str]:
        for path, operations in self.old["paths"].items():
            for method, operation in operations.items():
                name = f"{method.upper()} {path}"
                today = self.new["paths"].get(path, {}).get(method)
                if today is None:
                    yield f"{name} is gone"
                else:
                    yield from (f"{name}: {each}" for each in self._operation(operation, today))

    def _operation(self, old: Schema, new: Schema) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield "another operationId"
        yield from self._parameters(old, new)
        yield from self._security(old, new)
        yield from self._request(old, new)
        for status, response in old["responses"].items():
            if status not in new["responses"]:
                yield f"never answers {status}"
                continue
            for media_type, media in response.get("content", {}).items():
                today = new["responses"][status].get("content", {}).get(media_type)
                if today is None:
                    yield f"{status} is no {media_type}"
                else:
                    yield from self._answer(media["schema"], today["schema"], "")

    def _parameters(self, old: Schema, new: Schema) -> Iterator[str]:
        before = {(each["in"], each["name"]): each for each in old.get("parameters", [])}
        today = {(each["in"], each["name"]): each for each in new.get("parameters", [])}
        for key in before.keys() - today.keys():
            yield f"parameter {key[1]} is gone"
        for key, each in today.items():
            was = before.get(key, {})
            if each.get("required") and not was.get("required"):
                yield f"parameter {key[1]} is required"
            if was:
                yield from self._asked(was["schema"], each["schema"], key[1])

    def _security(self, old: Schema, new: Schema) -> Iterator[str]:
        before = [set(each) for each in old.get("security", [])] or [set()]
        today = [set(each) for each in new.get("security", [])] or [set()]
        if any(each not in today for each in before):
            yield "other credentials"

    def _request(self, old: Schema, new: Schema) -> Iterator[str]:
        if new.get("requestBody", {}).get("required") and not old.get("requestBody"):
            yield "a body is required"
        for media_type, media in old.get("requestBody", {}).get("content", {}).items():
            today = new.get("requestBody", {}).get("content", {}).get(media_type)
            if today is None:
                yield f"takes no {media_type}"
            else:
                yield from self._asked(media["schema"], today["schema"], "")

    def _answer(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        """What was promised of an answer has to hold."""
        old, new = self._resolved(self.old, old), self._resolved(self.new, new)
        if _types(new) - _types(old) and _types(old):
            added = _types(new) - _types(old)
            yield f"{'null' if added == {'null'} else 'another type'} in an answer: {where}"
        for name, schema in old.get("properties", {}).items():
            inner = f"{where}.{name}".lstrip(".")
            if name not in new.get("properties", {}):
                yield f"a field of an answer is gone: {inner}"
                continue
            if name in old.get("required", []) and name not in new.get("required", []):
                yield f"a field of an answer may be missing: {inner}"
            yield from self._answer(schema, new["properties"][name], inner)
        if "items" in old and "items" in new:
            yield from self._answer(old["items"], new["items"], where)

    def _asked(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        """What was accepted has to be accepted."""
        old, new = self._resolved(self.old, old), self._resolved(self.new, new)
        yield from (f"{each}: {where}" for each in _narrowed(old, new))
        for name in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"requires {where}.{name}"
        for name, schema in old.get("properties", {}).items():
            inner = f"{where}.{name}".lstrip(".")
            if name not in new.get("properties", {}):
                yield f"takes no {inner}"
            else:
                yield from self._asked(schema, new["properties"][name], inner)
        if "items" in old and "items" in new:
            yield from self._asked(old["items"], new["items"], where)

    def _resolved(self, document: Schema, schema: Schema) -> Schema:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(document, document["components"]["schemas"][name])
        if len(schema.get("allOf", [])) == 1:
            return self._resolved(document, schema["allOf"][0])
        parts = [self._resolved(document, each) for each in schema.get("oneOf", [])]
        others = [each for each in parts if each.get("type") != "null"]
        if parts and len(others) == 1:  # an object or null
            types = sorted({*_types(others[0]), "null"} if len(parts) > 1 else _types(others[0]))
            return {**others[0], "type": types}
        return schema


def _narrowed(old: Schema, new: Schema) -> Iterator[str]:
    """Which values of one field are not accepted any more."""
    if _types(old) - _types(new) and _types(new):
        yield "refuses a type"
    if "enum" in new and set(map(str, old.get("enum", ["*"]))) - set(map(str, new["enum"])):
        yield "refuses a value"
    for limit, sign in (("maxLength", 1), ("maximum", 1), ("minLength", -1), ("minimum", -1)):
        if limit in new and sign * new[limit] < sign * old.get(limit, sign * float("inf")):
            yield f"has another {limit}"


def _types(schema: Schema) -> set[str]:
    """The JSON types that a schema names; none where it takes any."""
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)


def list_breaks(old: Schema, new: Schema) -> list[str]:
    found = Comparison(old, new).breaks()
    return [each for each in found if not CORRECTED.search(each)]


def test_nothing_that_a_program_for_the_last_release_relies_on_has_changed() -> None:
    assert set(list_breaks(read_document(RELEASE), read_document())) == DECIDED


PATH, LIST = "/api/v1/articles/{article}/reactions/mine/", "/api/v1/articles/"


def remove_operation(new: Schema) -> None:
    del new["paths"][PATH]["put"]


def remove_field(new: Schema) -> None:
    del new["components"]["schemas"]["OwnChange"]["properties"]["changed"]


def make_nullable(new: Schema) -> None:
    new["components"]["schemas"]["OwnChange"]["properties"]["total"]["type"] = ["integer", "null"]


def remove_parameter(new: Schema) -> None:
    operation = new["paths"][LIST]["get"]
    operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "tag"]


def require_parameter(new: Schema) -> None:
    new["paths"][LIST]["get"]["parameters"][0]["required"] = True


def require_field(new: Schema) -> None:
    new["components"]["schemas"]["Draft"]["required"].append("section")


def refuse_value(new: Schema) -> None:
    kinds = new["components"]["schemas"]["ReactionsInput"]["properties"]["reactions"]["items"]
    kinds["enum"].remove("wow")


def shorten(new: Schema) -> None:
    new["components"]["schemas"]["Draft"]["properties"]["headline"]["maxLength"] = 10


def rename_operation(new: Schema) -> None:
    new["paths"][LIST]["get"]["operationId"] = "list_articles"


def need_key(new: Schema) -> None:
    new["paths"][LIST]["get"]["security"] = [{"key": []}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (remove_operation, "is gone"),
        (remove_field, "a field of an answer is gone: changed"),
        (make_nullable, "null in an answer: total"),
        (remove_parameter, "parameter tag is gone"),
        (require_parameter, "is required"),
        (require_field, "requires .section"),
        (refuse_value, "refuses a value: reactions"),
        (shorten, "has another maxLength: headline"),
        (rename_operation, "another operationId"),
        (need_key, "other credentials"),
    ],
)
def test_a_change_that_breaks_programs_is_found(change: Any, says: str) -> None:
    changed = deepcopy(read_document())
    change(changed)

    found = list_breaks(read_document(), changed)

    assert found
    assert all(each.endswith(says) for each in found)


def test_an_addition_breaks_nothing() -> None:
    new = deepcopy(read_document())
    new["paths"]["/api/v1/more/"] = new["paths"][LIST]
    schemas = new["components"]["schemas"]
    schemas["OwnChange"]["properties"]["more"] = {"type": "string"}
    schemas["Draft"]["properties"]["more"] = {"type": "string"}
    schemas["ReactionsInput"]["properties"]["reactions"]["items"]["enum"].append("grin")
    schemas["Draft"]["properties"]["headline"]["maxLength"] = 1000
    new["paths"][LIST]["get"]["parameters"].append(
        {"in": "query", "name": "more", "schema": {"type": "string"}}
    )

    assert list_breaks(read_document(), new) == []
