import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api_document import API, parse, read_document


def list_operations() -> Iterator[tuple[str, Any]]:
    for path, operations in read_document()["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def list_bodies() -> Iterator[tuple[str, Any]]:
    """Every body of requests and answers, errors left out: what it is, and its media type object."""
    for name, operation in list_operations():
        for media in operation.get("requestBody", {}).get("content", {}).values():
            yield f"{name} asks", media
        for status, response in operation["responses"].items():
            for media_type, media in response.get("content", {}).items():
                if media_type == "application/json":
                    yield f"{name} answers {status}", media


def component_of(media: Any) -> Any:
    schema = media["schema"].get("items", media["schema"])
    name = schema.get("$ref", "").rpartition("/")[2]
    return read_document()["components"]["schemas"].get(name, {})


def list_examples(media: Any) -> list[Any]:
    of_media = [each["value"] for each in media.get("examples", {}).values()]
    of_component = component_of(media).get("examples", [])
    return of_media or ([of_component] if "items" in media["schema"] else of_component)


def test_the_checked_in_description_is_what_the_code_says(tmp_path: Path) -> None:
    """To regenerate it: .venv/bin/python manage.py spectacular --file docs/api.yaml"""
    fresh = tmp_path / "api.yaml"

    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)

    assert fresh.read_text() == API.read_text()


def test_the_description_and_its_page_are_served_without_a_cdn(client: Client, db: None) -> None:
    schema = client.get("/api/schema/")
    page = client.get("/api/docs/").content.decode()

    assert parse(schema.content) == read_document()
    assert "swagger-ui" in page
    assert "cdn." not in page


def test_the_description_is_served_in_both_formats_and_revalidated(client: Client) -> None:
    for form, media_type in (("yaml", "application/vnd.oai.openapi"), ("json", "application/json")):
        answer = client.get(f"/api/schema/?format={form}")
        again = client.get(f"/api/schema/?format={form}", headers={"If-None-Match": answer["ETag"]})

        assert answer["Content-Type"].startswith(media_type)
        assert parse(answer.content) == read_document()
        assert (again.status_code, again.content) == (304, b"")
    assert json.loads(answer.content)["openapi"] == "3.1.0"


def test_the_description_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(read_document()).iter_errors()] == []


def test_each_operation_says_what_it_does_in_a_line_and_in_full() -> None:
    tags = {each["name"] for each in read_document()["tags"]}
    for name, operation in list_operations():
        assert 9 < len(operation["summary"]) < 100, name
        assert "\n" not in operation["summary"], name
        assert operation["description"].strip().endswith("."), name
        assert set(operation["tags"]) <= tags, name
        assert all(each["description"] for each in operation["responses"].values()), name


def test_ids_of_operations_are_names_and_differ() -> None:
    ids = [operation["operationId"] for _, operation in list_operations()]

    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_names_of_components_are_words() -> None:
    names = set(read_document()["components"]["schemas"])

    assert [each for each in names if re.search(r"\d|Enum$|^Patched|[0-9a-f]{6}", each)] == []
    assert not {f"{each}s" for each in names} & names


def test_each_operation_lists_the_errors_that_follow_from_its_parts() -> None:
    for name, operation in list_operations():
        listed = set(operation["responses"])
        assert {"400", "503", "default"} <= listed, name
        if "{" in name:
            assert "404" in listed, name
        if operation.get("security"):
            assert {"401", "403"} <= listed, name
        if "requestBody" in operation:
            assert {"413", "415"} <= listed, name
        for status in listed:
            if status == "default" or status >= "400":
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (name, status)


def test_each_body_has_an_example_that_its_schema_accepts() -> None:
    whole = {**read_document(), "$schema": "https://json-schema.org/draft/2020-12/schema"}
    for name, media in list_bodies():
        if media["schema"].get("additionalProperties") is not None:
            continue  # ninjs, which has a standard of its own
        examples = list_examples(media)
        assert examples, name
        validator = jsonschema.Draft202012Validator({**whole, **media["schema"]})
        for example in examples:
            assert [e.message for e in validator.iter_errors(example)] == [], name


def test_bodies_of_requests_are_closed_and_enums_of_answers_open() -> None:
    for name, media in list_bodies():
        component = component_of(media)
        if name.endswith(" asks"):
            assert component["additionalProperties"] is False, name
        else:
            assert "enum" not in json.dumps(component).replace("x-extensible-enum", ""), name


def test_each_security_scheme_that_is_named_is_defined() -> None:
    defined = read_document()["components"]["securitySchemes"]

    named = {s for _, each in list_operations() for one in each.get("security", []) for s in one}

    assert named == set(defined) == {"key", "cookieAuth", "readerCookie", "readerToken"}
    assert defined["key"]["scheme"] == "bearer"
