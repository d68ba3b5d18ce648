"""MasterX on a real socket in this process, with a reader that says what a test wrote and a store it can write to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn
from benchmarks.servers import free_port
from tests.fakes.providers import FakeProvider
from tests.fakes.readings import FakeReader, mood_by_states
from tests.fakes.settings import make_settings

from masterx.cli.stopping import StoppableServer
from masterx.clock import SystemClock
from masterx.memory.recall import ExactRecall
from masterx.memory.search import MessageSearch
from masterx.providers.base import Provider
from masterx.records.emotions import TextMood
from masterx.records.readings import Reading
from masterx.settings import LimitSettings
from masterx.tutor.perceiving import Perceiver
from masterx.tutor.turn import Tutor
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

PATIENCE_SECONDS = 180
DISTRESS = "hurt myself"
"""Whoever says so sounds distressed."""


@dataclass
class ReadingServer:
    port: int
    reader: FakeReader
    provider: FakeProvider
    services: Services
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)


@contextmanager
def reading_server(folder: Path) -> Iterator[ReadingServer]:
    """The reader has no readings at first, the provider says what a `FakeProvider` says."""
    reader, provider = FakeReader(), FakeProvider()
    started, stop = threading.Event(), asyncio.Event()
    opened: list[ReadingServer] = []

    async def serve() -> None:
        limits = LimitSettings(_env_file=None, rate_limit_free=100_000, rate_limit_address=100_000)
        settings = replace(make_settings(folder), limits=limits)
        async with open_services(settings) as services:
            clock = SystemClock()
            recall = ExactRecall(services.store, clock)
            perceiver = Perceiver(reader, _mood, recall)
            tutor = Tutor(settings.turn, _Ready([provider]), services.store, clock, perceiver=perceiver)
            reading = replace(services, tutor=tutor, search=MessageSearch(reader, recall))
            port, loop = free_port(), asyncio.get_running_loop()
            config = uvicorn.Config(create_app(reading), port=port, log_config=None, access_log=False, ws="none")
            opened.append(ReadingServer(port, reader, provider, reading, loop))
            server = StoppableServer(config, drain_seconds=0, announce=_nothing, on_start=started.set)
            serving = asyncio.create_task(server.serve())
            await stop.wait()
            server.should_exit = True
            await serving
            await tutor.aclose()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_SECONDS), "the server did not start"
    (server,) = opened
    try:
        yield server
    finally:
        server.loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_SECONDS)


@dataclass
class _Ready:
    providers: list[Provider]

    def ready(self) -> list[Provider]:
        return self.providers


def _nothing() -> None:
    pass


def _mood(reading: Reading, text: str) -> TextMood:
    return replace(mood_by_states(reading, text), distress=DISTRESS in text)
