"""Runs every so many hours, and runs that were cut off taken up again; what the leader among the workers does.

Only real models are asked: what the demo model can do is known, and it would keep this machine busy for nothing. The
first run comes an hour after the start of a server that never had one, so that starting costs nothing and tries
nothing; the next ones follow the last one's beginning, whatever was restarted meanwhile. A scheduled run that its cap
or a budget ended goes on in the next slot, with that slot's cap, instead of beginning anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from masterx.clock import Clock
from masterx.errors import Conflict, InvalidInput
from masterx.records.benchmarks import BenchmarkRun, RunState, RunTrigger, StopReason
from masterx.routing.benchmarks.running import RUNS_LOOKED_AT, Benchmarks, RunGoesOn, is_live
from masterx.store.benchmark_ports import BenchmarkStore

logger = structlog.get_logger()

FIRST_AFTER: Final = timedelta(hours=1)
MOST_RESUMPTIONS: Final = 3
"""A run that was cut off more often may be what brings its process down."""
WORTH_RESUMING: Final = timedelta(hours=12)
ANSWERS_KEPT: Final = timedelta(days=30)


class BenchmarkSchedule:
    def __init__(self, benchmarks: Benchmarks, store: BenchmarkStore, clock: Clock, every: timedelta | None) -> None:
        """``every`` None: nothing is begun, but what was cut off still goes on."""
        self._benchmarks = benchmarks
        self._store = store
        self._clock = clock
        self.every = every
        self._started_at = clock.now()

    async def look(self) -> BenchmarkRun | None:
        """Begin what is due, in the background; what was begun. Raises `DatabaseError`, `ConfigurationError`."""
        runs = await self._store.benchmark_runs(limit=RUNS_LOOKED_AT)
        now = self._clock.now()
        if any(is_live(run, now) for run in runs):
            return None
        try:
            cut_off = next((run for run in runs if _was_cut_off(run, now)), None)
            if cut_off is not None:
                return await self._go_on(cut_off)
            due = None if await self.paused_at() else self.next_at(runs)
            return None if due is None or now < due else await self._begin(runs)
        except RunGoesOn:
            return None  # somebody was quicker

    async def forget_answers(self) -> None:
        await self._store.forget_benchmark_answers(self._clock.now() - ANSWERS_KEPT)

    async def next_run(self) -> datetime | None:
        """None: none is scheduled, an operator paused them, or there is nobody to ask."""
        if not self._asked() or await self.paused_at():
            return None
        return self.next_at(await self._store.benchmark_runs(limit=RUNS_LOOKED_AT))

    async def paused_at(self) -> datetime | None:
        """None: no operator paused them."""
        return await self._store.benchmarks_paused_at()

    async def pause(self, *, by: str | None = None) -> None:
        """No run begins by itself, in any process and after any restart; one that goes on is not touched.

        ``by``: whoever asked, for the log; None at a command line.
        """
        await self._store.pause_benchmarks(self._clock.now())
        logger.info("benchmarks_paused", by=by)

    async def unpause(self, *, by: str | None = None) -> None:
        await self._store.unpause_benchmarks()
        logger.info("benchmarks_unpaused", by=by)

    def next_at(self, runs: Sequence[BenchmarkRun]) -> datetime | None:
        """``runs``: the newest, newest first."""
        if self.every is None:
            return None
        last = next((run for run in runs if run.trigger is RunTrigger.SCHEDULE), None)
        if last is None:
            return self._started_at + min(FIRST_AFTER, self.every)
        begun = last.ended_at if last.resumptions and last.ended_at else last.started_at
        return begun + self.every

    def _asked(self) -> list[str]:
        return [one.name for one in self._benchmarks.providers() if not one.info.demo]

    async def _begin(self, runs: Sequence[BenchmarkRun]) -> BenchmarkRun | None:
        last = next((run for run in runs if run.trigger is RunTrigger.SCHEDULE), None)
        if last is not None and last.reason in {StopReason.COST_CAP, StopReason.BUDGET}:
            try:
                return await self._benchmarks.start_resume(last.id)
            except RunGoesOn:
                raise
            except Conflict:
                logger.info("benchmark_run_outdated", run_id=last.id)
        asked = self._asked()
        if not asked:
            return None
        return await self._benchmarks.start(providers=asked, trigger=RunTrigger.SCHEDULE)

    async def _go_on(self, run: BenchmarkRun) -> BenchmarkRun | None:
        try:
            return await self._benchmarks.start_resume(run.id, keep_cap=True)
        except RunGoesOn:
            raise
        except (Conflict, InvalidInput):
            return await self._store.end_benchmark_run(run.id, StopReason.FAILED, self._clock.now())


def _was_cut_off(run: BenchmarkRun, now: datetime) -> bool:
    """By a crash or a stop of its process; whoever gave a command takes it up themselves."""
    if run.trigger is RunTrigger.COMMAND or run.resumptions >= MOST_RESUMPTIONS or run.stop_asked_at is not None:
        return False
    if now - run.started_at > WORTH_RESUMING:
        return False
    return run.state is RunState.RUNNING or run.reason is StopReason.SHUTDOWN
