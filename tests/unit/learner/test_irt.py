from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.irt import (
    DIFFICULTIES,
    DISCRIMINATIONS,
    ItemParameters,
    difficulty_for,
    information,
    level,
    logistic,
    logit,
    success_probability,
    theta_of,
)

any_float = st.floats(allow_nan=True, allow_infinity=True)
thetas = st.floats(-6, 6)
items = st.builds(ItemParameters, st.floats(*DISCRIMINATIONS), st.floats(*DIFFICULTIES))


@pytest.mark.parametrize(
    ("theta", "item", "expected"),
    [
        # The logistic function at 0, 1 and 2: 1/2, e/(1+e), e^2/(1+e^2).
        (0.0, ItemParameters(1.0, 0.0), 0.5),
        (1.0, ItemParameters(1.0, 0.0), 0.7310585786),
        (2.0, ItemParameters(2.0, 1.0), 0.8807970780),
        (-1.0, ItemParameters(0.5, 1.0), 0.2689414214),
    ],
)
def test_known_probabilities(theta: float, item: ItemParameters, expected: float) -> None:
    assert success_probability(theta, item) == pytest.approx(expected, abs=1e-9)


def test_information_is_largest_where_the_chance_is_even() -> None:
    """Lord (1980): the maximum of a 2PL item's information is a²/4, at theta = b."""
    item = ItemParameters(1.6, 0.7)
    assert information(0.7, item) == pytest.approx(1.6**2 / 4)
    assert information(0.7, item) > max(information(0.6, item), information(0.8, item))


@given(thetas, items)
def test_information_is_the_slope_squared_over_the_variance(theta: float, item: ItemParameters) -> None:
    step = 1e-4
    right = success_probability(theta, item)
    slope = (success_probability(theta + step, item) - success_probability(theta - step, item)) / (2 * step)
    assert information(theta, item) * right * (1 - right) == pytest.approx(slope**2, rel=1e-3, abs=1e-9)


@given(any_float, any_float, thetas)
def test_no_parameters_overflow(discrimination: float, difficulty: float, theta: float) -> None:
    item = ItemParameters(discrimination, difficulty)
    assert DISCRIMINATIONS[0] <= item.discrimination <= DISCRIMINATIONS[1]
    assert DIFFICULTIES[0] <= item.difficulty <= DIFFICULTIES[1]
    assert 0 < success_probability(theta, item) < 1


@given(any_float)
def test_the_logistic_function_is_defined_everywhere(value: float) -> None:
    assert 0 < logistic(value) < 1


@given(st.floats(-3, 3), st.floats(0.05, 0.95), st.floats(0.5, 4))
def test_an_item_of_the_difficulty_asked_for_has_that_success(theta: float, success: float, slope: float) -> None:
    difficulty = difficulty_for(theta, success, slope)
    if DIFFICULTIES[0] < difficulty < DIFFICULTIES[1]:
        assert success_probability(theta, ItemParameters(slope, difficulty)) == pytest.approx(success)


@given(st.floats(-5, 5))
def test_the_shown_scale_can_be_turned_back(theta: float) -> None:
    assert theta_of(level(theta)) == pytest.approx(theta, abs=1e-6)
    assert level(0) == 0.5
    assert math.isclose(logit(logistic(theta)), theta, abs_tol=1e-6)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_the_ends_of_the_shown_scale_are_finite(end: float) -> None:
    assert math.isfinite(theta_of(end))
