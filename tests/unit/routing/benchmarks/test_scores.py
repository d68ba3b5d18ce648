from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.routing.benchmarks.grading.verdicts import PASSED_AT
from masterx.routing.benchmarks.scores import (
    WEIGHTS,
    Measured,
    Weights,
    cost_score,
    scores_of,
    speed_score,
    standard_error,
    weights_for,
)

GRADES = st.floats(0, 100)
AMOUNTS = st.floats(0, 1e15)
MEASURED = st.builds(Measured, quality=GRADES, answered=st.just(True), time_ms=AMOUNTS, cost=AMOUNTS)
WEIGHTINGS = st.builds(
    Weights, quality=st.floats(0.01, 10), speed=st.floats(0, 10), cost=st.floats(0, 10)
)  # quality counts at least a little
SILENT = Measured(quality=0, answered=False, time_ms=30_000, cost=0)
ROUNDING = 1e-9


def _perfect(number: int) -> list[Measured]:
    return [Measured(quality=100, answered=True, time_ms=1_000, cost=0)] * number


def test_the_curves_go_through_the_points_that_are_documented() -> None:
    assert [round(speed_score(ms)) for ms in (0, 1_000, 3_000, 10_000, 30_000)] == [100, 91, 77, 50, 25]
    assert [round(cost_score(nanos)) for nanos in (0, 1_000_000, 10_000_000, 50_000_000)] == [100, 91, 50, 17]


def test_a_worked_example() -> None:
    """Coding: quality (100 + 60 + 0) / 3, an answer each of 1 s and 10 s, one that did not come."""
    tests = [
        Measured(quality=100, answered=True, time_ms=1_000, cost=1_000_000),
        Measured(quality=60, answered=True, time_ms=10_000, cost=10_000_000),
        SILENT,
    ]
    scores = scores_of(tests, WEIGHTS["coding"])
    assert scores.quality == pytest.approx(53.33, abs=0.01)
    assert scores.speed == pytest.approx((90.909 + 50) / 3, abs=0.01)
    assert scores.cost == pytest.approx((90.909 + 50) / 3, abs=0.01)
    assert scores.final == pytest.approx(0.5 * 53.333 + 0.5 * 46.97, abs=0.01)
    assert scores.final_error == pytest.approx(0.5 * scores.quality_error)
    assert (scores.passed, scores.total) == (1, 3)
    assert (scores.avg_time_ms, scores.avg_cost) == (5_500, 5_500_000)


def test_a_provider_that_never_answers_scores_nothing_in_anything() -> None:
    scores = scores_of([SILENT] * 10, WEIGHTS["coding"])
    assert (scores.quality, scores.speed, scores.cost, scores.final, scores.passed) == (0, 0, 0, 0, 0)


def test_passing_begins_at_seventy() -> None:
    at = Measured(quality=PASSED_AT, answered=True, time_ms=1, cost=0)
    below = replace(at, quality=math.nextafter(PASSED_AT, 0))
    assert scores_of([at, below], WEIGHTS["math"]).passed == 1


def test_perfect_grades_are_not_certain() -> None:
    """Of 25 right answers, the share's interval of Agresti and Coull: √(26/27 · 1/27 / 25)."""
    assert standard_error([100.0] * 25) == pytest.approx(100 * math.sqrt(26 / 27 / 27 / 25))
    assert standard_error([]) == 50


def test_a_grade_that_is_no_number_is_nothing() -> None:
    odd = Measured(quality=math.nan, answered=True, time_ms=1, cost=0)
    assert scores_of([odd], WEIGHTS["math"]).quality == 0


def test_other_categories_are_weighed_as_general_and_settings_go_first() -> None:
    assert weights_for("law") == WEIGHTS["general"]
    mine = Weights(quality=1, speed=0, cost=0)
    assert weights_for("law", {"general": mine}) == mine
    assert weights_for("math", {"math": mine}) == mine
    assert weights_for("empathy", {"math": mine}) == WEIGHTS["empathy"]


@pytest.mark.parametrize("weights", [(0, 0, 0), (-1, 1, 1), (math.nan, 1, 1), (math.inf, 1, 1)])
def test_what_is_no_weighting_is_refused(weights: tuple[float, float, float]) -> None:
    quality, speed, cost = weights
    with pytest.raises(ValueError, match="Weights"):
        Weights(quality=quality, speed=speed, cost=cost).shares()


def test_the_standard_weights_add_up() -> None:
    for weights in WEIGHTS.values():
        assert sum(weights.shares()) == pytest.approx(1)
        assert weights.shares() == pytest.approx((weights.quality, weights.speed, weights.cost))


@given(st.lists(MEASURED, min_size=1, max_size=30), WEIGHTINGS)
def test_every_score_is_within_bounds(tests: list[Measured], weights: Weights) -> None:
    scores = scores_of(tests, weights)
    for score in (scores.quality, scores.speed, scores.cost, scores.final):
        assert 0 <= score <= 100 + ROUNDING
    parts = (scores.quality, scores.speed, scores.cost)
    assert min(parts) - ROUNDING <= scores.final <= max(parts) + ROUNDING
    assert 0 < scores.final_error <= scores.quality_error + ROUNDING <= 50 + 2 * ROUNDING
    assert 0 <= scores.passed <= scores.total == len(tests)


@given(AMOUNTS, AMOUNTS)
def test_slower_or_dearer_never_scores_more(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= speed_score(high) <= speed_score(low) <= 100
    assert 0 <= cost_score(high) <= cost_score(low) <= 100


@given(st.lists(MEASURED, min_size=1, max_size=10), GRADES, WEIGHTINGS)
def test_a_better_grade_never_lowers_the_final_score(tests: list[Measured], grade: float, weights: Weights) -> None:
    better = [replace(tests[0], quality=max(tests[0].quality, grade)), *tests[1:]]
    assert scores_of(better, weights).final >= scores_of(tests, weights).final - ROUNDING


@given(st.lists(MEASURED, min_size=1, max_size=10), WEIGHTINGS)
def test_an_answer_that_does_not_come_never_helps(tests: list[Measured], weights: Weights) -> None:
    assert scores_of([SILENT, *tests[1:]], weights).final <= scores_of(tests, weights).final + ROUNDING


@given(st.lists(MEASURED, min_size=1, max_size=10), WEIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_of_tests_means_nothing(tests: list[Measured], weights: Weights, random: object) -> None:
    mixed = list(tests)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis types it as object
    assert scores_of(mixed, weights).final == pytest.approx(scores_of(tests, weights).final, abs=1e-6)


@given(st.lists(GRADES, min_size=1, max_size=20))
def test_the_same_grades_twice_over_are_surer(grades: list[float]) -> None:
    assert standard_error(grades * 2) < standard_error(grades)


def test_no_test_is_no_score() -> None:
    with pytest.raises(ValueError, match="no score"):
        scores_of([], WEIGHTS["math"])
    assert scores_of(_perfect(1), WEIGHTS["math"]).quality == 100
