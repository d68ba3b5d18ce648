"""The compatible API when a model breaks off, and when money is used up, as the openai SDK tells it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest
from benchmarks.servers import PATIENT_WITH_LOCKS, Server, register_learner, start_canned_upstream, upstream_settings
from tests.conftest import START_PATIENCE_SECONDS, StartServer

QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]


def masterx(server: Server, *arguments: str) -> str:
    places = {"MASTERX_DATA_DIR": str(server.log.parent / "data"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "masterx", *arguments]
    done = subprocess.run(
        command, env=places | PATIENT_WITH_LOCKS, cwd=server.log.parent, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_stream_that_breaks_off_ends_with_an_error_and_a_budget_refuses(
    tmp_path: Path, start_server: StartServer
) -> None:
    upstream = start_canned_upstream(tmp_path, "--fault-every", "2")
    try:
        upstream.wait_until_healthy("/journal", START_PATIENCE_SECONDS)
        server = start_server(upstream_settings(upstream.url))
        register_learner(server)
        made = json.loads(masterx(server, "key", "create", "learner@example.org", "--name", "x", "--json"))
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=made["key"]) as client:
            told = [stream(client) for _ in range(4)]
            assert {"stop", "provider_unavailable"} == set(told)
            masterx(server, "budget", "set", "user:learner@example.org", "day", "0")
            with pytest.raises(openai.RateLimitError) as refused:
                ask_on(client)
            assert refused.value.code == "insufficient_quota"
            assert int(refused.value.response.headers["retry-after"]) > 0
    finally:
        upstream.kill()


def ask_on(client: openai.OpenAI) -> None:
    """A budget is heard within a second; the canned model answers at once."""
    for _ in range(1_000):
        client.chat.completions.create(model="masterx/openai", messages=QUESTION)


def stream(client: openai.OpenAI) -> str:
    """The finish reason, or the code of the error that ended it."""
    reason = "none"
    try:
        for chunk in client.chat.completions.create(model="masterx/openai", messages=QUESTION, stream=True):
            reason = chunk.choices[0].finish_reason or reason
    except openai.APIError as error:
        return str(error.code)
    return reason
