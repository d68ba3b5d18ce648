"""Fixtures that any test may ask for, the order of the suites, and what is skipped where a program is missing."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from benchmarks.servers import (
    Server,
    free_port,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)
from hypothesis import HealthCheck, settings
from tests.fakes.clock import FrozenClock
from tests.fakes.mongodb import MongoServer

# A busy machine is slow, not broken: no example has 200 ms, as it would where CI is not set. Where it is, the same
# examples come each time.
settings.register_profile("patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("patient")

SUITES = ("unit", "contract", "integration", "e2e")
"""Fast ones first, so that a plain mistake shows in seconds. What lies outside a suite comes before all of them."""
START_PATIENCE_SECONDS = 180
"""Generous: a loaded machine is slow, not broken."""

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first takes a third of the time that the others take to show a page."""
CHROMIUM = os.environ.get("MASTERX_TEST_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
REDIS_SERVER = shutil.which("redis-server")
MISSING = {
    "browser": None if CHROMIUM else "no Chromium",
    "redis": None if REDIS_SERVER else "no redis-server",
}
"""By marker: why its tests cannot run here."""


class StartServer(Protocol):
    def __call__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        directory: Path | None = None,
        port: int | None = None,
        patience: float = START_PATIENCE_SECONDS,
    ) -> Server: ...


class StartUpstream(Protocol):
    def __call__(self, *, tokens: int = 40, delay_ms: float = 0) -> Server: ...


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(name="free_port")
def fixture_free_port() -> Callable[[], int]:
    return free_port


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts real `masterx serve` processes and kills what is left of them at the end.

    Without an environment, the local demo model answers. The same directory and port again: a restart.
    """
    with ExitStack() as stack:

        def started(
            environment: Mapping[str, str] | None = None,
            *,
            directory: Path | None = None,
            port: int | None = None,
            patience: float = START_PATIENCE_SECONDS,
        ) -> Server:
            server = start_masterx(directory or tmp_path, port=port or free_port(), environment=environment or {})
            stack.callback(server.kill)
            server.wait_until_healthy("/api/v1/health", patience)
            return server

        yield started


@pytest.fixture
def start_upstream(tmp_path: Path) -> Iterator[StartUpstream]:
    """Starts canned model servers as processes of their own; see benchmarks/canned_upstream.py."""
    with ExitStack() as stack:

        def started(*, tokens: int = 40, delay_ms: float = 0) -> Server:
            upstream = start_canned_upstream(tmp_path, "--tokens", str(tokens), "--delay-ms", str(delay_ms))
            stack.callback(upstream.kill)
            upstream.wait_until_healthy("/journal", START_PATIENCE_SECONDS)
            return upstream

        yield started


@pytest.fixture
def server(start_server: StartServer, start_upstream: StartUpstream) -> Server:
    """A MasterX whose only model is a canned one."""
    return start_server(upstream_settings(start_upstream().url))


@pytest.fixture(scope="session")
def mongodb() -> Iterator[MongoServer]:
    """A server that speaks MongoDB's protocol, for all tests of this process: each takes a database of its own."""
    server = MongoServer(free_port())
    with ExitStack() as stack:
        stack.callback(server.remove)
        server.wait_until_ready()
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; tests that ask for it carry the marker `browser`."""
    assert CHROMIUM is not None
    return CHROMIUM


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def suite(item: pytest.Item) -> int:
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        return SUITES.index(folder) if folder in SUITES else -1

    items.sort(key=suite)
    for item in items:
        for marker, reason in MISSING.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in skipped.items():
        tests = "test" if count == 1 else "tests"
        terminalreporter.write_line(f"{count} {tests} skipped: {reason}", yellow=True, bold=True)
