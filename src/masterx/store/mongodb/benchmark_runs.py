"""The part of `BenchmarkStore` that is about runs and the answers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.benchmarks import (
    BenchmarkAnswer,
    BenchmarkedModel,
    BenchmarkedSuite,
    BenchmarkRun,
    RunState,
    RunTrigger,
    StopReason,
)
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_before, optional_time_in, time_in, whole
from masterx.store.mongodb.tables import Tables

RUNS, ANSWERS, PAUSES = "benchmark_runs", "benchmark_answers", "paused_jobs"
JOB = "benchmarks"
NOTHING = {"ended_at": None, "reason": None, "stop_asked_at": None}


class MongoBenchmarkRuns(Tables):
    async def add_benchmark_run(self, run: BenchmarkRun) -> None:
        await self._database.write(_add_run, run)

    async def benchmark_run(self, run_id: str) -> BenchmarkRun | None:
        return await self._database.read(_one, run_id)

    async def benchmark_runs(self, *, limit: int) -> Sequence[BenchmarkRun]:
        return await self._database.read(_runs, limit)

    async def resume_benchmark_run(self, run_id: str, cost_cap: NanoDollars | None, now: datetime) -> BenchmarkRun:
        news = document(state=RunState.RUNNING, cost_cap=cost_cap, seen_at=now, **NOTHING)
        return await self._database.write(_change, run_id, {"$set": news, "$inc": {"resumptions": whole(1)}})

    async def note_benchmark_run(self, run_id: str, now: datetime, *, cost: NanoDollars) -> BenchmarkRun:
        change = {"$set": document(seen_at=now), "$inc": {"cost": whole(cost)}}
        return await self._database.write(_change, run_id, change)

    async def stop_benchmark_run(self, run_id: str, now: datetime) -> bool:
        return await self._database.write(_stop, run_id, now)

    async def end_benchmark_run(self, run_id: str, reason: StopReason | None, now: datetime) -> BenchmarkRun:
        state = RunState.FINISHED if reason is None else RunState.STOPPED
        news = document(state=state, reason=reason, ended_at=now, seen_at=now)
        return await self._database.write(_change, run_id, {"$set": news})

    async def add_benchmark_answer(self, answer: BenchmarkAnswer) -> bool:
        return await self._database.transact(f"benchmark {answer.run_id}", _add_answer, answer)

    async def benchmark_answers(self, run_id: str) -> Sequence[BenchmarkAnswer]:
        return await self._database.read(_answers, run_id)

    async def pause_benchmarks(self, now: datetime) -> None:
        await self._database.write(_pause, now)

    async def unpause_benchmarks(self) -> None:
        await self._database.write(Access.delete, PAUSES, {"_id": JOB})

    async def benchmarks_paused_at(self) -> datetime | None:
        return await self._database.read(_paused_at)

    async def forget_benchmark_answers(self, before: datetime) -> None:
        await self._database.write(_forget, before)


async def _add_run(access: Access, run: BenchmarkRun) -> None:
    row = document(
        id=run.id,
        trigger=run.trigger,
        state=run.state,
        suites=[asdict(suite) for suite in run.suites],
        models=[asdict(model) for model in run.models],
        cost_cap=run.cost_cap,
        started_at=run.started_at,
        seen_at=run.seen_at,
        ended_at=run.ended_at,
        reason=run.reason,
        stop_asked_at=run.stop_asked_at,
        done=run.done,
        cost=run.cost,
        resumptions=run.resumptions,
    )
    await access.insert(RUNS, row)


async def _one(access: Access, run_id: str) -> BenchmarkRun | None:
    row = await access.one(RUNS, {"_id": run_id})
    return None if row is None else _run(row)


async def _runs(access: Access, limit: int) -> list[BenchmarkRun]:
    return [_run(row) for row in await access.all(RUNS, {}, sort=[("_id", -1)], limit=limit)]


async def _change(access: Access, run_id: str, change: Row) -> BenchmarkRun:
    row = await access.change(RUNS, {"_id": run_id}, change)
    if row is None:
        raise NotFound
    return _run(row)


async def _stop(access: Access, run_id: str, now: datetime) -> bool:
    where = {"_id": run_id, "state": RunState.RUNNING.value, "stop_asked_at": None}
    return await access.update(RUNS, where, {"$set": document(stop_asked_at=now)}) == 1


async def _add_answer(access: Access, answer: BenchmarkAnswer) -> bool:
    key = answer_id(answer.run_id, answer.category, answer.provider, answer.test_id)
    if await access.one(ANSWERS, {"_id": key}, ["_id"]) is not None:
        return False
    change = {
        "$set": document(seen_at=answer.answered_at),
        "$inc": {"done": whole(1), "cost": whole(answer.cost)},
    }
    if not await access.update(RUNS, {"_id": answer.run_id}, change):
        raise NotFound
    await access.insert(ANSWERS, _answer_row(key, answer))
    return True


async def _answers(access: Access, run_id: str) -> list[BenchmarkAnswer]:
    order = [("category", 1), ("provider", 1), ("test_id", 1)]
    return [_answer(row) for row in await access.all(ANSWERS, {"run_id": run_id}, sort=order)]


async def _pause(access: Access, now: datetime) -> None:
    await access.update(PAUSES, {"_id": JOB}, {"$setOnInsert": document(paused_at=now)}, upsert=True)


async def _paused_at(access: Access) -> datetime | None:
    row = await access.one(PAUSES, {"_id": JOB})
    return None if row is None else time_in(row, "paused_at")


async def _forget(access: Access, before: datetime) -> None:
    await access.delete(ANSWERS, {"answered_at": {"$lt": not_before(before)}})


def answer_id(run_id: str, category: str, provider: str, test_id: str) -> str:
    return "\n".join((run_id, category, provider, test_id))


def _run(row: Mapping[str, Any]) -> BenchmarkRun:
    return BenchmarkRun(
        id=row["_id"],
        trigger=RunTrigger(row["trigger"]),
        state=RunState(row["state"]),
        suites=tuple(BenchmarkedSuite(**suite) for suite in row["suites"]),
        models=tuple(BenchmarkedModel(**model) for model in row["models"]),
        cost_cap=row["cost_cap"],
        started_at=time_in(row, "started_at"),
        seen_at=time_in(row, "seen_at"),
        ended_at=optional_time_in(row, "ended_at"),
        reason=None if row["reason"] is None else StopReason(row["reason"]),
        stop_asked_at=optional_time_in(row, "stop_asked_at"),
        done=row["done"],
        cost=row["cost"],
        resumptions=row["resumptions"],
    )


def _answer_row(key: str, answer: BenchmarkAnswer) -> Row:
    return document(
        id=key,
        run_id=answer.run_id,
        category=answer.category,
        provider=answer.provider,
        test_id=answer.test_id,
        model_name=answer.model_name,
        answered_at=answer.answered_at,
        quality=float(answer.quality),
        passed=answer.passed,
        time_ms=answer.time_ms,
        cost=answer.cost,
        pricing=answer.pricing,
        tokens=answer.tokens,
        reasons=answer.reasons,
        error_code=answer.error_code,
        answer=answer.answer,
    )


def _answer(row: Mapping[str, Any]) -> BenchmarkAnswer:
    return BenchmarkAnswer(
        run_id=row["run_id"],
        category=row["category"],
        provider=row["provider"],
        test_id=row["test_id"],
        model_name=row["model_name"],
        answered_at=time_in(row, "answered_at"),
        quality=row["quality"],
        passed=row["passed"],
        time_ms=row["time_ms"],
        cost=row["cost"],
        pricing=Pricing(row["pricing"]),
        tokens=row["tokens"],
        reasons=tuple(row["reasons"]),
        error_code=row["error_code"],
        answer=row["answer"],
    )
