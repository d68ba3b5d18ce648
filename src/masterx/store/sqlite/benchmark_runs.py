"""The part of `BenchmarkStore` that is about runs and the answers in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

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
from masterx.store.sqlite.columns import (
    json_text,
    optional_time_of,
    optional_time_text,
    placeholders,
    strings_of,
    time_of,
    time_text,
)
from masterx.store.sqlite.tables import Tables

_RUN = (
    "id, trigger, state, suites, models, cost_cap, started_at, seen_at, ended_at, reason, stop_asked_at, done, cost,"
    " resumptions"
)
_ADD_RUN = f"INSERT INTO benchmark_runs ({_RUN}) VALUES ({placeholders(_RUN)})"
_ONE_RUN = f"SELECT {_RUN} FROM benchmark_runs WHERE id = ?"
_RUNS = f"SELECT {_RUN} FROM benchmark_runs ORDER BY id DESC LIMIT ?"
_RESUME = f"""
    UPDATE benchmark_runs SET state = 'running', cost_cap = ?2, seen_at = ?3, ended_at = NULL, reason = NULL,
        stop_asked_at = NULL, resumptions = resumptions + 1
    WHERE id = ?1 RETURNING {_RUN}
"""
_NOTE = f"UPDATE benchmark_runs SET seen_at = ?2, cost = cost + ?3 WHERE id = ?1 RETURNING {_RUN}"
_STOP = "UPDATE benchmark_runs SET stop_asked_at = ? WHERE id = ? AND state = 'running' AND stop_asked_at IS NULL"
_END = f"UPDATE benchmark_runs SET state = ?2, reason = ?3, ended_at = ?4, seen_at = ?4 WHERE id = ?1 RETURNING {_RUN}"

_ANSWER = (
    "run_id, category, provider, test_id, model_name, answered_at, quality, passed, time_ms, cost, pricing, tokens,"
    " reasons, error_code, answer"
)
_ADD_ANSWER = f"""
    INSERT INTO benchmark_answers ({_ANSWER}) VALUES ({placeholders(_ANSWER)})
    ON CONFLICT (run_id, category, provider, test_id) DO NOTHING
"""
_ANSWERED = "UPDATE benchmark_runs SET done = done + 1, cost = cost + ?, seen_at = ? WHERE id = ?"
_ANSWERS = f"SELECT {_ANSWER} FROM benchmark_answers WHERE run_id = ? ORDER BY run_id, category, provider, test_id"
JOB: Final = "benchmarks"
_PAUSE = "INSERT INTO paused_jobs (job, paused_at) VALUES (?, ?) ON CONFLICT (job) DO NOTHING"
_UNPAUSE = "DELETE FROM paused_jobs WHERE job = ?"
_PAUSED_AT = "SELECT paused_at FROM paused_jobs WHERE job = ?"
_FORGET_ANSWERS = "DELETE FROM benchmark_answers WHERE answered_at < ?"


class SQLiteBenchmarkRuns(Tables):
    async def add_benchmark_run(self, run: BenchmarkRun) -> None:
        await self._writer.run(_execute, _ADD_RUN, _run_row(run))

    async def benchmark_run(self, run_id: str) -> BenchmarkRun | None:
        runs = await self._readers.run(_select_runs, _ONE_RUN, (run_id,))
        return runs[0] if runs else None

    async def benchmark_runs(self, *, limit: int) -> Sequence[BenchmarkRun]:
        return await self._readers.run(_select_runs, _RUNS, (limit,))

    async def resume_benchmark_run(self, run_id: str, cost_cap: NanoDollars | None, now: datetime) -> BenchmarkRun:
        return await self._writer.run(_change, _RESUME, (run_id, cost_cap, time_text(now)))

    async def note_benchmark_run(self, run_id: str, now: datetime, *, cost: NanoDollars) -> BenchmarkRun:
        return await self._writer.run(_change, _NOTE, (run_id, time_text(now), cost))

    async def stop_benchmark_run(self, run_id: str, now: datetime) -> bool:
        return await self._writer.run(_execute, _STOP, (time_text(now), run_id)) == 1

    async def end_benchmark_run(self, run_id: str, reason: StopReason | None, now: datetime) -> BenchmarkRun:
        state = RunState.FINISHED if reason is None else RunState.STOPPED
        return await self._writer.run(_change, _END, (run_id, state, reason, time_text(now)))

    async def add_benchmark_answer(self, answer: BenchmarkAnswer) -> bool:
        return await self._writer.run(_add_answer, answer)

    async def benchmark_answers(self, run_id: str) -> Sequence[BenchmarkAnswer]:
        return await self._readers.run(_select_answers, run_id)

    async def pause_benchmarks(self, now: datetime) -> None:
        await self._writer.run(_execute, _PAUSE, (JOB, time_text(now)))

    async def unpause_benchmarks(self) -> None:
        await self._writer.run(_execute, _UNPAUSE, (JOB,))

    async def benchmarks_paused_at(self) -> datetime | None:
        return await self._readers.run(_paused_at)

    async def forget_benchmark_answers(self, before: datetime) -> None:
        await self._writer.run(_execute, _FORGET_ANSWERS, (time_text(before),))


def _execute(connection: sqlite3.Connection, statement: str, parameters: tuple[Any, ...]) -> int:
    return connection.execute(statement, parameters).rowcount


def _change(connection: sqlite3.Connection, statement: str, parameters: tuple[Any, ...]) -> BenchmarkRun:
    rows = connection.execute(statement, parameters).fetchall()
    if not rows:
        raise NotFound
    return _run(rows[0])


def _select_runs(connection: sqlite3.Connection, query: str, parameters: tuple[Any, ...]) -> list[BenchmarkRun]:
    return [_run(row) for row in connection.execute(query, parameters)]


def _add_answer(connection: sqlite3.Connection, answer: BenchmarkAnswer) -> bool:
    if not _execute(connection, _ADD_ANSWER, _answer_row(answer)):
        return False
    if not _execute(connection, _ANSWERED, (answer.cost, time_text(answer.answered_at), answer.run_id)):
        raise NotFound
    return True


def _paused_at(connection: sqlite3.Connection) -> datetime | None:
    row = connection.execute(_PAUSED_AT, (JOB,)).fetchone()
    return None if row is None else time_of(row[0])


def _select_answers(connection: sqlite3.Connection, run_id: str) -> list[BenchmarkAnswer]:
    return [_answer(row) for row in connection.execute(_ANSWERS, (run_id,))]


def _run_row(run: BenchmarkRun) -> tuple[Any, ...]:
    return (
        run.id,
        run.trigger,
        run.state,
        json_text([asdict(suite) for suite in run.suites]),
        json_text([asdict(model) for model in run.models]),
        run.cost_cap,
        time_text(run.started_at),
        time_text(run.seen_at),
        optional_time_text(run.ended_at),
        run.reason,
        optional_time_text(run.stop_asked_at),
        run.done,
        run.cost,
        run.resumptions,
    )


def _run(row: tuple[Any, ...]) -> BenchmarkRun:
    return BenchmarkRun(
        id=row[0],
        trigger=RunTrigger(row[1]),
        state=RunState(row[2]),
        suites=tuple(BenchmarkedSuite(**suite) for suite in json.loads(row[3])),
        models=tuple(BenchmarkedModel(**model) for model in json.loads(row[4])),
        cost_cap=row[5],
        started_at=time_of(row[6]),
        seen_at=time_of(row[7]),
        ended_at=optional_time_of(row[8]),
        reason=None if row[9] is None else StopReason(row[9]),
        stop_asked_at=optional_time_of(row[10]),
        done=row[11],
        cost=row[12],
        resumptions=row[13],
    )


def _answer_row(answer: BenchmarkAnswer) -> tuple[Any, ...]:
    return (
        answer.run_id,
        answer.category,
        answer.provider,
        answer.test_id,
        answer.model_name,
        time_text(answer.answered_at),
        answer.quality,
        answer.passed,
        answer.time_ms,
        answer.cost,
        answer.pricing,
        answer.tokens,
        json_text(answer.reasons),
        answer.error_code,
        answer.answer,
    )


def _answer(row: tuple[Any, ...]) -> BenchmarkAnswer:
    return BenchmarkAnswer(
        run_id=row[0],
        category=row[1],
        provider=row[2],
        test_id=row[3],
        model_name=row[4],
        answered_at=time_of(row[5]),
        quality=row[6],
        passed=bool(row[7]),
        time_ms=row[8],
        cost=row[9],
        pricing=Pricing(row[10]),
        tokens=row[11],
        reasons=strings_of(row[12]),
        error_code=row[13],
        answer=row[14],
    )
