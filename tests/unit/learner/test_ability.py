from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.learner.ability import (
    GRID,
    HIGHEST,
    LOWEST,
    PRACTICE_DRIFT,
    Ability,
    drifted,
    estimated,
    from_text,
    prior,
    updated,
)
from masterx.learner.irt import DIFFICULTIES, DISCRIMINATIONS, ItemParameters

items = st.builds(ItemParameters, st.floats(*DISCRIMINATIONS), st.floats(*DIFFICULTIES))
answers = st.lists(st.tuples(items, st.floats(0, 1)), max_size=30)


def integrated(responses: list[tuple[ItemParameters, float]]) -> tuple[float, float]:
    """Posterior mean and deviation by brute force: a fine Riemann sum over a wide range, in plain Python."""
    total = first = second = 0.0
    for step in range(-80_00, 80_01, 5):
        theta = step / 1000
        density = math.exp(-(theta**2) / 2)
        for item, score in responses:
            right = 1 / (1 + math.exp(-item.discrimination * (theta - item.difficulty)))
            density *= right if score else 1 - right
        total, first, second = total + density, first + density * theta, second + density * theta**2
    mean = first / total
    return mean, math.sqrt(second / total - mean**2)


@pytest.mark.parametrize("count", [1, 5, 40])
def test_the_grid_agrees_with_integration_by_brute_force(count: int) -> None:
    rng = random.Random(count)
    responses = [
        (ItemParameters(math.exp(rng.gauss(0, 0.3)), rng.gauss(0, 1)), float(rng.random() < 0.6)) for _ in range(count)
    ]
    mean, deviation = integrated(responses)
    ability = estimated(responses)
    assert ability.theta == pytest.approx(mean, abs=1e-4)
    assert ability.standard_error == pytest.approx(deviation, abs=1e-4)


def test_one_right_answer_to_an_average_item() -> None:
    """By symmetry the likelihood is 1/2 on average, so the mean is 2 E[θ / (1 + e^-θ)], by quadrature 0.41324."""
    assert updated(prior(), ItemParameters(), 1.0).theta == pytest.approx(0.41324, abs=1e-4)


def test_nothing_known_is_the_stated_prior() -> None:
    assert prior().theta == pytest.approx(0, abs=1e-9)
    assert prior().standard_error == pytest.approx(1, abs=1e-5)
    assert prior(1.0, 0.5).theta == pytest.approx(1)
    assert prior(1.0, 0.5).standard_error == pytest.approx(0.5)


@given(answers, items)
def test_a_right_answer_never_lowers_ability_and_a_wrong_one_never_raises_it(
    before: list[tuple[ItemParameters, float]], item: ItemParameters
) -> None:
    ability = estimated(before)
    assert updated(ability, item, 1.0).theta >= ability.theta - 1e-9
    assert updated(ability, item, 0.0).theta <= ability.theta + 1e-9


@given(answers, items, st.floats(0, 1), st.floats(0, 1))
def test_a_better_score_is_a_better_estimate(
    before: list[tuple[ItemParameters, float]], item: ItemParameters, one: float, other: float
) -> None:
    ability = estimated(before)
    low, high = sorted((one, other))
    assert updated(ability, item, low).theta <= updated(ability, item, high).theta + 1e-9


@given(answers, items)
def test_the_variance_shrinks_in_expectation(before: list[tuple[ItemParameters, float]], item: ItemParameters) -> None:
    ability = estimated(before)
    right = ability.success_probability(item)
    after = (
        right * updated(ability, item, 1.0).standard_error ** 2
        + (1 - right) * updated(ability, item, 0.0).standard_error ** 2
    )
    assert after <= ability.standard_error**2 + 1e-9


@given(answers, st.randoms(use_true_random=False))
def test_without_drift_the_order_does_not_matter(
    given_: list[tuple[ItemParameters, float]], rng: random.Random
) -> None:
    shuffled = list(given_)
    rng.shuffle(shuffled)
    assert np.allclose(estimated(given_).weights, estimated(shuffled).weights, atol=1e-6)


@given(answers, st.sampled_from([0.0, 0.01, PRACTICE_DRIFT, 1.0, 50.0]), items)
def test_a_posterior_stays_one(given_: list[tuple[ItemParameters, float]], drift: float, item: ItemParameters) -> None:
    ability = estimated(given_, drift=drift)
    assert ability.weights.sum() == pytest.approx(1)
    assert (ability.weights >= 0).all()
    assert LOWEST <= ability.theta <= HIGHEST
    assert 0 < ability.level < 1
    assert 0 < ability.success_probability(item) < 1


def test_drift_widens_and_keeps_the_middle() -> None:
    ability = prior(0.5, 0.4)
    wider = drifted(ability, PRACTICE_DRIFT)
    assert wider.theta == pytest.approx(0.5, abs=1e-6)
    assert wider.standard_error == pytest.approx(math.hypot(0.4, PRACTICE_DRIFT), abs=0.002)
    assert drifted(ability, 0.0) is ability


def test_the_standard_error_is_honest() -> None:
    """Over learners from the prior, the mean square error is the mean posterior variance."""
    rng = np.random.default_rng(8)
    squares, variances = [], []
    for _ in range(400):
        theta = rng.normal()
        ability = prior()
        for _ in range(15):
            item = ItemParameters(float(np.exp(rng.normal(0, 0.3))), float(rng.normal()))
            right = 1 / (1 + np.exp(-item.discrimination * (theta - item.difficulty)))
            ability = updated(ability, item, float(rng.random() < right))
        squares.append((ability.theta - theta) ** 2)
        variances.append(ability.standard_error**2)
    assert np.mean(squares) == pytest.approx(np.mean(variances), rel=0.2)


def test_an_interval_of_chances() -> None:
    ability = prior()
    assert ability.chance_above(0.0) == pytest.approx(0.5, abs=1e-6)
    assert ability.chance_above(1.0) == pytest.approx(0.1587, abs=2e-3)
    assert ability.chance_above(-9) == pytest.approx(1)
    assert ability.chance_above(9) == pytest.approx(0)


@given(answers)
def test_a_stored_ability_comes_back(given_: list[tuple[ItemParameters, float]]) -> None:
    ability = estimated(given_)
    back = from_text(ability.to_text())
    assert np.allclose(back.weights, ability.weights, atol=1e-6)


@pytest.mark.parametrize("text", ["", "!!", "AAAA", Ability(np.full(len(GRID), np.nan)).to_text()])
def test_what_is_no_stored_ability_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_text(text)


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan, math.inf])
def test_a_score_out_of_range_is_refused(score: float) -> None:
    with pytest.raises(InvalidInput):
        updated(prior(), ItemParameters(), score)
