"""A real MasterX in front of a canned model server, for tests that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest
from benchmarks.servers import (
    Server,
    free_port,
    register_learner,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

PATIENCE_SECONDS = 180
_numbers = count(1)


@pytest.fixture(scope="module")
def slow_upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A model server that takes 10 ms for each of 40 words."""
    upstream = start_canned_upstream(tmp_path_factory.mktemp("upstream"), "--tokens", "40", "--delay-ms", "10")
    with ExitStack() as stack:
        stack.callback(upstream.kill)
        upstream.wait_until_healthy("/journal", PATIENCE_SECONDS)
        yield upstream


@pytest.fixture(scope="module")
def masterx(tmp_path_factory: pytest.TempPathFactory, slow_upstream: Server) -> Iterator[Server]:
    """One server for the module: its tests use learners of their own."""
    directory = tmp_path_factory.mktemp("masterx")
    server = start_masterx(directory, port=free_port(), environment=upstream_settings(slow_upstream.url))
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
        yield server


@pytest.fixture(scope="module")
def database(masterx: Server) -> Path:
    """The file that the server of the module writes."""
    return masterx.log.parent / "data" / "masterx.sqlite3"


@pytest.fixture
def anonymous(masterx: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=masterx.url, timeout=60) as client:
        yield client


@pytest.fixture
def learner(masterx: Server) -> Iterator[httpx.Client]:
    """Signed in, with an account of its own."""
    yield from _signed_in(masterx)


@pytest.fixture
def other_learner(masterx: Server) -> Iterator[httpx.Client]:
    yield from _signed_in(masterx)


def _signed_in(server: Server) -> Iterator[httpx.Client]:
    token = register_learner(server, f"learner{next(_numbers)}@example.org")
    with httpx.Client(base_url=server.url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client
