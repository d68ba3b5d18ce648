"""What the API says about rate limits, and to whom it counts a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.settings import LimitSettings, ServerSettings
from masterx.web.app import create_app
from masterx.wiring import open_services

PROXY = "10.0.0.7"


@asynccontextmanager
async def server(
    data_dir: Path, clock: FrozenClock, *, peer: str = "192.0.2.1", proxies: tuple[str, ...] = ()
) -> AsyncIterator[tuple[httpx2.AsyncClient, dict[str, str]]]:
    """A client from the address `peer`, and the headers with which it is signed in."""
    settings = replace(
        make_settings(data_dir),
        limits=LimitSettings(_env_file=None, rate_limit_free=3, rate_limit_address=2),
        server=ServerSettings.model_validate({"trusted_proxies": proxies}),
    )
    async with open_services(settings, clock=clock) as services:
        email, password = "ada@example.org", "correct horse battery"
        await services.accounts.register(email=email, name="Ada", password=password)
        token = (await services.accounts.login(email=email, password=password)).tokens.access_token
        transport = httpx2.ASGITransport(create_app(services), client=(peer, 4711))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client, {"Authorization": f"Bearer {token}"}


async def test_answers_say_how_much_is_left_and_refusals_when_to_come_back(tmp_path: Path, clock: FrozenClock) -> None:
    async with server(tmp_path, clock) as (client, signed_in):
        answers = []
        for _ in range(4):
            answers.append(await client.get("/api/v1/users/me", headers=signed_in))
            clock.advance(10)
        refused = answers[-1]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert refused.headers["ratelimit-limit"] == "3"
        assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"] == "30"
        body = refused.json()
        assert (body["code"], body["type"]) == ("rate_limited", "RateLimited")
        assert body["details"] == {"limit": 3, "window_seconds": 60}
        assert body["request_id"] == refused.headers["x-request-id"]

        clock.advance(20)
        assert (await client.get("/api/v1/users/me", headers=signed_in)).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/sign-in"])
async def test_whoever_is_not_signed_in_counts_by_address(tmp_path: Path, clock: FrozenClock, path: str) -> None:
    async with server(tmp_path, clock) as (client, signed_in):
        statuses = [(await client.get(path)).status_code for _ in range(3)]

        assert statuses[-1] == 429
        assert 429 not in statuses[:2]
        assert (await client.get("/api/v1/users/me", headers=signed_in)).status_code == 200


async def test_probes_and_static_files_are_not_counted(tmp_path: Path, clock: FrozenClock) -> None:
    async with server(tmp_path, clock) as (client, _):
        for path in ("/api/v1/health", "/ready", "/static/css/base.css") * 3:
            answer = await client.get(path)
            assert answer.status_code != 429
            assert "ratelimit-limit" not in answer.headers


async def test_a_trusted_proxy_says_who_the_client_is(tmp_path: Path, clock: FrozenClock) -> None:
    async with server(tmp_path, clock, peer=PROXY, proxies=("10.0.0.0/8",)) as (client, _):
        for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
            answer = await client.get("/sign-in", headers={"X-Forwarded-For": f"203.0.113.9, {address}"})
            assert answer.headers["ratelimit-remaining"] == "1"


async def test_nobody_else_is_believed(tmp_path: Path, clock: FrozenClock) -> None:
    async with server(tmp_path, clock, proxies=(PROXY,)) as (client, _):
        statuses = [
            (await client.get("/sign-in", headers={"X-Forwarded-For": f"198.51.100.{number}"})).status_code
            for number in range(3)
        ]
        assert statuses == [200, 200, 429]
