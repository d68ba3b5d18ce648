"""Switches, probes and reloads over HTTP, with a canned model behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from benchmarks.servers import Server, free_port, start_canned_upstream, start_masterx, upstream_settings
from tests.conftest import START_PATIENCE_SECONDS

from masterx.api.cookies import ACCESS_COOKIE

PASSED_OVER = {"code": "provider_disabled", "reason": "disabled by the operator"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, httpx.Client, Path]]:
    """Two workers whose only model is canned and named in `.env`, and an administrator."""
    directory = tmp_path_factory.mktemp("site")
    upstream = start_canned_upstream(directory, "--tokens", "3")
    upstream.wait_until_healthy("/journal", START_PATIENCE_SECONDS)
    settings = upstream_settings(upstream.url)
    keys = {name: settings.pop(name) for name in list(settings) if name.startswith("OPENAI_")}
    (directory / ".env").write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
    server = start_masterx(directory, "--sign-in-link", "--workers", "2", port=free_port(), environment=settings)
    try:
        server.wait_until_healthy("/ready", START_PATIENCE_SECONDS)
        with httpx.Client(base_url=server.url, timeout=60) as browser:
            browser.get("/sign-in/link?" + server.sign_in_link.partition("?")[2])
            token = browser.cookies[ACCESS_COOKIE]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=server.url, timeout=60, headers=headers) as admin:
            yield server, admin, directory
    finally:
        server.stop()
        upstream.kill()


def chat(admin: httpx.Client) -> httpx.Response:
    # A connection of its own each time, so that either worker may take it.
    return httpx.post(
        f"{admin.base_url}/api/v1/chat", json={"message": "Why?"}, headers=dict(admin.headers), timeout=60
    )


def until_all(admin: httpx.Client, settled: Callable[[httpx.Response], bool]) -> None:
    """Every worker has heard within two seconds; here it is waited for, as long as it takes a busy machine.

    Of 24 answers each worker gives some: that one alone gives them comes once in eight million times.
    """
    for _ in range(400):
        if all(settled(chat(admin)) for _ in range(24)):
            return
    pytest.fail("not all workers have heard")


def until(admin: httpx.Client, status: int) -> None:
    until_all(admin, lambda answer: answer.status_code == status)


def test_a_disabled_provider_is_called_by_no_worker(site: tuple[Server, httpx.Client, Path]) -> None:
    _, admin, _ = site
    until(admin, 200)
    row = admin.post("/api/v1/admin/providers/openai/disable").raise_for_status().json()
    assert (row["enabled"], row["configured"]) == (False, "ready")
    until(admin, 503)
    refused = chat(admin).json()
    assert refused["details"]["tried"] == [{"provider": "openai", **PASSED_OVER}]

    probe = admin.post("/api/v1/admin/providers/openai/probe").raise_for_status().json()
    assert (probe["answered"], probe["code"]) == (True, None)

    assert admin.post("/api/v1/admin/providers/openai/enable").json()["enabled"]
    until(admin, 200)
    (row,) = admin.get("/api/v1/admin/providers").json()["providers"]
    assert row["spent_today"] > 0
    assert row["requests_last_hour"] > 0
    assert (row["key_age_days"], row["key_problem"], len(row["history"])) == (0, None, 96)
    assert admin.post("/api/v1/admin/providers/openai/reset").json()["circuit_breaker_state"] == "closed"
    for path in ("nobody/disable", "nobody/probe", "nobody/reset"):
        assert admin.post(f"/api/v1/admin/providers/{path}").status_code == 404
    assert admin.post("/api/v1/admin/providers/NOBODY/disable").status_code == 422
    assert admin.get("/api/v1/admin/providers.csv").text.splitlines()[1].startswith("openai,")
    assert admin.post("/api/v1/admin/costs/verify").json()["agree"]


def test_a_reload_gives_every_worker_the_new_model(site: tuple[Server, httpx.Client, Path]) -> None:
    server, admin, directory = site
    env = directory / ".env"
    lines = env.read_text().replace("sk-canned-", "sk-rotated-").splitlines()
    env.write_text("\n".join(f"{line}-next" if "MODEL_NAME" in line else line for line in lines) + "\n")
    found = admin.post("/api/v1/admin/reload").raise_for_status().json()
    assert found == {"changed": ["openai"], "ready": ["openai"]}
    until_all(admin, lambda answer: answer.json()["routing"]["model"].endswith("-next"))
    assert "sk-rotated" not in server.output
    assert "sk-canned" not in server.output
    env.write_bytes(b"\xff\xfe")
    assert admin.post("/api/v1/admin/reload").status_code == 500
    assert chat(admin).status_code == 200
