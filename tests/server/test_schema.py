"""The interface's own description: it reads well, and it is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.python import asgi
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from sightline.gallery import Gallery
from sightline.server.app import create_app
from sightline.server.settings import Settings
from tests.server.conftest import API

METHODS = {"get", "post", "put", "delete"}


@pytest.fixture
def described(indexed: Gallery) -> Iterator[BaseSchema]:
    app = create_app(Settings(allowed_hosts=("testserver",)), indexed)
    yield schemathesis.openapi.from_asgi(f"{API}/openapi.json", app)
    asgi.shutdown_lifespans()  # before the gallery closes


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_generated_request_is_answered_as_described(
    described: BaseSchema, mode: GenerationMode, subtests: pytest.Subtests
) -> None:
    count = 0
    for found in described.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        has_input = any((operation.query, operation.path_parameters, operation.body))
        # Any text may be the id of a job, so that is nothing to get wrong either.
        if mode is GenerationMode.NEGATIVE and (not has_input or "/jobs/{id}" in operation.label):
            continue
        # A schema cannot say all: that a folder is there, or that a text or a picture is needed;
        # and whatever is generated for a file arrives as the bytes of one.
        is_upload = operation.label == f"POST {API}/images"
        unsaid: list[Any] = [
            positive_data_acceptance,
            *([negative_data_rejection] if is_upload else []),
        ]
        count += 1

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=12,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def is_answered_as_described(case: Case[Any]) -> None:
            case.call_and_validate(excluded_checks=unsaid)  # noqa: B023 - called in this round

        with subtests.test(operation.label):
            is_answered_as_described()
    assert count >= 15


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in client.get(f"{API}/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def test_every_operation_has_words_and_true_errors(client: TestClient) -> None:
    seen = list(operations(client))
    assert len(seen) >= 24
    for path, method, operation in seen:
        place = f"{method} {path}"
        assert operation["summary"], place
        assert operation["description"].rstrip().endswith("."), place
        assert operation["tags"], place
        for status, answer in operation["responses"].items():
            assert answer["description"], place
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == ["application/problem+json"], place


def test_requests_have_examples_and_parameters_have_words(client: TestClient) -> None:
    schemas = client.get(f"{API}/openapi.json").json()["components"]["schemas"]

    assert schemas["TextSearch"]["examples"][0]["text"]
    assert schemas["IndexRequest"]["examples"]
    for name, field in schemas["PictureSearch"]["properties"].items():
        assert field.get("description"), name
    assert "HTTPValidationError" not in schemas


def test_ids_of_operations_are_short_and_differ(client: TestClient) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(client)]

    assert len(set(ids)) == len(ids)
    assert {"search_text", "upload", "thumbnail", "events"} <= set(ids)
