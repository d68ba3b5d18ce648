"""`BenchmarkStore`."""

from __future__ import annotations

from collections.abc import Sequence

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, time_in
from masterx.store.mongodb.tables import Tables


class MongoBenchmarks(Tables):
    async def add_benchmark_results(self, results: Sequence[BenchmarkResult]) -> None:
        await self._database.transact(None, _add, results)

    async def benchmark_results(
        self, *, category: str | None = None, provider: str | None = None, limit: int
    ) -> Sequence[BenchmarkResult]:
        where = {"category": category, "provider": provider}
        given = {name: value for name, value in where.items() if value is not None}
        return await self._database.read(_newest, given, limit)


async def _add(access: Access, results: Sequence[BenchmarkResult]) -> None:
    await access.insert("benchmark_results", *(_row(result) for result in results))


async def _newest(access: Access, where: Row, limit: int) -> list[BenchmarkResult]:
    rows = await access.all("benchmark_results", where, sort=[("timestamp", -1), ("_id", -1)], limit=limit)
    return [
        BenchmarkResult(
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
        )
        for row in rows
    ]


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
    )
