"""How a server ends: it says that it will, takes no more requests, finishes what it has begun, and is gone."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn

LINGER_SECONDS = 1.0
"""Between closing the listener and closing idle connections: a request may be on its way on one that was just taken."""
RETIRING_SECONDS = 4.0
"""The same where others take what is new. Each answer meanwhile asks its client to close the connection; one that is
idle all the time is closed by us in the end, and lost is what its client sends into it at that very moment.
"""
LAST_WORDS_SECONDS = 5.0
"""For what was cut off at the deadline to be recorded."""

logger = structlog.get_logger()


class StoppableServer(uvicorn.Server):
    """SIGTERM drains, then stops; SIGINT, or a second signal, stops at once. Both let answers under way finish, for
    as long as the configuration allows; SIGINT after that does not.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain_seconds: float,
        announce: Callable[[], None],
        on_start: Callable[[], None] | None = None,
    ) -> None:
        """``announce`` is called when draining begins, ``on_start`` when requests are taken."""
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._announce = announce
        self._on_start = on_start
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self.started and self._on_start is not None:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LAST_WORDS_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn calls it)
        """In place of uvicorn's, which has the signal end the process before the services are closed."""
        if self._loop is None:
            self.should_exit = True
        elif sig == signal.SIGTERM and self._ending is None:
            self._loop.call_soon_threadsafe(self.stop)
        elif self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self._announce()
            self.should_exit = True

    def stop(self) -> None:
        """Drain while new connections are still taken, then stop; without a time to drain, at once."""
        self._end(self._drain_seconds, LINGER_SECONDS if self._drain_seconds else 0.0)

    def retire(self) -> None:
        """For one of several processes on one listener: the others take what is new from now on."""
        self._end(0.0, max(RETIRING_SECONDS, self._drain_seconds))

    def _end(self, listening_seconds: float, linger_seconds: float) -> None:
        if self._ending is None:
            logger.info("stopping", drain_seconds=listening_seconds + linger_seconds)
            self._announce()
            self._ending = asyncio.create_task(self._drain(listening_seconds, linger_seconds), name="drain")

    async def _drain(self, listening_seconds: float, linger_seconds: float) -> None:
        await asyncio.sleep(listening_seconds)
        for server in self.servers:
            server.close()
        await asyncio.sleep(linger_seconds)
        self.should_exit = True
