from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.benchmarks import BenchmarkResult
from masterx.records.money import NanoDollars
from masterx.routing.benchmark_evidence import KEPT, error_of, evidence_of


def result(score: float = 80.0, hours_ago: float = 0.0, **values: object) -> BenchmarkResult:
    made = BenchmarkResult(
        id=f"{score} {hours_ago}",
        category="math",
        provider="a",
        model_name="m",
        timestamp=START - timedelta(hours=hours_ago),
        quality_score=score,
        speed_score=score,
        cost_score=score,
        final_score=score,
        avg_response_time_ms=900.0,
        avg_cost=NanoDollars(1_000),
        tests_passed=20,
        tests_total=25,
        final_error=6.0,
        suite_version="1",
    )
    return replace(made, **values)  # type: ignore[arg-type]  # by name


def test_one_run_is_itself() -> None:
    found = evidence_of([result()])
    assert found is not None
    assert (found.value, found.error, found.runs) == (80.0, 6.0, 1)


def test_runs_that_agree_are_pooled_and_the_latest_counts_most() -> None:
    found = evidence_of([result(80, 0), result(74, 96)])
    assert found is not None
    assert found.value == pytest.approx(78.0)
    assert found.runs == 2
    assert 6 * 0.75**0.5 < found.error < 6


def test_a_run_after_a_change_stands_alone() -> None:
    found = evidence_of([result(60, 0), result(80, 12), result(81, 24)])
    assert found is not None
    assert (found.value, found.runs) == (60.0, 1)


def test_another_model_suite_or_week_says_nothing_of_this_one() -> None:
    newest = result(80, 0)
    for other in (result(78, 1, model_name="n"), result(78, 1, suite_version="2"), result(78, 24 * 7 + 1)):
        found = evidence_of([newest, other])
        assert found is not None
        assert found.runs == 1


def test_a_provider_that_was_away_is_no_worse_for_it() -> None:
    away = result(0, 0, error_code="provider_unavailable")
    assert evidence_of([away, result(80, 1)]) == evidence_of([result(80, 1)])
    assert evidence_of([away]) is None
    assert evidence_of([]) is None


def test_where_no_error_is_said_the_number_of_tests_tells_it() -> None:
    assert error_of(result(final_error=None)) == 6.0
    assert error_of(result(final_error=None, tests_total=9)) == 10.0


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 24 * 9)), min_size=1, max_size=12))
def test_the_value_stays_among_the_runs_and_the_order_of_rows_is_nothing(rows: list[tuple[float, int]]) -> None:
    results = [result(score, hours) for score, hours in rows]
    found = evidence_of(results)
    assert found is not None
    assert min(score for score, _ in rows) - 1e-9 <= found.value <= max(score for score, _ in rows) + 1e-9
    assert 6 * 0.75**0.5 - 1e-9 <= found.error <= 6
    newest = min(hours for _, hours in rows)
    assert found.runs <= sum(hours - newest <= KEPT / timedelta(hours=1) for _, hours in rows)
    if len({hours for _, hours in rows}) == len(rows):
        assert evidence_of(results[::-1]) == found
