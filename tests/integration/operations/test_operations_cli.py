"""`masterx health`, `masterx providers`, and the metrics of several workers, as whoever runs the server sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from benchmarks.servers import free_port, post, register_learner, start_masterx, upstream_settings
from tests.conftest import START_PATIENCE_SECONDS, StartServer, StartUpstream

TOKEN = "a-token-for-prometheus"


def masterx(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    places = {"MASTERX_DATA_DIR": str(directory / "data"), "MASTERX_FIND_LOCAL_SERVERS": "false"}
    return subprocess.run(
        [sys.executable, "-m", "masterx", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=directory,
        env=passed_on | places | environment,
        timeout=300,
    )


def test_health_and_providers_are_told_at_the_terminal(
    start_server: StartServer, start_upstream: StartUpstream, tmp_path: Path
) -> None:
    environment = upstream_settings(start_upstream(tokens=3).url)
    server = start_server(environment)
    token = register_learner(server)
    post(f"{server.url}/api/v1/chat", {"message": "Why?"}, {"Authorization": f"Bearer {token}"})

    (provider,) = json.loads(masterx(tmp_path, "providers", "--json", **environment).stdout)
    assert (provider["name"], provider["status"], provider["problem"]) == ("openai", "healthy", None)
    assert (provider["requests_last_hour"], provider["errors_last_hour"]) == (1, 0)
    assert provider["last_success"] is not None
    assert "openai" in masterx(tmp_path, "providers", **environment).stdout

    health = masterx(tmp_path, "health", "--json", **environment)
    assert json.loads(health.stdout)["checks"]["database"]["status"] == "healthy"
    assert json.loads(health.stdout)["checks"]["providers"]["by_provider"] == {"openai": "healthy"}
    assert health.returncode == 0


def test_every_worker_answers_with_the_figures_of_all(tmp_path: Path) -> None:
    environment = {"MASTERX_LOCAL_MODEL": "false", "MASTERX_METRICS_TOKEN": TOKEN}
    with ExitStack() as stack:
        server = start_masterx(tmp_path, "--workers", "2", port=free_port(), environment=environment)
        stack.callback(server.stop)
        server.wait_until_healthy("/ready", START_PATIENCE_SECONDS)
        for _ in range(20):
            urllib.request.urlopen(f"{server.url}/api/v1/health", timeout=60).close()
        series = 'masterx_http_requests_total{method="GET",route="/api/v1/health",status="200"}'
        deadline = time.monotonic() + 60
        while metric(server.url, series) < 20:  # an answer is counted once it was sent
            assert time.monotonic() < deadline
        assert {metric(server.url, series) for _ in range(10)} == {20.0}


def metric(url: str, series: str) -> float:
    request = urllib.request.Request(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(series):
                return float(line.rpartition(" ")[2])
    pytest.fail(f"no {series}")
