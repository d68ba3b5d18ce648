"""`masterx serve --workers 2` as real processes: they answer, come back when killed, and stop together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.servers import (
    Server,
    get,
    post,
    process_tree,
    register_learner,
    start_masterx,
    upstream_settings,
)
from tests.conftest import START_PATIENCE_SECONDS, StartUpstream


@pytest.fixture
def server(tmp_path: Path, start_upstream: StartUpstream, free_port: Callable[[], int]) -> Iterator[Server]:
    environment = upstream_settings(start_upstream().url)
    server = start_masterx(tmp_path, "--workers", "2", port=free_port(), environment=environment)
    try:
        server.wait_until_healthy("/api/v1/health", START_PATIENCE_SECONDS)
        wait_until(lambda: len(workers(server)) == 2)  # the first may answer before the second is there
        yield server
    finally:
        server.kill()


def workers(server: Server) -> set[int]:
    return set(process_tree(server.process.pid)[1:])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_workers_share_the_work_come_back_and_stop_together(server: Server) -> None:
    headers = {"Authorization": f"Bearer {register_learner(server)}"}
    first = post(f"{server.url}/api/v1/chat", {"message": "Why is the sky blue?"}, headers)
    for _ in range(20):  # new connections, which any worker may take
        listed = get(f"{server.url}/api/v1/sessions", headers)
        assert [session["id"] for session in listed["sessions"]] == [first["session_id"]]
    before = workers(server)
    assert len(before) == 2
    assert server.output.count("MasterX is at") == 1

    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in workers(server) and len(workers(server)) == 2)
    server.wait_until_healthy("/api/v1/health", START_PATIENCE_SECONDS)
    again = post(f"{server.url}/api/v1/chat", {"message": "And red?", "session_id": first["session_id"]}, headers)
    assert again["session"]["total_messages"] == 4

    last = workers(server)
    server.stop()
    assert server.process.returncode == 0
    assert all(is_gone(pid) for pid in last)


def test_no_worker_outlives_a_killed_parent(server: Server) -> None:
    orphans = workers(server)
    assert len(orphans) == 2
    server.kill()
    wait_until(lambda: all(is_gone(pid) for pid in orphans))
