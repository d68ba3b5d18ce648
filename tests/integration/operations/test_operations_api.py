"""Health in detail, recent errors, alerts and metrics, from a server that was used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_call
from tests.fakes.settings import make_settings

from masterx import __version__
from masterx.errors import DatabaseUnavailable, ProviderAuthError, ProviderTimeout
from masterx.records.costs import CallOutcome
from masterx.records.health import BreakerState
from masterx.records.money import NANOS_PER_DOLLAR
from masterx.settings import AlertSettings
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

METRICS_TOKEN = "a-token-for-prometheus"
PASSWORD = "correct horse battery"
QUESTION = "Why is my secret diary blue?"


@dataclass(frozen=True)
class Site:
    services: Services
    client: httpx2.AsyncClient
    admin: dict[str, str]
    learner: dict[str, str]

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(path, headers=self.admin)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def site(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Site]:
    settings = replace(
        make_settings(tmp_path), alerts=AlertSettings(_env_file=None, metrics_token=SecretStr(METRICS_TOKEN))
    )
    async with open_services(settings, clock=clock) as services:
        accounts = services.accounts
        await accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
        await accounts.register(email="ada@example.org", name="Ada", password=PASSWORD)
        admin, learner = [
            {"Authorization": f"Bearer {(await accounts.login(email=email, password=PASSWORD)).tokens.access_token}"}
            for email in ("root@example.org", "ada@example.org")
        ]
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Site(services, client, admin, learner)


async def test_detailed_health_says_how_everything_is(site: Site, clock: FrozenClock) -> None:
    clock.advance(7)
    health = await site.read("/api/v1/health/detailed")

    checks = health["checks"]
    assert isinstance(checks, dict)
    assert (health["status"], health["version"], health["uptime_seconds"]) == ("healthy", __version__, 7)
    assert set(checks) == {"database", "providers", "emotion_detection", "recall", "jobs", "disk"}
    assert checks["emotion_detection"]["status"] in {"healthy", "loading", "not installed"}, "as this installation is"
    assert checks["database"] == {"status": "healthy", "read_ms": 0.0, "write_ms": 0.0}


async def test_a_turn_that_fails_is_counted_with_its_request_and_without_its_text(
    site: Site, clock: FrozenClock
) -> None:
    failed = await site.client.post("/api/v1/chat", headers=site.learner, json={"message": QUESTION})
    accept = site.learner | {"Accept": "text/event-stream"}
    streamed = await site.client.post("/api/v1/chat", headers=accept, json={"message": QUESTION})
    assert (failed.status_code, streamed.status_code) == (503, 200)

    listed = await site.client.get("/api/v1/admin/errors", headers=site.admin)
    errors = listed.json()["errors"]
    assert [error["request_id"] for error in errors] == [
        answer.headers["x-request-id"] for answer in (streamed, failed)
    ]
    assert {(error["code"], error["path"]) for error in errors} == {("no_provider_available", "/api/v1/chat")}
    assert "diary" not in listed.text
    assert (await site.read("/api/v1/health/detailed"))["recent_errors"] == 2
    clock.advance(301)
    assert (await site.read("/api/v1/health/detailed"))["recent_errors"] == 0


async def test_detailed_health_is_kept_for_a_second(site: Site, clock: FrozenClock) -> None:
    first = await site.read("/api/v1/health/detailed")
    clock.advance(0.5)
    assert await site.read("/api/v1/health/detailed") == first
    clock.advance(0.5)
    assert await site.read("/api/v1/health/detailed") != first


async def test_an_administrator_sees_what_every_process_met(site: Site, clock: FrozenClock) -> None:
    settings = site.services.settings
    async with open_services(settings, clock=clock) as other:
        other.recent_errors.add(DatabaseUnavailable(), request_id="of the other", path="/api/v1/chat")
        await other.recent_errors.tell()
        await other.store.note_instance(other.instances.myself())
        for _ in range(5):
            other.breakers.observe("openai", CallOutcome.FAILED, ProviderTimeout("openai"))
        await other.breakers.exchange()
    await site.services.breakers.exchange()

    errors = (await site.read("/api/v1/admin/errors?limit=1"))["errors"]
    assert [(error["request_id"], error["instance_id"]) for error in errors] == [("of the other", other.instances.id)]
    clock.advance(60)
    instances = (await site.read("/api/v1/admin/instances"))["instances"]
    assert {(instance["id"], instance["state"]) for instance in instances} == {
        (site.services.instances.id, "serving"),
        (other.instances.id, "lost"),
    }
    assert site.services.breakers.state("openai") is BreakerState.OPEN


async def test_a_breaker_that_opens_leaves_a_snapshot(site: Site) -> None:
    site.services.breakers.observe("groq", CallOutcome.FAILED, ProviderAuthError("groq"))
    await site.services.health.aclose()

    (snapshot,) = await site.services.store.provider_health("groq", limit=5)
    assert snapshot.circuit_breaker_state is BreakerState.OPEN


async def test_jobs_raise_alerts_that_administrators_see(site: Site, clock: FrozenClock) -> None:
    await site.services.store.record_calls([make_call(timestamp=clock.now(), cost=11 * NANOS_PER_DOLLAR)])
    await site.services.jobs.tick()
    await site.services.jobs.settled()

    alerts = (await site.client.get("/api/v1/admin/alerts", headers=site.admin)).json()["alerts"]
    assert [(alert["kind"], alert["value"], alert["delivery"]) for alert in alerts] == [("cost_hour", 11.0, "none")]


async def test_metrics_are_for_their_token_and_for_administrators(site: Site) -> None:
    async def status(headers: dict[str, str]) -> int:
        return (await site.client.get("/metrics", headers=headers)).status_code

    assert await status({}) == 401
    assert await status({"Authorization": "Bearer another"}) == 401
    assert await status(site.learner) == 403
    assert await status(site.admin) == 200

    await site.client.post("/api/v1/chat", headers=site.learner, json={"message": QUESTION})
    answer = await site.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'masterx_turns_total{outcome="failed"} 1.0' in answer.text
    assert 'masterx_http_requests_total{method="GET",route="/metrics",status="403"} 1.0' in answer.text


async def test_errors_and_alerts_are_files_too(site: Site, clock: FrozenClock) -> None:
    await site.client.post("/api/v1/chat", headers=site.learner, json={"message": QUESTION})
    await site.services.store.record_calls([make_call(timestamp=clock.now(), cost=11 * NANOS_PER_DOLLAR)])
    await site.services.jobs.tick()
    await site.services.jobs.settled()
    for name, head, held in (
        ("errors", "timestamp,request_id,type,code,path,instance_id", "no_provider_available,/api/v1/chat"),
        ("alerts", "id,kind,subject", "cost_hour,"),
    ):
        path = f"/api/v1/admin/{name}.csv"
        assert (await site.client.get(path, headers=site.learner)).status_code == 403
        answer = await site.client.get(path, headers=site.admin)
        assert answer.headers["content-disposition"] == f'attachment; filename="masterx-{name}.csv"'
        headings, *rows = answer.text.splitlines()
        assert headings.startswith(head)
        assert len(rows) == 1
        assert held in rows[0]
        assert "diary" not in answer.text


async def test_a_test_message_needs_an_address(site: Site) -> None:
    assert (await site.client.post("/api/v1/admin/alerts/test", headers=site.learner)).status_code == 403
    answer = await site.client.post("/api/v1/admin/alerts/test", headers=site.admin)
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("No address for alerts is configured. Set MASTERX_ALERT_URLS")
    page = await site.client.get("/admin/alerts?tested=none", headers=site.admin)
    assert "No address for alerts is configured." in page.text
