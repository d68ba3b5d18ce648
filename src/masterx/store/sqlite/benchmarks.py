"""`BenchmarkStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.store.sqlite.columns import json_text, placeholders, time_of, time_text
from masterx.store.sqlite.tables import Tables

_COLUMNS = (
    "id, category, provider, model_name, timestamp, quality_score, speed_score, cost_score, final_score,"
    " avg_response_time_ms, avg_cost, tests_passed, tests_total, test_results"
)
_INSERT = f"INSERT INTO benchmark_results ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)})"
_NEWEST = "ORDER BY timestamp DESC, id DESC LIMIT ?"
_SELECT = f"SELECT {_COLUMNS} FROM benchmark_results {_NEWEST}"
_SELECT_CATEGORY = f"SELECT {_COLUMNS} FROM benchmark_results WHERE category = ? {_NEWEST}"
_SELECT_PROVIDER = f"SELECT {_COLUMNS} FROM benchmark_results WHERE provider = ? {_NEWEST}"
_SELECT_BOTH = f"SELECT {_COLUMNS} FROM benchmark_results WHERE category = ? AND provider = ? {_NEWEST}"


class SQLiteBenchmarks(Tables):
    async def add_benchmark_results(self, results: Sequence[BenchmarkResult]) -> None:
        await self._writer.run(_add, results)

    async def benchmark_results(
        self, *, category: str | None = None, provider: str | None = None, limit: int
    ) -> Sequence[BenchmarkResult]:
        match category, provider:
            case None, None:
                return await self._readers.run(_select, _SELECT, (limit,))
            case _, None:
                return await self._readers.run(_select, _SELECT_CATEGORY, (category, limit))
            case None, _:
                return await self._readers.run(_select, _SELECT_PROVIDER, (provider, limit))
            case _:
                return await self._readers.run(_select, _SELECT_BOTH, (category, provider, limit))


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
    )
