"""Several processes that answer on one address: kept alive, exchanged one by one, and stopped with this one."""

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
GRACE_SECONDS = 15.0
"""Beyond the time to drain and the time that answers under way are given."""
START_SECONDS = 60.0
"""A successor that takes no requests after so long is given up, and its forerunner stays."""
READY = b"1"


class _Worker:
    def __init__(self, process: Process, is_ready: asyncio.Future[bool]) -> None:
        self.process = process
        self.is_ready = is_ready
        """True when it takes requests, False when it ended without having done so."""


class _Place:
    """One of the N: who has it may change."""

    def __init__(self) -> None:
        self.worker: _Worker | None = None


class Workers:
    def __init__(self, listener: socket.socket, options: list[str], *, stop_seconds: float) -> None:
        """``listener`` is bound; ``options`` are those of `masterx serve` that the workers are to have too.

        ``stop_seconds`` is how long one that was told to stop may take.
        """
        self._listener = listener
        self._command = [sys.executable, "-m", "masterx", "serve", "--socket", str(listener.fileno()), *options]
        self._stop_seconds = stop_seconds + GRACE_SECONDS
        self._running: set[Process] = set()
        self._stop = asyncio.Event()
        self._exchange = asyncio.Event()

    async def run(self, count: int) -> None:
        """Until SIGINT or SIGTERM; SIGHUP exchanges all of them.

        Raises `ConfigurationError` when workers end as soon as they are started.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._exchange.set)
        places = [_Place() for _ in range(count)]
        keeping = [asyncio.create_task(self._keep(place), name="worker") for place in places]
        exchanging = asyncio.create_task(self._exchange_when_told(places), name="exchange")
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        tasks = (stopping, exchanging, *keeping)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop.set()
            await self._end_all(list(self._running))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _keep(self, place: _Place) -> None:
        loop = asyncio.get_running_loop()
        quick_ends = 0
        while not self._stop.is_set():
            started = loop.time()
            worker = place.worker
            if worker is None:
                worker = place.worker = await self._start()
            status = await worker.process.wait()
            if self._stop.is_set():
                return
            if place.worker is not worker:
                continue
            place.worker = None
            logger.error("worker_ended", status=status)
            quick_ends = quick_ends + 1 if loop.time() - started < QUICK_END_SECONDS else 0
            if quick_ends == QUICK_ENDS:
                raise ConfigurationError(f"A worker ended {QUICK_ENDS} times as soon as it was started; see the log.")
            if quick_ends:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _exchange_when_told(self, places: list[_Place]) -> None:
        while True:
            await self._exchange.wait()
            self._exchange.clear()
            logger.info("workers_exchanging", workers=len(places))
            if all([await self._exchange_one(place) for place in places]):
                logger.info("workers_exchanged", workers=len(places))

    async def _exchange_one(self, place: _Place) -> bool:
        """Start a successor; when it takes requests, retire the one that has the place. False: it has it still."""
        former = place.worker
        successor = await self._start()
        if not await self._is_ready(successor):
            logger.error("worker_not_exchanged", status=successor.process.returncode)
            await self._end_all([successor.process])
            return False
        if former is not place.worker:  # it died meanwhile, and was followed
            await self._retire(successor.process)
            return True
        place.worker = successor
        if former is not None:
            await self._retire(former.process)
        return True

    async def _is_ready(self, worker: _Worker) -> bool:
        try:
            async with asyncio.timeout(START_SECONDS):
                return await worker.is_ready
        except TimeoutError:
            return False

    async def _retire(self, process: Process) -> None:
        _send(process, signal.SIGHUP)
        await self._wait_for_end([process])

    async def _start(self) -> _Worker:
        """A session of its own: Ctrl-C at the terminal is for this process alone. A worker whose standard input ends
        stops, so none outlives this process, however it ends.
        """
        reader, writer = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "--ready",
                str(writer),
                stdin=PIPE,
                pass_fds=(self._listener.fileno(), writer),
                start_new_session=True,
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self._running.add(process)
        waiting = asyncio.create_task(process.wait(), name="worker-end")
        waiting.add_done_callback(lambda _: self._running.discard(process))
        return _Worker(process, _first_word(reader))

    async def _end_all(self, processes: list[Process]) -> None:
        """Ask all to finish what they answer; kill those that do not."""
        for process in processes:
            _send(process, signal.SIGTERM)
        await self._wait_for_end(processes)

    async def _wait_for_end(self, processes: list[Process]) -> None:
        try:
            async with asyncio.timeout(self._stop_seconds):
                await asyncio.gather(*(process.wait() for process in processes))
        except TimeoutError:
            for process in processes:
                if process.returncode is None:
                    logger.warning("worker_killed")
                    process.kill()
            await asyncio.gather(*(process.wait() for process in processes))


def _send(process: Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)


def _first_word(reader: int) -> asyncio.Future[bool]:
    """Whether something is written to the pipe before its other end is closed; closes this end then."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bool] = loop.create_future()

    def look() -> None:
        loop.remove_reader(reader)
        word = os.read(reader, 1)
        os.close(reader)
        if not future.done():
            future.set_result(word == READY)

    loop.add_reader(reader, look)
    return future


def tell_ready(writer: int) -> None:
    """In a worker: it takes requests from now on."""
    os.write(writer, READY)
    os.close(writer)


def when_orphaned(act: Callable[[], None]) -> None:
    """Call ``act`` once when the process that started this worker is gone: it held the other end of standard input."""
    loop = asyncio.get_running_loop()
    standard_input = sys.stdin.fileno()

    def look() -> None:
        if not os.read(standard_input, 1):
            loop.remove_reader(standard_input)
            act()

    loop.add_reader(standard_input, look)
