"""An error that nobody expected: logged without a word of the learner, answered in the form of whoever asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.web.app import create_app
from masterx.wiring import open_services

HOST = "http://127.0.0.1"


@pytest.fixture
async def app(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[FastAPI]:
    """The real application, but what its health and sign-in routes need is broken."""
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        app = create_app(services)
        app.state.services = object()
        yield app


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/health", "application/json"), ("/sign-in", "text/html")])
async def test_answers_in_the_form_of_whoever_asked(app: FastAPI, path: str, kind: str) -> None:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
        with capture_logs() as lines:
            response = await client.get(path)
    assert response.status_code == 500
    assert response.headers["content-type"].startswith(kind)
    assert response.headers["x-request-id"] in response.text
    assert "AttributeError" not in response.text
    assert [line["error_type"] for line in lines if line["event"] == "unhandled_error"] == ["AttributeError"]
