"""Several processes that answer on one address: kept alive while this one lives, and stopped with it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

import structlog

from masterx.errors import ConfigurationError

logger = structlog.get_logger()

QUICK_END_SECONDS = 5.0
"""A worker that ends so soon after its start is started again only after a pause."""
PAUSE_SECONDS = 1.0
QUICK_ENDS = 5
"""So often in a row, and it is no accident."""
GRACE_SECONDS = 5.0
"""Beyond the time that answers under way are given."""


class Workers:
    def __init__(self, listener: socket.socket, options: list[str], *, shutdown_seconds: float) -> None:
        """``listener`` is bound; ``options`` are those of `masterx serve` that the workers are to have too."""
        self._listener = listener
        self._command = [sys.executable, "-m", "masterx", "serve", "--socket", str(listener.fileno()), *options]
        self._shutdown_seconds = shutdown_seconds
        self._running: set[Process] = set()
        self._stop = asyncio.Event()

    async def run(self, count: int) -> None:
        """Until SIGINT or SIGTERM. Raises `ConfigurationError` when workers end as soon as they are started."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        keeping = [asyncio.create_task(self._keep_one(), name="worker") for _ in range(count)]
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait([stopping, *keeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop.set()
            await self._end_all()
            for task in (stopping, *keeping):
                task.cancel()
            await asyncio.gather(stopping, *keeping, return_exceptions=True)
        for task in done:
            task.result()

    async def _keep_one(self) -> None:
        loop = asyncio.get_running_loop()
        quick_ends = 0
        while not self._stop.is_set():
            started = loop.time()
            status = await self._run_one()
            if self._stop.is_set():
                return
            logger.error("worker_ended", status=status)
            quick_ends = quick_ends + 1 if loop.time() - started < QUICK_END_SECONDS else 0
            if quick_ends == QUICK_ENDS:
                raise ConfigurationError(f"A worker ended {QUICK_ENDS} times as soon as it was started; see the log.")
            if quick_ends:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _run_one(self) -> int:
        """A session of its own: Ctrl-C at the terminal is for this process alone. A worker whose standard input ends
        stops, so none outlives this process, however it ends.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, pass_fds=(self._listener.fileno(),), start_new_session=True
        )
        self._running.add(process)
        try:
            return await process.wait()
        finally:
            if process.returncode is not None:
                self._running.discard(process)

    async def _end_all(self) -> None:
        """Ask all to finish what they answer; kill those that do not."""
        processes = [process for process in self._running if process.returncode is None]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._shutdown_seconds + GRACE_SECONDS):
                await asyncio.gather(*(process.wait() for process in processes))
        except TimeoutError:
            for process in processes:
                if process.returncode is None:
                    logger.warning("worker_killed")
                    process.kill()
            await asyncio.gather(*(process.wait() for process in processes))


def when_orphaned(act: Callable[[], None]) -> None:
    """Call ``act`` once when the process that started this worker is gone: it held the other end of standard input."""
    loop = asyncio.get_running_loop()
    standard_input = sys.stdin.fileno()

    def look() -> None:
        if not os.read(standard_input, 1):
            loop.remove_reader(standard_input)
            act()

    loop.add_reader(standard_input, look)
