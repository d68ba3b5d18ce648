"""The API in this process, over a real database, with an administrator, a learner and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.settings import make_settings

from masterx.records.users import User
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Office:
    services: Services
    client: httpx2.AsyncClient
    root: User
    ada: User
    admin: dict[str, str]
    learner: dict[str, str]

    async def ask(
        self, method: str, path: str, *, status: int = 200, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        answer = await self.client.request(method, f"/api/v1/admin{path}", headers=headers or self.admin, **more)
        assert answer.status_code == status, answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json and answer.content else answer.text


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Root is a second older than Ada; it is `START` then."""
    clock = FrozenClock(START - timedelta(seconds=1))
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        accounts = services.accounts
        root = await accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
        clock.advance(1)
        ada = await accounts.register(email="ada@example.org", name="Ada", password=PASSWORD)
        admin, learner = [
            {"Authorization": f"Bearer {(await accounts.login(email=email, password=PASSWORD)).tokens.access_token}"}
            for email in ("root@example.org", "ada@example.org")
        ]
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Office(services, client, root, ada, admin, learner)
