"""The OpenAPI document: what its hook completes in what drf-spectacular writes, and how it is served."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from threading import Lock
from typing import Any

import yaml
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from articles import conditional_get
from articles.api.views import Deprecation
from articles.problems import CONTENT_TYPE, PAGE
from newsroom.openapi_examples import EXAMPLES, PARAMETERS

_JSON = "application/json"
_MEDIA_TYPES = {"yaml": "application/vnd.oai.openapi;version=3.1", "json": _JSON}

TAGS = {
    "articles": "Reading articles, and writing and publishing them with a key.",
    "reactions": "Public counts, what an article accepts, and held reactions.",
    "reader": "One reader, and what this reader has chosen.",
    "changes": "What changed since a cursor, for programs that hold a copy.",
    "sites": "Pages of other sites that embed the widget.",
    "statistics": "Figures: how readers took the news.",
    "webhooks": "Messages to the addresses of programs, and what was sent.",
    "keys": "The key of the call itself.",
}

# What an answer with this status says, where nothing more exact is known.
_REFUSALS = {
    "400": "Bad input: `errors` names each fault.",
    "401": "Credentials are missing, wrong, or of another kind than the call needs.",
    "403": "The key or the user may not do this.",
    "404": "There is nothing here that may be shown.",
    "409": "The state of the article does not allow this; `code` says why.",
    "410": "It is gone for good.",
    "412": "The article has changed since the version in `If-Match`.",
    "413": "The body is too long.",
    "415": "The body is not JSON, or is compressed.",
    "422": "The request cannot be carried out as it is; `code` says why.",
    "428": "`If-Match` is needed: another one has changed the article.",
    "429": "Too many calls; the same passes after `Retry-After`.",
    "503": "Not at this moment; send the same again after `Retry-After`.",
}
# Beside those that follow from parameters, body and credentials.
_FURTHER = {
    "articles_retrieve": ["410"],
    "articles_ninjs": ["410"],
    "articles_edit": ["428"],
    "addresses_add": ["409"],
    "mine_set": ["409"],
    "readers_create": ["429"],
    "changes_list": ["410"],
    "sightings_create": ["403", "422", "429"],
    "views_create": ["404", "429"],
    "webhooks_create": ["409"],
    "sites_here": ["403"],
}
# Of fields that the public answer has not.
_WITH_KEY = "There with a key with `articles:read` or `articles:write`."
_SUCCESSES = {
    "200": "Done, or read.",
    "201": "Created.",
    "202": "Begun.",
    "204": "Done.",
}


class Schema(AutoSchema):
    """How drf-spectacular describes a call of ours."""

    def is_deprecated(self) -> bool:
        return self._deprecation() is not None

    def get_description(self) -> str:  # type: ignore[override]  # DRF’s stubs have the former signature
        text = str(super().get_description())
        if deprecation := self._deprecation():
            text += (
                f"\n\nDeprecated since {deprecation.since:%Y-%m-%d}; ends on {deprecation.sunset:%Y-%m-%d}."
                " Each answer says so in `Deprecation` and `Sunset`."
            )
        return text

    def _deprecation(self) -> Deprecation | None:
        found: Mapping[str, Deprecation] = getattr(self.view, "deprecated", {})
        return found.get(self.method.lower())


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: summaries, errors, examples, and schemas that hold for clients of today and tomorrow."""
    schemas = result["components"]["schemas"]
    for operation in _operations(result):
        _summarise(operation)
        _list_refusals(operation)
        _describe_parameters(operation)
        operation.setdefault("security", [])
    _add_what_keys_read(schemas)
    for name in _reachable(result, _bodies_of_requests):
        _close(schemas[name])
    for name in _reachable(result, _bodies_of_answers):
        _open_enums(schemas[name])
    for name, example in EXAMPLES.items():
        if name in schemas:
            schemas[name]["examples"] = [example]
    _clean(result)
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    return result


def _add_what_keys_read(schemas: dict[str, Any]) -> None:
    """The fields that `GET articles/` and `GET articles/{article}/` answer with a key alone, for typed clients."""
    whole = schemas["EditorialArticle"]["properties"]
    for name, fields in (("ArticleAnswer", list(whole)), ("ArticleEntry", ["state"])):
        known = schemas[name]["properties"]
        for field in fields:
            if field not in known:
                text = whole[field].get("description", "")
                said = f"{_WITH_KEY}\n\n{text}" if text else _WITH_KEY
                known[field] = {**whole[field], "description": said}


def _operations(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in result["paths"].values():
        yield from operations.values()


def _summarise(operation: dict[str, Any]) -> None:
    """The first sentence, or as much of it as stands before a semicolon or colon."""
    first = operation["description"].split("\n\n")[0].replace("\n", " ")
    for end in (". ", "; ", ": "):
        first = first.partition(end)[0]
    rest = {**operation}
    operation.clear()
    operation.update({"operationId": rest.pop("operationId"), "summary": first.rstrip("."), **rest})


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        for name, value in PARAMETERS.get(parameter["name"], {}).items():
            parameter.setdefault(name, value)


def _list_refusals(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        if not response["description"]:
            response["description"] = _SUCCESSES.get(status, "An answer.")
    schemes = {name for each in operation.get("security", []) for name in each}
    where = {(each["in"], each["name"]) for each in operation.get("parameters", [])}
    listed = ["400", "503", *_FURTHER.get(operation["operationId"], [])]
    listed += ["404"] if any(place == "path" for place, _ in where) else []
    listed += ["401", "403"] if schemes else []
    listed += ["429"] if "key" in schemes else []
    listed += ["409", "412"] if ("header", "If-Match") in where else []
    listed += ["409", "422"] if ("header", "Idempotency-Key") in where else []
    listed += ["413", "415"] if "requestBody" in operation else []
    for status in sorted(set(listed)):
        responses.setdefault(status, _problem(_REFUSALS[status]))
    default = responses.pop("default", None)
    ordered = dict(sorted(responses.items()))
    responses.clear()
    responses.update(ordered | ({"default": default} if default else {}))


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {CONTENT_TYPE: {"schema": schema}}}


def _bodies_of_requests(operation: Mapping[str, Any]) -> Iterator[Any]:
    yield operation.get("requestBody", {})


def _bodies_of_answers(operation: Mapping[str, Any]) -> Iterator[Any]:
    yield operation["responses"]


def _reachable(
    result: Mapping[str, Any], parts: Callable[[Mapping[str, Any]], Iterator[Any]]
) -> set[str]:
    """The components that these parts of operations refer to, and those to which they refer."""
    found: set[str] = set()
    waiting = [name for each in _operations(result) for part in parts(each) for name in _refs(part)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _refs(result["components"]["schemas"][name])
    return found


def _refs(part: Any) -> Iterator[str]:
    for each in _walk(part):
        kind, _, name = str(each.get("$ref", "")).rpartition("/")
        if kind == "#/components/schemas":
            yield name


def _walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every object in a part of the document."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _walk(each)


def _close(schema: dict[str, Any]) -> None:
    """A body with a field that is not known is refused."""
    if schema.get("type") == "object":
        schema["additionalProperties"] = False


def _open_enums(schema: dict[str, Any]) -> None:
    """Answers may get further values within v1, and clients that are installed have to read them."""
    for each in _walk(schema):
        values = each.get("enum")
        if isinstance(values, list):
            del each["enum"]
            each["x-extensible-enum"] = [value for value in values if value is not None]


def _clean(result: dict[str, Any]) -> None:
    """What the libraries leave: their own marks, and null and examples of pages as OpenAPI 3.0 has them."""
    for each in _walk(result):
        each.pop("x-spec-enum-id", None)
        if each.pop("nullable", False):
            each["type"] = [each["type"], "null"]
            each.pop("example", None)


_making = Lock()


@cache
def _document() -> dict[str, bytes]:
    """The document in each format. It depends on settings alone, so a process makes it once."""
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    text = yaml.safe_dump(made, sort_keys=False, allow_unicode=True)
    return {"yaml": text.encode(), "json": json.dumps(made, ensure_ascii=False).encode()}


@require_safe
def schema(request: HttpRequest) -> HttpResponseBase:
    """`?format=json` for JSON. Caches may keep it for a minute."""
    form = request.GET.get("format", "yaml")
    with _making:
        document = _document()
    form = form if form in document else "yaml"
    return conditional_get.answer(request, document[form], _MEDIA_TYPES[form])


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` is there for bad input.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": f"In {PAGE}."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Decide by it; further ones may come."},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
                "required": ["field", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
