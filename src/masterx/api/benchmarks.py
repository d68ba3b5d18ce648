"""Benchmarks of the configured models, for administrators: where each stands, its history, and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.csv_files import CSV_ANSWER, csv_file, exact_dollars, whole
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, BenchmarkRun, RunState, RunTrigger, StopReason
from masterx.records.costs import Pricing
from masterx.records.money import from_dollars, to_dollars
from masterx.routing.benchmarks.running import can_go_on, is_live
from masterx.wiring import Services

LOOKED_BACK = timedelta(days=365)
RUNS_SHOWN = 50
RESULTS_IN_FILE = 50_000

router = APIRouter(prefix="/api/v1/admin/benchmarks", tags=["benchmarks"], route_class=StrictJsonRoute)
files = APIRouter(prefix="/api/v1/admin", tags=["benchmarks"])

RunId = Annotated[Uuid, Path()]
Category = Annotated[str | None, Query(max_length=100, description="Only this one.", examples=["math"])]
Score = Annotated[float, Field(ge=0, le=100)]
Dollars = Annotated[Decimal, Field(gt=0, le=10_000, description="US dollars.", examples=[0.25])]


class TestResultBody(BaseModel):
    test_id: str
    quality: Score
    time_ms: int
    passed: bool


class BenchmarkResultBody(BaseModel):
    id: str
    run_id: str | None
    category: str = Field(examples=["math"])
    provider: str = Field(examples=["groq"])
    model_name: str
    timestamp: datetime
    suite_version: str | None = Field(description="Results of different versions cannot be compared.")
    quality_score: Score
    speed_score: Score
    cost_score: Score
    final_score: Score
    quality_error: float | None = Field(description="Standard error.")
    final_error: float | None
    avg_response_time_ms: float
    avg_cost: float = Field(description="US dollars an answer; see `pricing`.")
    pricing: Pricing | None = Field(description="`unpriced`: the cost is a ceiling. Null: there was no answer.")
    tests_passed: int
    tests_total: int
    error_code: str | None = Field(description="Of a provider that answered none of the tests.")
    test_results: list[TestResultBody]

    @classmethod
    def of(cls, result: BenchmarkResult) -> BenchmarkResultBody:
        return cls.model_validate({**asdict(result), "avg_cost": to_dollars(result.avg_cost)})


class SuiteBody(BaseModel):
    category: str
    version: str
    tests: int


class ModelBody(BaseModel):
    provider: str
    model_name: str


class RunBody(BaseModel):
    id: str
    trigger: RunTrigger
    state: RunState
    is_live: bool = Field(description="False for one that says running, and whose process died: it can go on.")
    can_go_on: bool
    reason: StopReason | None = Field(description="Why it stopped before its end.")
    suites: list[SuiteBody]
    models: list[ModelBody]
    done: int
    total: int
    cost: float = Field(description="US dollars so far, as budgets count them.")
    cost_cap: float | None
    started_at: datetime
    seen_at: datetime = Field(description="When somebody was last at it.")
    ended_at: datetime | None
    asking: list[str] = Field(description="Provider and test, of those asked this moment by the process that answers.")

    @classmethod
    def of(cls, services: Services, run: BenchmarkRun) -> RunBody:
        now, progress = services.clock.now(), services.benchmarks.progress(run.id)
        return cls(
            id=run.id,
            trigger=run.trigger,
            state=run.state,
            is_live=is_live(run, now),
            can_go_on=can_go_on(run, now),
            reason=run.reason,
            suites=[SuiteBody(**asdict(suite)) for suite in run.suites],
            models=[ModelBody(**asdict(model)) for model in run.models],
            done=run.done,
            total=run.total,
            cost=to_dollars(run.cost),
            cost_cap=None if run.cost_cap is None else to_dollars(run.cost_cap),
            started_at=run.started_at,
            seen_at=run.seen_at,
            ended_at=run.ended_at,
            asking=[] if progress is None else [f"{one.provider} {one.test_id}" for one in progress.asking],
        )


class AnswerBody(BaseModel):
    category: str
    provider: str
    model_name: str
    test_id: str
    answered_at: datetime
    quality: Score
    passed: bool
    time_ms: int
    cost: float = Field(description="US dollars, as budgets count them.")
    pricing: Pricing
    tokens: int
    reasons: list[str] = Field(description="Why it was graded so.")
    error_code: str | None
    answer: str = Field(description="Its first 2,000 characters.")

    @classmethod
    def of(cls, answer: BenchmarkAnswer) -> AnswerBody:
        return cls.model_validate({**asdict(answer), "cost": to_dollars(answer.cost)})


class StandingBody(BaseModel):
    results: list[BenchmarkResultBody] = Field(description="The newest of each model in each category.")
    suites: list[SuiteBody]
    every_hours: float | None = Field(description="Null: runs are not scheduled.")
    next_run: datetime | None = Field(description="Null where none is scheduled, or there is no real model.")
    paused_at: datetime | None = Field(description="Since when no run begins by itself; null: they are not paused.")
    running: RunBody | None


class HistoryBody(BaseModel):
    results: list[BenchmarkResultBody] = Field(description="Newest first.")


class RunsBody(BaseModel):
    runs: list[RunBody] = Field(description="Newest first.")


class RunDetailBody(BaseModel):
    run: RunBody
    results: list[BenchmarkResultBody]
    answers: list[AnswerBody] = Field(description="Kept for 30 days.")


class StartBody(RequestModel):
    categories: list[str] | None = Field(default=None, max_length=50, description="Null: all.", examples=[["math"]])
    providers: list[str] | None = Field(default=None, max_length=100, description="Null: all in use.")
    cost_cap: Dollars | None = Field(default=None, description="Null: `MASTERX_BENCHMARK_COST_CAP`.")


class ScheduleBody(RequestModel):
    paused: bool = Field(description="True: no run begins by itself until it is false again.")


class ScheduledBody(BaseModel):
    paused_at: datetime | None
    next_run: datetime | None


class ResumeBody(RequestModel):
    cost_cap: Dollars | None = Field(default=None, description="For what is left of it.")


@router.get("", responses=errors(401, 403, 422, 503))
async def standing(services: CurrentServices, category: Category = None) -> StandingBody:
    """Where each model stands in each category, and when it is looked at again."""
    latest = await services.store.latest_benchmark_results(services.clock.now() - LOOKED_BACK)
    every = services.benchmark_schedule.every
    live = await running_now(services)
    return StandingBody(
        results=[BenchmarkResultBody.of(one) for one in latest if category in {None, one.category}],
        suites=[
            SuiteBody(category=suite.category, version=suite.version, tests=len(suite.tests))
            for suite in services.benchmarks.suites().values()
        ],
        every_hours=None if every is None else every / timedelta(hours=1),
        next_run=await services.benchmark_schedule.next_run(),
        paused_at=await services.benchmark_schedule.paused_at(),
        running=None if live is None else RunBody.of(services, live),
    )


@router.get("/history", responses=errors(401, 403, 422, 503))
async def history(
    services: CurrentServices,
    category: Category = None,
    provider: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> HistoryBody:
    """Results of every run."""
    found = await services.store.benchmark_results(category=category, provider=provider, limit=limit)
    return HistoryBody(results=[BenchmarkResultBody.of(one) for one in found])


@router.put("/schedule", responses=errors(401, 403, 422, 503))
async def schedule(body: ScheduleBody, identity: CurrentIdentity, services: CurrentServices) -> ScheduledBody:
    """Have runs begin by themselves, or not; heard by every worker. A run that goes on is not touched."""
    timetable = services.benchmark_schedule
    if body.paused:
        await timetable.pause(by=identity.user_id)
    else:
        await timetable.unpause(by=identity.user_id)
    return ScheduledBody(paused_at=await timetable.paused_at(), next_run=await timetable.next_run())


@router.get("/runs", responses=errors(401, 403, 503))
async def runs(services: CurrentServices) -> RunsBody:
    """The newest 50."""
    found = await services.store.benchmark_runs(limit=RUNS_SHOWN)
    return RunsBody(runs=[RunBody.of(services, run) for run in found])


@router.post("/runs", status_code=202, responses=errors(401, 403, 409, 422, 503))
async def start(body: StartBody, services: CurrentServices) -> RunBody:
    """Begin a run in the background; ask `/runs/{run_id}` how it goes on. 409 while another is under way."""
    cap = None if body.cost_cap is None else from_dollars(body.cost_cap)
    run = await services.benchmarks.start(body.categories, body.providers, cost_cap=cap)
    return RunBody.of(services, run)


@router.get("/runs/{run_id}", responses=errors(401, 403, 404, 422, 503))
async def run_detail(run_id: RunId, services: CurrentServices) -> RunDetailBody:
    """How it stands, and every answer with the reasons for its grade."""
    run = await required_run(services, run_id)
    results = await services.store.benchmark_results(run_id=run_id, limit=RESULTS_IN_FILE)
    return RunDetailBody(
        run=RunBody.of(services, run),
        results=[BenchmarkResultBody.of(one) for one in results],
        answers=[AnswerBody.of(one) for one in await services.store.benchmark_answers(run_id)],
    )


@router.post("/runs/{run_id}/stop", responses=errors(401, 403, 404, 422, 503))
async def stop(run_id: RunId, services: CurrentServices) -> RunBody:
    """Within seconds, in whichever process it runs. What was answered is kept."""
    return RunBody.of(services, await services.benchmarks.stop(run_id))


@router.post("/runs/{run_id}/resume", status_code=202, responses=errors(401, 403, 404, 409, 422, 503))
async def resume(run_id: RunId, body: ResumeBody, services: CurrentServices) -> RunBody:
    """Go on with one that was stopped or cut off; nothing is asked twice."""
    cap = None if body.cost_cap is None else from_dollars(body.cost_cap)
    return RunBody.of(services, await services.benchmarks.start_resume(run_id, cost_cap=cap))


@files.get("/benchmarks.csv", responses={**CSV_ANSWER, **errors(401, 403, 422, 503)}, response_class=StreamingResponse)
async def benchmarks_csv(services: CurrentServices, category: Category = None) -> StreamingResponse:
    """Results of every run, newest first, as a file."""
    found = await services.store.benchmark_results(category=category, limit=RESULTS_IN_FILE)
    return csv_file("masterx-benchmarks", _COLUMNS, whole([_row(one) for one in found]))


async def required_run(services: Services, run_id: str) -> BenchmarkRun:
    run = await services.store.benchmark_run(run_id)
    if run is None:
        raise NotFound
    return run


async def running_now(services: Services) -> BenchmarkRun | None:
    now = services.clock.now()
    return next((run for run in await services.store.benchmark_runs(limit=RUNS_SHOWN) if is_live(run, now)), None)


_COLUMNS = [
    "timestamp",
    "category",
    "provider",
    "model_name",
    "final_score",
    "final_error",
    "quality_score",
    "quality_error",
    "speed_score",
    "cost_score",
    "tests_passed",
    "tests_total",
    "avg_response_time_ms",
    "avg_cost_usd",
    "pricing",
    "suite_version",
    "error_code",
    "run_id",
]


def _row(result: BenchmarkResult) -> Sequence[object]:
    values = {**asdict(result), "avg_cost_usd": exact_dollars(result.avg_cost)}
    return [values[name] for name in _COLUMNS]
