"""Which processes answer, on this host and others: each says of itself every few seconds that it is there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import structlog

from masterx import __version__
from masterx.clock import TOLERATED_SKEW_SECONDS, Clock
from masterx.errors import DatabaseError
from masterx.records.operations import Instance, InstanceState, JobRun

BEAT_SECONDS = 5.0
TELL_SECONDS = 1.0
"""How long news, such as an error, waits at most."""
LOST_AFTER = timedelta(seconds=3 * BEAT_SECONDS + TOLERATED_SKEW_SECONDS)
"""Without a word for so long, a process is taken for dead."""
LEADERLESS_SECONDS = 60.0
"""A process that runs for so long and sees nobody lead says that something is wrong."""

logger = structlog.get_logger()


class InstanceStore(Protocol):
    async def note_instance(self, instance: Instance) -> None: ...

    async def remove_instance(self, instance_id: str) -> None: ...

    async def instances(self) -> Sequence[Instance]: ...


class Leadership(Protocol):
    """The background jobs, as this process sees them."""

    @property
    def leads(self) -> bool: ...

    def runs(self) -> tuple[JobRun, ...]: ...


class News(Protocol):
    async def tell(self) -> None:
        """Raises `DatabaseError`."""
        ...


class Instances:
    def __init__(self, instance_id: str, store: InstanceStore, clock: Clock, jobs: Leadership, news: News) -> None:
        """`news` is told the store every second."""
        self.id = instance_id
        self._store = store
        self._clock = clock
        self._jobs = jobs
        self._news = news
        self._host = socket.gethostname()
        self._started_at = clock.now()
        self._started = clock.monotonic()
        self._draining = False
        self._wake = asyncio.Event()

    @property
    def is_draining(self) -> bool:
        return self._draining

    @property
    def uptime_seconds(self) -> float:
        return self._clock.monotonic() - self._started

    def drain(self) -> None:
        """From now on this process takes no more traffic than it must. The others hear of it at once."""
        self._draining = True
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; then it leaves the list."""
        is_gone = False
        beat_at = 0.0
        try:
            while True:
                try:
                    await self._news.tell()
                    if self._wake.is_set() or self._clock.monotonic() >= beat_at:
                        self._wake.clear()
                        await self._store.note_instance(self.myself())
                        beat_at = self._clock.monotonic() + BEAT_SECONDS
                except DatabaseError as error:
                    if not is_gone:
                        logger.warning("instance_not_noted", error_type=type(error).__name__)
                    is_gone = True
                else:
                    is_gone = False
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TELL_SECONDS):
                        await (asyncio.sleep(TELL_SECONDS) if is_gone else self._wake.wait())
        finally:
            await self._leave()

    def myself(self) -> Instance:
        return Instance(
            id=self.id,
            host=self._host,
            process_id=os.getpid(),
            version=__version__,
            started_at=self._started_at,
            last_seen=self._clock.now(),
            state=InstanceState.DRAINING if self._draining else InstanceState.SERVING,
            leads=self._jobs.leads,
            jobs=self._jobs.runs() if self._jobs.leads else (),
        )

    def is_lost(self, instance: Instance) -> bool:
        return instance.id != self.id and instance.last_seen < self._clock.now() - LOST_AFTER

    async def all(self) -> list[Instance]:
        """Those that answer and those that died lately, in the order of their start. Raises `DatabaseError`."""
        others = [instance for instance in await self._store.instances() if instance.id != self.id]
        return sorted([*others, self.myself()], key=lambda instance: (instance.started_at, instance.id))

    async def check_jobs(self) -> Mapping[str, Any]:
        """For the health page: who leads, and how the jobs did there."""
        leader = self.myself() if self._jobs.leads else await self._other_leader()
        failing = leader is not None and any(job.last_error for job in leader.jobs)
        leaderless = leader is None and self.uptime_seconds > LEADERLESS_SECONDS
        return {
            "status": "degraded" if failing or leaderless else "healthy",
            "leader": None if leader is None else leader.id,
            "jobs": {
                job.name: {"last_run": job.last_run, "last_error": job.last_error}
                for job in (() if leader is None else leader.jobs)
            },
        }

    async def _other_leader(self) -> Instance | None:
        try:
            others = [one for one in await self._store.instances() if one.leads and not self.is_lost(one)]
        except DatabaseError:
            return None
        return max(others, key=lambda one: one.last_seen, default=None)

    async def _leave(self) -> None:
        try:
            await self._news.tell()
            await self._store.remove_instance(self.id)
        except DatabaseError as error:
            logger.warning("instance_not_removed", error_type=type(error).__name__)
