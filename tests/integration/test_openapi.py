"""The description of the API is complete: a stranger can write a client from it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.accounts.access import RULES, Access
from masterx.web.app import create_app
from masterx.wiring import open_services

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
async def description(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[dict[str, Any]]:
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        yield create_app(services).openapi()


def operations(description: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def test_describes_the_api_and_nothing_but_the_api(description: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(description)}
    assert described == {rule for rule in RULES if rule[1].startswith("/api/")}


async def test_every_operation_says_what_it_does_and_how_it_fails(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        assert operation.get("description"), f"{method} {path} says nothing"
        responses = operation["responses"]
        if RULES[method, path] is not Access.PUBLIC:
            assert "401" in responses, f"{method} {path}"
        if "requestBody" in operation or operation.get("parameters"):
            assert "422" in responses, f"{method} {path}"
        for status, response in responses.items():
            if status.startswith(("4", "5")):
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, f"{method} {path} {status}"


async def test_bodies_have_examples(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name in ("ChatRequest", "RenameRequest", "ErrorBody"):
        properties = schemas[name]["properties"]
        assert any("examples" in value or "anyOf" in value for value in properties.values()), name
    assert "text/event-stream" in json.dumps(description["paths"]["/api/v1/chat"]["post"]["responses"]["200"])


async def test_tokens_are_declared(description: dict[str, Any]) -> None:
    assert description["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for method, path, operation in operations(description):
        public = RULES[method, path] is Access.PUBLIC
        assert operation.get("security") == (None if public else [{"bearer": []}]), f"{method} {path}"
