"""The base of every call: what a deprecated one says in its answers and in OpenAPI."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from articles.api.views import ApiView, Deprecation
from articles.validation import StrictSerializer

SINCE, SUNSET = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 6, 1, 12, tzinfo=UTC)
PAGE = "https://news.example/changes/"


class Old(ApiView):
    deprecated = {"get": Deprecation(SINCE, SUNSET, PAGE)}

    @extend_schema(operation_id="old_read", auth=[], responses={200: dict[str, str]})
    def get(self, request: Request) -> Response:
        """Reads the old way."""
        return Response({"old": "yes"})

    @extend_schema(operation_id="old_write", auth=[], request=None, responses={200: dict[str, str]})
    def post(self, request: Request) -> Response:
        """Writes, as ever."""
        return Response({})


urlpatterns = [path("api/v1/old/", Old.as_view())]


@pytest.fixture
def described() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        document = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)  # type: ignore[no-untyped-call]
    return document["paths"]["/api/v1/old/"]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("get", "/api/v1/old/", 200), ("head", "/api/v1/old/", 200), ("get", "/api/v1/old/?x=1", 400)],
)
def test_each_answer_of_a_deprecated_call_says_so(method: str, address: str, status: int) -> None:
    answer = getattr(APIClient(), method)(address)

    assert answer.status_code == status
    assert answer["Deprecation"] == f"@{int(SINCE.timestamp())}"
    assert parsedate_to_datetime(answer["Sunset"]) == SUNSET
    assert answer["Link"] == f'<{PAGE}>; rel="deprecation"'


@override_settings(ROOT_URLCONF=__name__)
def test_another_method_of_the_address_says_nothing() -> None:
    answer = APIClient().post("/api/v1/old/")

    assert answer.status_code == 200
    assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers)


def test_openapi_marks_the_call_alone(described: Any) -> None:
    assert described["get"]["deprecated"] is True
    assert "ends on 2027-06-01" in described["get"]["description"]
    assert "deprecated" not in described["post"]


class Shape(StrictSerializer):
    name = serializers.CharField(required=False)
    ids = serializers.ListField(child=serializers.UUIDField(), required=False)
    count = serializers.IntegerField(required=False)


@pytest.mark.parametrize("body", [{"name": 0}, {"name": 1.5}, {"name": True}, {"ids": [False]}])
def test_a_number_is_no_text(body: dict[str, Any]) -> None:
    shape = Shape(data=body)

    assert not shape.is_valid()
    assert set(shape.errors) == set(body)


def test_a_text_and_a_number_are_what_they_are() -> None:
    assert Shape(data={"name": "0", "ids": [str(UUID(int=1))], "count": 7}).is_valid()
