"""Benchmarks against model servers on real sockets, good ones and ones with every fault: over HTTP and by command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fakes.benchmark_models import (
    benchmark_models,
    every_other,
    everything,
    half,
    hardly,
    is_down,
    megabytes,
    nothing,
    orders,
    refuses_the_key,
    the_question,
)
from tests.fakes.settings import make_settings

from masterx.clock import SystemClock
from masterx.records.costs import CallPurpose
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 300
"""Generous: a loaded machine is slow, not broken."""
MODELS = {
    "good": everything,
    "middling": every_other,
    "echo": the_question,
    "liar": orders,
    "endless": megabytes,
    "mute": nothing,
    "torn": half,
    "down": is_down,
    "locked": refuses_the_key,
}


@pytest.fixture(scope="module")
def models() -> Iterator[dict[str, str]]:
    with benchmark_models(MODELS) as environment:
        yield environment


class Desk:
    """An administrator's API, and whoever is none."""

    def __init__(self, services: Services, client: httpx2.AsyncClient, admin: str, learner: str) -> None:
        self.services = services
        self._client = client
        self._tokens = {"admin": admin, "learner": learner}

    async def ask(self, method: str, path: str, *, status: int = 200, who: str = "admin", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        answer = await self._client.request(method, f"/api/v1/admin/benchmarks{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text

    async def press(self, button: str, **fields: str) -> httpx2.Response:
        """A form of the page."""
        headers = {"Authorization": f"Bearer {self._tokens['admin']}"}
        answer = await self._client.post(f"/admin/benchmarks/{button}", data=fields, headers=headers)
        assert answer.status_code == 303, answer.text
        return answer


@pytest.fixture
async def desk(tmp_path: Path, models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    for name, value in models.items():
        monkeypatch.setenv(name, value)
    settings = make_settings(tmp_path)
    costs = settings.costs.model_copy(update={"unpriced_call_ceiling": Decimal("0.001")})
    async with open_services(replace(settings, costs=costs), clock=SystemClock()) as services:
        accounts = services.accounts
        await accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
        await accounts.register(email="ada@example.org", name="Ada", password=PASSWORD)
        admin, learner = [
            (await accounts.login(email=email, password=PASSWORD)).tokens.access_token
            for email in ("root@example.org", "ada@example.org")
        ]
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Desk(services, client, admin, learner)


async def test_a_run_over_http_from_its_start_to_the_leaderboard(desk: Desk) -> None:
    nothing_yet = await desk.ask("GET", "")
    assert (nothing_yet["results"], nothing_yet["running"], nothing_yet["every_hours"]) == ([], None, 12)
    assert {suite["category"] for suite in nothing_yet["suites"]} >= {"coding", "math", "empathy"}
    assert nothing_yet["next_run"] is not None
    paused = await desk.ask("PUT", "/schedule", json={"paused": True})
    assert (paused["next_run"], (await desk.ask("GET", ""))["paused_at"]) == (None, paused["paused_at"])
    assert (await desk.ask("PUT", "/schedule", json={"paused": False}))["paused_at"] is None

    begun = await desk.ask("POST", "/runs", status=202, json={"categories": ["math"], "cost_cap": 5})
    assert (begun["state"], begun["is_live"], begun["cost_cap"]) == ("running", True, 5.0)
    busy = await desk.ask("POST", "/runs", status=409, json={})
    assert "under way" in busy["error"]
    await desk.services.benchmarks.settled()

    standing = await desk.ask("GET", "?category=math")
    quality = {result["provider"]: result["quality_score"] for result in standing["results"]}
    assert quality["good"] > 95
    assert 30 < quality["middling"] < 70
    assert {quality[name] for name in ("echo", "liar", "endless", "mute", "torn", "down", "locked")} == {0}
    failed = {result["provider"]: result["error_code"] for result in standing["results"] if result["error_code"]}
    assert failed == {
        "mute": "provider_protocol",
        "torn": "provider_broke_off",
        "down": "provider_unavailable",
        "locked": "provider_auth",
    }
    best = max(standing["results"], key=lambda result: result["final_score"])
    assert best["provider"] == "good"
    assert 0 < best["final_error"] < 5

    detail = await desk.ask("GET", f"/runs/{begun['id']}")
    assert (detail["run"]["state"], detail["run"]["done"]) == ("finished", detail["run"]["total"])
    assert len(detail["answers"]) == detail["run"]["total"] == 9 * len(best["test_results"])
    assert all(answer["reasons"] for answer in detail["answers"])
    assert 0 < detail["run"]["cost"] < 5
    await desk.ask("POST", f"/runs/{begun['id']}/resume", status=409, json={})
    assert (await desk.ask("POST", f"/runs/{begun['id']}/stop"))["state"] == "finished"
    assert [run["id"] for run in (await desk.ask("GET", "/runs"))["runs"]] == [begun["id"]]
    assert len((await desk.ask("GET", "/history?category=math&provider=good"))["results"]) == 1
    file = await desk.ask("GET", ".csv")
    assert file.splitlines()[0].startswith("timestamp,category,provider")
    assert len(file.splitlines()) == 1 + 9

    store, now = desk.services.store, desk.services.clock.now()
    rows = [row for part in [await store.cost_events(now.replace(year=2020), now)] for row in part]
    assert {row.purpose for row in rows} == {CallPurpose.BENCHMARK}
    assert (await store.audit()).is_true


async def test_the_page_pauses_what_begins_by_itself_and_stays_where_it_was(desk: Desk) -> None:
    paused = await desk.press("schedule", paused="yes", category="math")
    assert paused.headers["location"] == "/admin/benchmarks?category=math#by-itself"
    assert (await desk.ask("GET", ""))["next_run"] is None
    await desk.press("schedule", paused="no", category="math")
    assert (await desk.ask("GET", ""))["next_run"] is not None


async def test_bad_wishes_are_refused_and_learners_see_nothing(desk: Desk) -> None:
    for body in ({"categories": ["law"]}, {"providers": ["nobody"]}, {"cost_cap": 0}, {"cost_cap": "NaN"}, {"x": 1}):
        await desk.ask("POST", "/runs", status=422, json=body)
    nowhere = "/runs/01a206ed-b958-774c-b02f-91a98b8e6139"
    for method, path in (("GET", nowhere), ("POST", f"{nowhere}/stop")):
        await desk.ask(method, path, status=404)
    await desk.ask("POST", f"{nowhere}/resume", status=404, json={})
    for path in ("", "/runs", "/history", ".csv", nowhere):
        await desk.ask("GET", path, status=403, who="learner")
    await desk.ask("POST", "/runs", status=403, who="learner", json={})
    assert await desk.services.store.benchmark_runs(limit=5) == []


def environment_of(models: dict[str, str], folder: Path) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    of_masterx = {
        "MASTERX_DATA_DIR": str(folder / "data"),
        "MASTERX_UNPRICED_CALL_CEILING": "0.001",
        "MASTERX_ENCODER": "false",
    }
    return passed_on | models | of_masterx


def test_a_command_that_is_told_to_end_keeps_what_was_answered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "masterx", "benchmark", "run", "-c", "math"]
    with (
        benchmark_models({"down": is_down, "sleepy": hardly}) as models,
        subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment_of(models, tmp_path)
        ) as run,
    ):
        assert run.stderr is not None
        lines = iter(run.stderr)
        assert next(lines) == "50 tests to ask; Ctrl+C stops, --resume goes on.\n"
        assert "no answer (provider_unavailable)" in next(lines)
        run.send_signal(signal.SIGTERM)
        assert "What was answered is kept" in "".join(lines)
        assert run.wait(PATIENCE_SECONDS) == 130


def test_the_commands_run_stop_at_their_cap_go_on_and_show(models: dict[str, str], tmp_path: Path) -> None:
    environment = environment_of(models, tmp_path)

    def masterx(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "masterx", "benchmark", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == status, done.stderr
        return done

    capped = masterx("run", "-c", "math", "-p", "good", "-p", "down", "--cost-cap", "0.01", status=1)
    assert "one more call could pass its cap" in capped.stdout
    report = json.loads(masterx("run", "--resume", "--cost-cap", "1", "--json").stdout)
    assert (report["run"]["state"], report["run"]["resumptions"]) == ("finished", 1)
    assert report["results"]["math"]["good"]["final_score"] > 80
    assert report["results"]["math"]["down"]["error_code"] == "provider_unavailable"
    shown = masterx("show", "-c", "math")
    assert "good-1" in shown.stdout
    assert "no answer" in shown.stdout
