"""A server that is told to stop: it says so, finishes what it has begun, and ends by itself at its deadline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx2
import pytest
from benchmarks.servers import (
    PATIENT_WITH_LOCKS,
    Server,
    process_tree,
    register_learner,
    start_masterx,
    upstream_settings,
)
from tests.conftest import START_PATIENCE_SECONDS, StartServer, StartUpstream

QUESTION = {"message": "Why is the sky blue?"}


@asynccontextmanager
async def stream(server: Server, token: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a streamed answer, of which the first word has come."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=START_PATIENCE_SECONDS) as client,
        client.stream("POST", f"{server.url}/api/v1/chat", json=QUESTION, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        async for line in lines:
            if line == "event: token":
                break
        yield lines


async def ended(server: Server) -> int:
    return await asyncio.to_thread(server.process.wait, START_PATIENCE_SECONDS)


async def test_it_is_not_ready_while_it_drains_and_finishes_its_answers(
    start_server: StartServer, start_upstream: StartUpstream
) -> None:
    """It drains for as long as a busy machine may halt before it asks whether it does; the answer takes longer."""
    upstream = start_upstream(tokens=40, delay_ms=200)
    server = start_server(upstream_settings(upstream.url) | {"MASTERX_DRAIN_SECONDS": "6"})
    token = register_learner(server)
    async with stream(server, token) as lines, httpx2.AsyncClient(timeout=START_PATIENCE_SECONDS) as client:
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while (ready := await client.get(f"{server.url}/api/v1/health/ready")).status_code == 200:
            assert time.monotonic() < deadline
        assert (ready.status_code, ready.json()["code"]) == (503, "shutting_down")
        assert ready.headers["connection"] == "close"
        assert (await client.get(f"{server.url}/api/v1/health")).status_code == 200
        assert "event: done" in [line async for line in lines]
    assert await ended(server) == 0


async def test_an_answer_that_takes_longer_than_the_deadline_is_cut_off_and_kept(
    start_server: StartServer, start_upstream: StartUpstream, tmp_path: Path
) -> None:
    upstream = start_upstream(tokens=400, delay_ms=50)
    server = start_server(upstream_settings(upstream.url) | {"MASTERX_SHUTDOWN_SECONDS": "1"})
    token = register_learner(server)
    key = made_key(server, "learner@example.org")
    async with stream(server, token) as lines, relayed(server, key) as events:
        server.process.send_signal(signal.SIGTERM)
        told = asyncio.create_task(rest_of(events))
        with contextlib.suppress(httpx2.TransportError):
            assert "event: done" not in [line async for line in lines]
        assert json.loads((await told)[-1].removeprefix("data: "))["error"]["code"] == "shutting_down"
    assert await ended(server) == 0
    with closing(sqlite3.connect(tmp_path / "data" / "masterx.sqlite3")) as database:
        kept = database.execute("SELECT completeness FROM messages WHERE role = 'assistant'").fetchall()
        paid = database.execute("SELECT outcome, output_tokens > 0 FROM cost_events").fetchall()
        (instances,) = database.execute("SELECT count(*) FROM instances").fetchone()
        (leases,) = database.execute("SELECT count(*) FROM leases WHERE name = 'jobs'").fetchone()
    assert (kept, paid, instances, leases) == ([("stopped",)], [("aborted", 1)] * 2, 0, 0)


def made_key(server: Server, owner: str) -> str:
    places = {"MASTERX_DATA_DIR": str(server.log.parent / "data"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "masterx", "key", "create", owner, "--name", "x", "--json"]
    done = subprocess.run(
        command, env=places | PATIENT_WITH_LOCKS, cwd=server.log.parent, capture_output=True, text=True, check=True
    )
    return str(json.loads(done.stdout)["key"])


@asynccontextmanager
async def relayed(server: Server, key: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a pass-through, of which the first word has come."""
    body = {"model": "masterx/openai", "messages": [{"role": "user", "content": "Why?"}], "stream": True}
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(timeout=START_PATIENCE_SECONDS) as client,
        client.stream("POST", f"{server.url}/v1/chat/completions", json=body, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        async for line in lines:
            if "word0" in line:
                break
        yield lines


async def rest_of(lines: AsyncIterator[str]) -> list[str]:
    return [line async for line in lines if line]


@pytest.fixture
def workers(tmp_path: Path, start_upstream: StartUpstream, free_port: Callable[[], int]) -> Iterator[Server]:
    environment = upstream_settings(start_upstream(tokens=40, delay_ms=50).url)
    server = start_masterx(tmp_path, "--workers", "2", port=free_port(), environment=environment)
    try:
        server.wait_until_healthy("/api/v1/health", START_PATIENCE_SECONDS)
        yield server
    finally:
        server.kill()


async def test_workers_are_exchanged_without_an_answer_lost(workers: Server) -> None:
    token = await asyncio.to_thread(register_learner, workers)
    before = set(process_tree(workers.process.pid)[1:])
    stop = asyncio.Event()

    async def learner() -> int:
        turns = 0
        while not stop.is_set():
            async with stream(workers, token) as lines:
                assert "event: done" in [line async for line in lines]
            turns += 1
        return turns

    learners = [asyncio.create_task(learner()) for _ in range(4)]
    workers.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while "workers_exchanged" not in workers.output:
        assert time.monotonic() < deadline, workers.output[-2000:]
        await asyncio.sleep(0.1)
    stop.set()
    assert all(await asyncio.gather(*learners))
    after = set(process_tree(workers.process.pid)[1:])
    assert len(after) == 2
    assert not after & before
