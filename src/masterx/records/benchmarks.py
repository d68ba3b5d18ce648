"""What a provider achieved in one category of one benchmark run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from masterx.records.money import NanoDollars


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    __test__ = False  # the name is the specification's; pytest must not collect it

    test_id: str
    quality: float
    """0 to 100; passed at 70 and above."""
    time_ms: int
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkResult:
    """All scores run from 0 to 100."""

    id: str
    category: str
    provider: str
    model_name: str
    timestamp: datetime
    quality_score: float
    speed_score: float
    cost_score: float
    final_score: float
    avg_response_time_ms: float
    avg_cost: NanoDollars
    tests_passed: int
    tests_total: int
    test_results: tuple[TestResult, ...] = ()
