"""`BenchmarkStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.records.costs import Pricing
from masterx.store.sqlite.columns import json_text, placeholders, time_of, time_text
from masterx.store.sqlite.tables import Tables

_COLUMNS = (
    "id, category, provider, model_name, timestamp, quality_score, speed_score, cost_score, final_score,"
    " avg_response_time_ms, avg_cost, tests_passed, tests_total, test_results, run_id, suite_version, quality_error,"
    " final_error, pricing, error_code"
)
_INSERT = f"INSERT INTO benchmark_results ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)}) ON CONFLICT (id) DO NOTHING"
_NEWEST = "ORDER BY timestamp DESC, id DESC LIMIT ?"
_SELECT = f"SELECT {_COLUMNS} FROM benchmark_results WHERE timestamp >= ? {_NEWEST}"
_SELECT_CATEGORY = f"SELECT {_COLUMNS} FROM benchmark_results WHERE category = ? AND timestamp >= ? {_NEWEST}"
_SELECT_PROVIDER = f"SELECT {_COLUMNS} FROM benchmark_results WHERE provider = ? AND timestamp >= ? {_NEWEST}"
_SELECT_BOTH = (
    f"SELECT {_COLUMNS} FROM benchmark_results WHERE category = ? AND provider = ? AND timestamp >= ? {_NEWEST}"
)
_SELECT_RUN = f"""
    SELECT {_COLUMNS} FROM benchmark_results
    WHERE run_id = ?1 AND timestamp >= ?2 AND (?3 IS NULL OR category = ?3) AND (?4 IS NULL OR provider = ?4)
    ORDER BY timestamp DESC, id DESC LIMIT ?5
"""
_LATEST = f"""
    SELECT {_COLUMNS} FROM benchmark_results WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (
                PARTITION BY provider, category, model_name ORDER BY timestamp DESC, id DESC
            ) AS place FROM benchmark_results WHERE timestamp >= ?1 AND (error_code IS NULL OR NOT ?2)
        ) WHERE place = 1
    ) ORDER BY timestamp DESC, id DESC
"""


class SQLiteBenchmarks(Tables):
    async def add_benchmark_results(self, results: Sequence[BenchmarkResult]) -> None:
        await self._writer.run(_add, results)

    async def benchmark_results(
        self,
        *,
        category: str | None = None,
        provider: str | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> Sequence[BenchmarkResult]:
        first = "" if since is None else time_text(since)
        if run_id is not None:
            return await self._readers.run(_select, _SELECT_RUN, (run_id, first, category, provider, limit))
        match category, provider:
            case None, None:
                return await self._readers.run(_select, _SELECT, (first, limit))
            case _, None:
                return await self._readers.run(_select, _SELECT_CATEGORY, (category, first, limit))
            case None, _:
                return await self._readers.run(_select, _SELECT_PROVIDER, (provider, first, limit))
            case _:
                return await self._readers.run(_select, _SELECT_BOTH, (category, provider, first, limit))

    async def latest_benchmark_results(self, since: datetime, *, answered: bool = False) -> Sequence[BenchmarkResult]:
        return await self._readers.run(_select, _LATEST, (time_text(since), answered))


def _add(connection: sqlite3.Connection, results: Sequence[BenchmarkResult]) -> None:
    connection.executemany(_INSERT, [_row(result) for result in results])


def _select(
    connection: sqlite3.Connection, query: str, parameters: tuple[str | int | None, ...]
) -> list[BenchmarkResult]:
    return [_result(row) for row in connection.execute(query, parameters)]


def _row(result: BenchmarkResult) -> tuple[Any, ...]:
    tests = [
        {"test_id": test.test_id, "quality": test.quality, "time_ms": test.time_ms, "passed": test.passed}
        for test in result.test_results
    ]
    return (
        result.id,
        result.category,
        result.provider,
        result.model_name,
        time_text(result.timestamp),
        result.quality_score,
        result.speed_score,
        result.cost_score,
        result.final_score,
        result.avg_response_time_ms,
        result.avg_cost,
        result.tests_passed,
        result.tests_total,
        json_text(tests),
        result.run_id,
        result.suite_version,
        result.quality_error,
        result.final_error,
        result.pricing,
        result.error_code,
    )


def _result(row: tuple[Any, ...]) -> BenchmarkResult:
    return BenchmarkResult(
        id=row[0],
        category=row[1],
        provider=row[2],
        model_name=row[3],
        timestamp=time_of(row[4]),
        quality_score=row[5],
        speed_score=row[6],
        cost_score=row[7],
        final_score=row[8],
        avg_response_time_ms=row[9],
        avg_cost=row[10],
        tests_passed=row[11],
        tests_total=row[12],
        test_results=tuple(TestResult(**test) for test in json.loads(row[13])),
        run_id=row[14],
        suite_version=row[15],
        quality_error=row[16],
        final_error=row[17],
        pricing=None if row[18] is None else Pricing(row[18]),
        error_code=row[19],
    )
