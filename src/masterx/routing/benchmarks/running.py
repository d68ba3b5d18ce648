"""Runs of benchmarks: begun, taken up again where they were cut off, watched and stopped.

One at a time in an installation, held by a lease, so that runs do not slow each other down and spend no money at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from masterx.clock import TOLERATED_SKEW_SECONDS, Clock, new_id
from masterx.errors import Conflict, DatabaseError, MasterXError, NotFound, ShuttingDown
from masterx.providers.base import Provider
from masterx.records.benchmarks import BenchmarkResult, BenchmarkRun, RunState, RunTrigger, StopReason
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.asking import Asker
from masterx.routing.benchmarks.plan import Plan, chosen_providers, chosen_suites, planned, taken_up
from masterx.routing.benchmarks.progress import RunProgress, RunReport, Watch, nobody_watches
from masterx.routing.benchmarks.scores import Weights
from masterx.routing.benchmarks.suite import Suite
from masterx.routing.benchmarks.under_way import RunUnderWay
from masterx.store.benchmark_ports import BenchmarkStore

logger = structlog.get_logger()

LEASE: Final = "benchmarks"
LEASE_SECONDS: Final = 30
BEAT_SECONDS: Final = 2.0
RUNS_LOOKED_AT: Final = 50
"""Among so many of the newest the one that can go on is looked for."""


class RunStore(BenchmarkStore, Protocol):
    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool: ...

    async def release_lease(self, name: str, holder: str) -> None: ...


class ReadyProviders(Protocol):
    def ready(self) -> Sequence[Provider]: ...


class Switches(Protocol):
    @property
    def disabled(self) -> frozenset[str]: ...


class RunGoesOn(Conflict):
    default_message = "A benchmark run is under way. Wait for its end, or stop it."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    at_once: int = 8
    at_once_of_a_provider: int = 2
    beat_seconds: float = BEAT_SECONDS
    """How often a run says that somebody is at it, and looks whether it is to stop."""


def is_live(run: BenchmarkRun, now: datetime) -> bool:
    """Whether somebody is at it; a run that was cut off by a crash is not, and can go on."""
    silence = (now - run.seen_at).total_seconds()
    return run.state is RunState.RUNNING and silence < LEASE_SECONDS + TOLERATED_SKEW_SECONDS


def can_go_on(run: BenchmarkRun, now: datetime) -> bool:
    return run.state is not RunState.FINISHED and not is_live(run, now)


class _Stopped(Exception):
    def __init__(self, reason: StopReason) -> None:
        super().__init__()
        self.reason = reason


class Benchmarks:
    """What the command, the page, the schedule and integrators call."""

    def __init__(
        self,
        providers: ReadyProviders,
        switches: Switches,
        store: RunStore,
        clock: Clock,
        asker: Asker,
        *,
        suites: Callable[[], Mapping[str, Suite]],
        limits: RunLimits,
        weights: Mapping[str, Weights],
        cost_cap: NanoDollars | None,
    ) -> None:
        """``suites`` raises `ConfigurationError` for a mistake in the operator's. ``cost_cap`` is of a run for which
        no other is named.
        """
        self._providers = providers
        self._switches = switches
        self._store = store
        self._clock = clock
        self._asker = asker
        self._suites = suites
        self._limits = limits
        self._weights = weights
        self.cost_cap = cost_cap
        self._tasks: dict[str, asyncio.Task[RunReport]] = {}
        self._progress: RunProgress | None = None
        self._closing = False

    def suites(self) -> Mapping[str, Suite]:
        return self._suites()

    def providers(self) -> tuple[Provider, ...]:
        """Those that a run may ask now, in the operator's order."""
        return tuple(one for one in self._providers.ready() if one.name not in self._switches.disabled)

    def progress(self, run_id: str) -> RunProgress | None:
        """How it stands this moment, where it runs in this process; its row in the store tells everywhere."""
        return self._progress if self._progress is not None and self._progress.run_id == run_id else None

    async def run_benchmarks(
        self,
        categories: Iterable[str] | None = None,
        providers: Iterable[str] | None = None,
        *,
        cost_cap: NanoDollars | None = None,
        trigger: RunTrigger = RunTrigger.COMMAND,
        watch: Watch = nobody_watches,
    ) -> RunReport:
        """Ask everything, and wait for the end. None: all categories, all providers in use, the cap of the settings.

        Raises `InvalidInput` for what is not there, `RunGoesOn`, and `DatabaseError`. A provider that fails is a
        result; so is a run that its cap ended: see ``report.run``. Whoever cancels this stops the run.
        """
        plan = self._plan(categories, providers, cost_cap, trigger)
        return await self._conduct(plan, watch, is_new=True)

    async def resume(
        self, run_id: str | None = None, *, cost_cap: NanoDollars | None = None, watch: Watch = nobody_watches
    ) -> RunReport:
        """Go on with a run that was cut off or stopped; None: the newest of them. ``cost_cap`` is for what is left.

        Raises `NotFound`, `RunGoesOn`, and `Conflict` where its tests or models have changed.
        """
        plan = await self._plan_on(run_id, cost_cap)
        return await self._conduct(plan, watch, is_new=False)

    async def start(
        self,
        categories: Iterable[str] | None = None,
        providers: Iterable[str] | None = None,
        *,
        cost_cap: NanoDollars | None = None,
        trigger: RunTrigger = RunTrigger.OPERATOR,
    ) -> BenchmarkRun:
        """As `run_benchmarks`, in the background of this process: its store tells how it goes on."""
        return await self._begin(self._plan(categories, providers, cost_cap, trigger), is_new=True)

    async def start_resume(
        self, run_id: str, *, cost_cap: NanoDollars | None = None, keep_cap: bool = False
    ) -> BenchmarkRun:
        """As `resume`, in the background. ``keep_cap``: under the cap that it had, for one that was cut off."""
        return await self._begin(await self._plan_on(run_id, cost_cap, keep_cap=keep_cap), is_new=False)

    async def stop(self, run_id: str) -> BenchmarkRun:
        """Within seconds, in whichever process it runs. Raises `NotFound`; a run that is over stays as it is."""
        run = await self._store.benchmark_run(run_id)
        if run is None:
            raise NotFound("There is no such run.")
        await self._store.stop_benchmark_run(run_id, self._clock.now())
        if run.state is RunState.RUNNING and not is_live(run, self._clock.now()):
            return await self._store.end_benchmark_run(run_id, StopReason.ASKED, self._clock.now())
        return await self._store.benchmark_run(run_id) or run

    async def settled(self) -> None:
        """When nothing that was started here still runs."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """Stop what runs here; another process goes on with it."""
        self._closing = True
        for task in self._tasks.values():
            task.cancel()
        await self.settled()

    def _plan(
        self,
        categories: Iterable[str] | None,
        providers: Iterable[str] | None,
        cost_cap: NanoDollars | None,
        trigger: RunTrigger,
    ) -> Plan:
        return planned(
            chosen_suites(self._suites(), categories),
            chosen_providers(self._providers.ready(), self._switches.disabled, providers),
            trigger=trigger,
            cost_cap=self.cost_cap if cost_cap is None else cost_cap,
            now=self._clock.now(),
        )

    async def _plan_on(self, run_id: str | None, cost_cap: NanoDollars | None, *, keep_cap: bool = False) -> Plan:
        now = self._clock.now()
        if run_id is None:
            runs = await self._store.benchmark_runs(limit=RUNS_LOOKED_AT)
            run = next((run for run in runs if is_live(run, now) or can_go_on(run, now)), None)
        else:
            run = await self._store.benchmark_run(run_id)
        if run is None:
            raise NotFound("There is no run that could go on." if run_id is None else "There is no such run.")
        if is_live(run, now):
            raise RunGoesOn
        if run.state is RunState.FINISHED:
            raise Conflict("That run is finished.")
        if not keep_cap:
            run = _with_cap(run, self.cost_cap if cost_cap is None else cost_cap)
        return taken_up(run, self._suites(), self.providers())

    async def _begin(self, plan: Plan, *, is_new: bool) -> BenchmarkRun:
        if self._closing:
            raise ShuttingDown
        begun: asyncio.Future[BenchmarkRun] = asyncio.get_running_loop().create_future()
        work = self._conduct(plan, nobody_watches, is_new=is_new, begun=begun)
        task = asyncio.create_task(work, name="benchmark-run")
        self._tasks[plan.run.id] = task
        task.add_done_callback(lambda done: self._ended(plan.run.id, done, begun))
        return await begun

    def _ended(self, run_id: str, task: asyncio.Task[RunReport], begun: asyncio.Future[BenchmarkRun]) -> None:
        """The outermost edge of a run in the background."""
        self._tasks.pop(run_id, None)
        error = None if task.cancelled() else task.exception()
        if not begun.done():
            begun.set_exception(error or ShuttingDown())
        elif error is not None:
            logger.error("benchmark_run_failed", run_id=run_id, error_type=type(error).__name__)

    async def _conduct(
        self, plan: Plan, watch: Watch, *, is_new: bool, begun: asyncio.Future[BenchmarkRun] | None = None
    ) -> RunReport:
        holder = new_id(self._clock.now())
        if not await self._take_lease(holder):
            raise RunGoesOn

        def noted(progress: RunProgress) -> None:
            self._progress = progress
            watch(progress)

        try:
            run = await self._on_record(plan, is_new=is_new)
            if begun is not None and not begun.done():
                begun.set_result(run)
            answers = () if is_new else await self._store.benchmark_answers(run.id)
            under_way = RunUnderWay(
                Plan(run, plan.suites, plan.providers),
                answers,
                self._asker,
                self._store,
                self._clock,
                at_once=self._limits.at_once,
                at_once_of_a_provider=self._limits.at_once_of_a_provider,
                weights=self._weights,
                watch=noted,
            )
            ended = await self._to_its_end(run, under_way, holder)
            return await self._report(ended)
        finally:
            self._progress = None
            with contextlib.suppress(DatabaseError):  # it lapses by itself
                await self._store.release_lease(LEASE, holder)

    async def _on_record(self, plan: Plan, *, is_new: bool) -> BenchmarkRun:
        run, now = plan.run, self._clock.now()
        if is_new:
            await self._store.add_benchmark_run(run)
        else:
            run = await self._store.resume_benchmark_run(run.id, run.cost_cap, now)
        logger.info(
            "benchmark_run_began",
            run_id=run.id,
            trigger=run.trigger.value,
            categories=[suite.category for suite in run.suites],
            providers=[model.provider for model in run.models],
            done=run.done,
            total=run.total,
        )
        return run

    async def _to_its_end(self, run: BenchmarkRun, under_way: RunUnderWay, holder: str) -> BenchmarkRun:
        """However it ends, the store says so, where it can be reached."""
        reason: StopReason | None = StopReason.FAILED
        try:
            reason = await self._attended(run, under_way, holder)
        except _Stopped as stopped:
            reason = stopped.reason
        except asyncio.CancelledError:
            reason = StopReason.ASKED if run.trigger is RunTrigger.COMMAND else StopReason.SHUTDOWN
            raise
        finally:
            ended = await asyncio.shield(asyncio.create_task(self._end(run, under_way, reason), name="end-run"))
        return ended

    async def _attended(self, run: BenchmarkRun, under_way: RunUnderWay, holder: str) -> StopReason | None:
        """Beside the work, the lease is renewed and the operator heard. Raises `_Stopped`."""
        work = asyncio.create_task(under_way.go(), name="benchmark-work")
        beat = asyncio.create_task(self._beat(run.id, holder), name="benchmark-beat")
        try:
            await asyncio.wait((work, beat), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return _result_of(work)
            raise _Stopped(beat.result())
        finally:
            work.cancel()
            beat.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _beat(self, run_id: str, holder: str) -> StopReason:
        """Until there is a reason to stop."""
        renewed = self._clock.monotonic()
        while True:
            await asyncio.sleep(self._limits.beat_seconds)
            try:
                if not await self._take_lease(holder):
                    return StopReason.FAILED
                renewed = self._clock.monotonic()
                run = await self._store.note_benchmark_run(run_id, self._clock.now(), cost=NanoDollars(0))
            except DatabaseError as error:
                logger.warning("benchmark_run_not_noted", run_id=run_id, error_type=type(error).__name__)
                if self._clock.monotonic() - renewed > LEASE_SECONDS - BEAT_SECONDS:
                    return StopReason.FAILED
            else:
                if run.stop_asked_at is not None:
                    return StopReason.ASKED

    async def _end(self, run: BenchmarkRun, under_way: RunUnderWay, reason: StopReason | None) -> BenchmarkRun:
        now = self._clock.now()
        if under_way.uncounted:
            await self._store.note_benchmark_run(run.id, now, cost=under_way.uncounted)
        ended = await self._store.end_benchmark_run(run.id, reason, now)
        logger.info(
            "benchmark_run_ended",
            run_id=run.id,
            state=ended.state.value,
            reason=None if reason is None else reason.value,
            done=ended.done,
            total=ended.total,
            cost=ended.cost,
        )
        return ended

    async def _report(self, run: BenchmarkRun) -> RunReport:
        results = await self._store.benchmark_results(run_id=run.id, limit=len(run.suites) * len(run.models))
        table: dict[str, dict[str, BenchmarkResult]] = {}
        for suite in run.suites:
            found = {result.provider: result for result in results if result.category == suite.category}
            if found:
                table[suite.category] = found
        return RunReport(run, table)

    async def _take_lease(self, holder: str) -> bool:
        now = self._clock.now()
        return await self._store.take_lease(LEASE, holder, now + timedelta(seconds=LEASE_SECONDS), now)


def _with_cap(run: BenchmarkRun, more: NanoDollars | None) -> BenchmarkRun:
    """``more``: for what is left of it."""
    return replace(run, cost_cap=None if more is None else NanoDollars(run.cost + more))


def _result_of(work: asyncio.Task[StopReason | None]) -> StopReason | None:
    """A group of tasks raises a group of errors; the first of ours tells what was wrong."""
    try:
        return work.result()
    except BaseExceptionGroup as group:
        ours = next((error for error in group.exceptions if isinstance(error, MasterXError)), None)
        raise ours or group from None
