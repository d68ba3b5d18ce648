"""A reverse proxy that does the least of one: it passes connections on, in turn, to servers that say they are ready.

It asks each `/api/v1/health/ready` several times a second, as the proxies in `deploy/` do, and retries nothing:
what a server loses, its client loses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

CHECK_SECONDS = 0.25
CHUNK_BYTES = 65_536
READY = b"GET /api/v1/health/ready HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"


class Proxy:
    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = tuple(ports)
        self._ready: set[int] = set()
        self._turn = 0
        self._passing: set[asyncio.Task[None]] = set()
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, backlog=1_024)
        self.port = server.sockets[0].getsockname()[1]
        checking = [asyncio.create_task(self._check(port)) for port in self._ports]
        try:
            yield self
        finally:
            server.close()
            for task in (*checking, *self._passing):
                task.cancel()
            await asyncio.gather(*checking, *self._passing, return_exceptions=True)

    @property
    def ready(self) -> frozenset[int]:
        """The ports that requests are passed on to."""
        return frozenset(self._ready)

    async def until(self, *, ready: frozenset[int]) -> None:
        while self.ready != ready:  # noqa: ASYNC110 (what is waited for is in another process)
            await asyncio.sleep(CHECK_SECONDS / 5)

    async def _check(self, port: int) -> None:
        while True:
            if await _is_ready(port):
                self._ready.add(port)
            else:
                self._ready.discard(port)
            await asyncio.sleep(CHECK_SECONDS)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            await self._pass_on(reader, writer)
        except* (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._passing.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        ports = sorted(self._ready)
        if not ports:
            writer.transport.abort()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", ports[self._turn % len(ports)])
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, outer))
            both.create_task(_copy(inner, writer))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK_BYTES):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()


async def _is_ready(port: int) -> bool:
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(READY)
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return answer.startswith(b"HTTP/1.1 200")
