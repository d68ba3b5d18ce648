from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.irt import ItemParameters
from masterx.learner.velocity import LEAST_ANSWERS, Answer, fitted_rate, improvement_rate, learning_velocity

START = datetime(2026, 9, 1, tzinfo=UTC)


def test_velocity_is_concepts_per_hour_with_a_count_s_error() -> None:
    rate = learning_velocity(4, timedelta(hours=2))
    assert rate.value == 2.0
    assert rate.error == pytest.approx((4.5**0.5) / 2)


def test_a_lucky_minute_is_no_record() -> None:
    assert learning_velocity(1, timedelta(minutes=1)).value == 4.0
    assert learning_velocity(0, timedelta(0)).value == 0.0


def test_the_interval_of_improvement_covers_the_truth() -> None:
    """600 learners who grow by N(0.1, 0.15) a week; 95 % of intervals are to hold it, give or take the noise of 600."""
    rng = np.random.default_rng(11)
    covered, errors = 0, []
    for _ in range(600):
        weeks = np.sort(rng.uniform(0, 8, 80))
        growth = rng.normal(0.1, 0.15)
        theta = rng.normal() + growth * weeks
        slopes, difficulties = np.exp(rng.normal(0, 0.3, 80)), theta - 1.2 + rng.normal(0, 0.5, 80)
        scores = (rng.random(80) < 1 / (1 + np.exp(-slopes * (theta - difficulties)))).astype(float)
        rate = fitted_rate(weeks, slopes, difficulties, scores)
        low, high = rate.interval
        covered += low <= growth <= high
        errors.append(rate.value - growth)
    assert 0.93 <= covered / 600 <= 0.97
    assert abs(np.mean(errors)) < 0.02


def answers(count: int, days: float, score: float = 1.0) -> list[Answer]:
    return [
        Answer(START + timedelta(days=days * number / max(count - 1, 1)), ItemParameters(), score)
        for number in range(count)
    ]


@pytest.mark.parametrize(("count", "days"), [(0, 0), (LEAST_ANSWERS - 1, 30), (50, 2.9)])
def test_too_little_says_nothing(count: int, days: float) -> None:
    assert improvement_rate(answers(count, days)) is None


def test_the_order_does_not_matter_and_growth_shows() -> None:
    given_ = answers(30, 20, 0.0)[:15] + answers(30, 20, 1.0)[15:]
    rate = improvement_rate(given_)
    random.Random(1).shuffle(given_)
    again = improvement_rate(given_)
    assert rate is not None
    assert again is not None
    assert rate.value == pytest.approx(again.value)
    assert rate.interval[0] > 0


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=LEAST_ANSWERS, max_size=40))
def test_any_answers_have_a_finite_rate(scores: list[float]) -> None:
    given_ = [Answer(START + timedelta(days=number), ItemParameters(4.0, -5.0), s) for number, s in enumerate(scores)]
    rate = improvement_rate(given_)
    assert rate is not None
    assert abs(rate.value) < 10
    assert 0 < rate.error <= 1.0 + 1e-9
