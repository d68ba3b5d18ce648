from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START
from tests.fakes.records import make_benchmark_result

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.routing.benchmark_evidence import KEPT, common_share, error_of, evidence_of, run_share


def result(score: float = 80.0, hours_ago: float = 0.0, **values: Any) -> BenchmarkResult:
    changes = {"final_error": 6.0} | values
    return make_benchmark_result(score=score, at=START - timedelta(hours=hours_ago), **changes)


def test_one_run_is_itself() -> None:
    found = evidence_of([result()])
    assert found is not None
    assert (found.value, found.error, found.runs) == (80.0, 6.0, 1)


def test_runs_that_agree_are_pooled() -> None:
    found = evidence_of([result(80, 0), result(74, 96)])
    assert found is not None
    assert (found.value, found.runs, found.change) == (77.0, 2, None)
    assert found.error == pytest.approx(6 * (0.75 + 0.25 / 2) ** 0.5)


def test_runs_count_from_the_last_change_on() -> None:
    found = evidence_of([result(60, 0), result(80, 12), result(81, 24)])
    assert found is not None
    assert (found.value, found.runs, found.newest) == (60.0, 1, START)
    assert found.change is not None
    assert found.change.since == START
    assert found.change.by == pytest.approx(-20.5)


def graded(grades: list[float], hours_ago: float = 0.0, **values: object) -> BenchmarkResult:
    tests = tuple(
        TestResult(test_id=str(place), quality=grade, time_ms=1, passed=grade >= 70)
        for place, grade in enumerate(grades)
    )
    return result(sum(grades) / len(grades), hours_ago, test_results=tests, **values)


GRADES = st.lists(st.floats(0, 100), min_size=3, max_size=25)
EVEN = [100.0, 0.0] * 12


def test_the_chance_of_a_run_is_read_from_what_was_asked_again() -> None:
    assert run_share([graded(EVEN)]) == 0.25
    assert run_share([graded(EVEN), graded(EVEN, 12)]) == pytest.approx(0.25 * 25 / 49)
    mixed = EVEN[:18] + EVEN[19:] + EVEN[18:19]
    assert run_share([graded(EVEN), graded(mixed, 12)]) == pytest.approx((24 * 0.5 + 25 * 0.25) / 49)
    fell = [graded([grade - 15 for grade in EVEN]), graded(EVEN, 12)]
    assert run_share(fell) == pytest.approx(0.25 * 25 / 49), "all fell by as much, which is no chance"


def test_what_providers_share_is_read_from_the_same_tests() -> None:
    assert common_share([]) == common_share([graded(EVEN)]) == 0.27
    same = [graded(EVEN), graded(EVEN)]
    assert common_share(same) == pytest.approx((24 + 25 * 0.27) / 49)
    assert common_share([graded(EVEN), graded(EVEN[1:] + EVEN[:1])]) == 0.0
    for other in (replace(same[1], suite_version="2"), replace(same[1], error_code="provider_unavailable")):
        assert common_share([same[0], other]) == 0.27


@given(st.lists(GRADES, max_size=5))
def test_shares_are_shares(runs: list[list[float]]) -> None:
    known = [graded(grades, 12 * place) for place, grades in enumerate(runs)]
    assert 0 <= common_share(known) <= 1
    if known:
        assert 0 < run_share(known) <= 1
        found = evidence_of(known, common=common_share(known))
        assert found is not None
        assert 0 <= found.own_error <= found.error


def test_a_slow_week_is_no_change() -> None:
    """Speed counts in the score and not in the grades: what goes up and down from run to run is chance."""
    scores = [80, 88, 79, 87, 81, 86, 80, 88, 70]
    slow = [replace(graded(EVEN, 12 * place), final_score=score) for place, score in enumerate(scores[::-1])]
    found = evidence_of([replace(each, final_error=2.0) for each in slow])
    assert found is not None
    assert found.change is None


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
    assert 6 * 0.75**0.5 - 1e-9 <= found.error <= 6 + 1e-9
    newest = min(hours for _, hours in rows)
    assert found.runs <= sum(hours - newest <= KEPT / timedelta(hours=1) for _, hours in rows)
    if len({hours for _, hours in rows}) == len(rows):
        assert evidence_of(results[::-1]) == found
