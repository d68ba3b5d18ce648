"""The API against requests that a machine made up from its own description.

1,000 cases in every run; `make fuzz` makes 10,000. A case fails on an answer of 5xx and on anything that the
description does not promise: a status, a header, a body of another shape, a bad value that was taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.servers import PATIENT_WITH_LOCKS, Server, get, post, register_learner, upstream_settings
from tests.conftest import StartServer, StartUpstream

CASES = int(os.environ.get("MASTERX_FUZZ_CASES", "1000"))
SECONDS_PER_CASE = 1.0
REQUEST_SECONDS = 60
"""A busy machine may halt for longer than the ten seconds that are usual."""
# A value can be right by the description and wrong by a rule that no schema can state: an unknown id, a used key.
UNJUDGED = ("positive_data_acceptance", "missing_required_header")
PASSWORD = "a long enough passphrase 42"


@pytest.mark.parametrize("role", ["learner", "admin"])
def test_no_request_breaks_the_server_or_the_description(
    start_server: StartServer, start_upstream: StartUpstream, tmp_path: Path, role: str
) -> None:
    server = start_server(upstream_settings(start_upstream(tokens=3).url))
    token = register_learner(server) if role == "learner" else admin_token(server, tmp_path / "data")
    result = fuzz(server, token, tmp_path / "report.json")
    assert result.returncode == 0, result.stdout[-8_000:]
    assert json.loads((tmp_path / "report.json").read_text())["test_cases"]["generated"] >= CASES // 2
    assert '"event": "unhandled_error"' not in server.output


def admin_token(server: Server, data_dir: Path) -> str:
    command = ["user", "create-admin", "--email", "root@example.org", "--name", "Root"]
    subprocess.run(
        [sys.executable, "-m", "masterx", *command],
        check=True,
        capture_output=True,
        env={**os.environ, "MASTERX_DATA_DIR": str(data_dir), "MASTERX_ADMIN_PASSWORD": PASSWORD} | PATIENT_WITH_LOCKS,
        timeout=300,
    )
    person = {"email": "root@example.org", "password": PASSWORD}
    return str(post(f"{server.url}/api/v1/auth/login", person)["access_token"])


def fuzz(server: Server, token: str, report: Path) -> subprocess.CompletedProcess[str]:
    paths = get(f"{server.url}/openapi.json")["paths"]
    operations = sum(len(methods) for methods in paths.values())
    return subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            "run",
            f"{server.url}/openapi.json",
            f"--header=Authorization: Bearer {token}",
            f"--exclude-checks={','.join(UNJUDGED)}",
            "--phases=examples,coverage,fuzzing",
            f"--max-examples={CASES * 2 // 3 // operations + 1}",
            "--continue-on-failure",
            "--report=json",
            f"--report-json-path={report}",
            "--seed=20261123",
            f"--request-timeout={REQUEST_SECONDS}",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=report.parent,
        timeout=120 + CASES * SECONDS_PER_CASE,
    )
