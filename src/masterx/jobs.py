"""Background work at intervals, by one leader among all workers that share a database.

The leader holds a lease in the store and renews it while it lives; when it dies, another takes over once it has
lapsed. Each job runs beside the others, never twice at once. Why not APScheduler: docs/decisions/0017.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from masterx.clock import Clock, new_id
from masterx.errors import DatabaseError, MasterXError
from masterx.records.operations import JobRun

LEASE = "jobs"
LEASE_SECONDS = 18
"""With clocks 5 s apart a leader that lives still has 8 s left at its next tick, and one that was killed is followed
after 28 s at the latest."""
TICK_SECONDS = 5.0

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]


class LeaseStore(Protocol):
    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool: ...

    async def release_lease(self, name: str, holder: str) -> None: ...


@dataclass(slots=True)
class _Past:
    last_run: datetime | None = None
    last_error: str | None = None
    """The error's code; None after a run that went well."""
    due: float = 0.0
    task: asyncio.Task[None] | None = None


class Jobs:
    def __init__(self, jobs: Sequence[Job], store: LeaseStore, clock: Clock) -> None:
        self._jobs = tuple(jobs)
        self._store = store
        self._clock = clock
        self._holder = new_id(clock.now())
        self._past = {job.name: _Past() for job in jobs}
        self.leads = False

    async def run(self) -> None:
        """Until cancelled; then what runs is cancelled too, and the lease is given back."""
        try:
            while True:
                await self.tick()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            await self._stop()

    async def tick(self) -> None:
        """Renew or try to take the lease and, with it, start what is due."""
        now = self._clock.now()
        try:
            self.leads = await self._store.take_lease(LEASE, self._holder, now + timedelta(seconds=LEASE_SECONDS), now)
        except DatabaseError as error:
            self.leads = False
            logger.warning("lease_not_renewed", error_type=type(error).__name__)
        if not self.leads:
            return
        moment = self._clock.monotonic()
        for job in self._jobs:
            past = self._past[job.name]
            if past.task is None and moment >= past.due:
                past.due = moment + job.every_seconds - TICK_SECONDS / 2  # a tick that comes early is not late
                past.task = asyncio.create_task(self._run(job, past), name=f"job-{job.name}")

    async def settled(self) -> None:
        """When nothing that was started still runs."""
        await asyncio.gather(*(past.task for past in self._past.values() if past.task is not None))

    def runs(self) -> tuple[JobRun, ...]:
        """How they did in this process: only the leader knows."""
        return tuple(
            JobRun(name=name, last_run=past.last_run, last_error=past.last_error) for name, past in self._past.items()
        )

    async def _run(self, job: Job, past: _Past) -> None:
        """The outermost edge of a job: whatever happens, it runs again."""
        try:
            await job.run()
        except MasterXError as error:
            past.last_error = error.code
            logger.warning("job_failed", job=job.name, error_type=type(error).__name__)
        except Exception as error:
            past.last_error = "internal_error"
            logger.exception("job_failed", job=job.name, error_type=type(error).__name__)
        else:
            past.last_error = None
        finally:
            past.last_run = self._clock.now()
            past.task = None

    async def _stop(self) -> None:
        running = [past.task for past in self._past.values() if past.task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        try:
            await self._store.release_lease(LEASE, self._holder)
        except DatabaseError as error:
            logger.warning("lease_not_released", error_type=type(error).__name__)
