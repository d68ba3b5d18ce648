"""The part of `BenchmarkStore` that is about results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.records.costs import Pricing
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_before, time_in
from masterx.store.mongodb.tables import Tables

_NEWEST = (("timestamp", -1), ("_id", -1))


class MongoBenchmarks(Tables):
    async def add_benchmark_results(self, results: Sequence[BenchmarkResult]) -> None:
        await self._database.transact(None, _add, results)

    async def benchmark_results(
        self,
        *,
        category: str | None = None,
        provider: str | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> Sequence[BenchmarkResult]:
        where = {"category": category, "provider": provider, "run_id": run_id}
        given: Row = {name: value for name, value in where.items() if value is not None}
        if since is not None:
            given["timestamp"] = {"$gte": not_before(since)}
        return await self._database.read(_newest, given, limit)

    async def latest_benchmark_results(self, since: datetime, *, answered: bool = False) -> Sequence[BenchmarkResult]:
        return await self._database.read(_latest, since, answered)


async def _add(access: Access, results: Sequence[BenchmarkResult]) -> None:
    rows = [_row(result) for result in results]
    there = await access.all("benchmark_results", {"_id": {"$in": [row["_id"] for row in rows]}}, fields=["_id"])
    known = {row["_id"] for row in there}
    await access.insert("benchmark_results", *(row for row in rows if row["_id"] not in known))


async def _newest(access: Access, where: Row, limit: int) -> list[BenchmarkResult]:
    rows = await access.all("benchmark_results", where, sort=_NEWEST, limit=limit)
    return [_result(row) for row in rows]


async def _latest(access: Access, since: datetime, answered: bool) -> list[BenchmarkResult]:
    where: Row = {"timestamp": {"$gte": not_before(since)}} | ({"error_code": None} if answered else {})
    alike = {name: f"${name}" for name in ("provider", "category", "model_name")}
    newest = {"timestamp": -1, "_id": -1}
    pipeline: list[Row] = [
        {"$match": where},
        {"$sort": newest},
        {"$group": {"_id": alike, "row": {"$first": "$$ROOT"}}},
        {"$replaceRoot": {"newRoot": "$row"}},
        {"$sort": newest},
    ]
    return [_result(row) for row in await access.aggregate("benchmark_results", pipeline)]


def _result(row: Mapping[str, Any]) -> BenchmarkResult:
    """Rows from before version 10 say less."""
    pricing = row.get("pricing")
    return BenchmarkResult(
        id=row["_id"],
        category=row["category"],
        provider=row["provider"],
        model_name=row["model_name"],
        timestamp=time_in(row, "timestamp"),
        quality_score=row["quality_score"],
        speed_score=row["speed_score"],
        cost_score=row["cost_score"],
        final_score=row["final_score"],
        avg_response_time_ms=row["avg_response_time_ms"],
        avg_cost=row["avg_cost"],
        tests_passed=row["tests_passed"],
        tests_total=row["tests_total"],
        test_results=tuple(TestResult(**test) for test in row["test_results"]),
        run_id=row.get("run_id"),
        suite_version=row.get("suite_version"),
        quality_error=row.get("quality_error"),
        final_error=row.get("final_error"),
        pricing=None if pricing is None else Pricing(pricing),
        error_code=row.get("error_code"),
    )


def _row(result: BenchmarkResult) -> Row:
    return document(
        id=result.id,
        category=result.category,
        provider=result.provider,
        model_name=result.model_name,
        timestamp=result.timestamp,
        quality_score=float(result.quality_score),
        speed_score=float(result.speed_score),
        cost_score=float(result.cost_score),
        final_score=float(result.final_score),
        avg_response_time_ms=float(result.avg_response_time_ms),
        avg_cost=result.avg_cost,
        tests_passed=result.tests_passed,
        tests_total=result.tests_total,
        test_results=[
            {"test_id": test.test_id, "quality": float(test.quality), "time_ms": test.time_ms, "passed": test.passed}
            for test in result.test_results
        ],
        run_id=result.run_id,
        suite_version=result.suite_version,
        quality_error=None if result.quality_error is None else float(result.quality_error),
        final_error=None if result.final_error is None else float(result.final_error),
        pricing=result.pricing,
        error_code=result.error_code,
    )
