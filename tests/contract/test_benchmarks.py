from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE

from masterx.clock import new_id
from masterx.errors import InvalidInput
from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.records.money import NanoDollars
from masterx.store.ports import Store


def _result(minutes: int, category: str = "coding", provider: str = "openai") -> BenchmarkResult:
    return BenchmarkResult(
        id=new_id(START),
        category=category,
        provider=provider,
        model_name="test-model",
        timestamp=START + minutes * MINUTE,
        quality_score=96.8,
        speed_score=78.5,
        cost_score=65.2,
        final_score=85.7,
        avg_response_time_ms=3200.5,
        avg_cost=NanoDollars(15_000_000),
        tests_passed=1,
        tests_total=2,
        test_results=(
            TestResult(test_id="coding_001", quality=95.0, time_ms=3100, passed=True),
            TestResult(test_id="coding_002 ∑", quality=0.0, time_ms=3300, passed=False),
        ),
    )


async def test_results_come_newest_first_by_category_and_provider(store: Store) -> None:
    coding, maths, groq = _result(1), _result(3, category="math"), _result(2, provider="groq")
    await store.add_benchmark_results([coding, maths, groq])
    assert await store.benchmark_results(limit=10) == [maths, groq, coding]
    assert await store.benchmark_results(limit=2) == [maths, groq]
    assert await store.benchmark_results(category="coding", limit=10) == [groq, coding]
    assert await store.benchmark_results(provider="openai", limit=10) == [maths, coding]
    assert await store.benchmark_results(category="coding", provider="groq", limit=10) == [groq]
    assert await store.benchmark_results(category="empathy", limit=10) == []


@pytest.mark.parametrize("change", [{"quality_score": 100.1}, {"tests_passed": 3}, {"avg_cost": 2**70}])
async def test_one_bad_result_keeps_all_of_its_run_out(store: Store, change: dict[str, Any]) -> None:
    bad = replace(_result(1), **change)
    with pytest.raises(InvalidInput):
        await store.add_benchmark_results([_result(0), bad])
    assert await store.benchmark_results(limit=10) == []


async def test_a_score_that_is_no_number_is_refused(store: Store) -> None:
    strange = TestResult(test_id="x", quality=float("nan"), time_ms=1, passed=False)
    for bad in (replace(_result(1), test_results=(strange,)), replace(_result(1), quality_score=float("nan"))):
        with pytest.raises(InvalidInput):
            await store.add_benchmark_results([bad])
