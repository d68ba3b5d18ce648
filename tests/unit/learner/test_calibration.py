from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.learner.ability import estimated
from masterx.learner.calibration import calibrated
from masterx.learner.cells import cells_of
from masterx.learner.factors import calibrated_factors, outlook, unknown, updated
from masterx.learner.irt import DIFFICULTIES, DISCRIMINATIONS, Floats, ItemParameters
from masterx.learner.response_log import ResponseLog, log_of


def examination(learners: int, items: int, seed: int) -> tuple[ResponseLog, Floats, Floats]:
    rng = np.random.default_rng(seed)
    slopes, difficulties = np.exp(rng.normal(0, 0.3, items)), rng.normal(0, 1, items)
    thetas = rng.normal(0, 1, learners)
    right = rng.random((learners, items)) < 1 / (1 + np.exp(-slopes * (thetas[:, None] - difficulties)))
    rows = [(f"u{u}", f"i{i:03}", "s", int(right[u, i])) for u in range(learners) for i in range(items)]
    return log_of(rows), slopes, difficulties


def test_parameters_are_recovered() -> None:
    log, slopes, difficulties = examination(1500, 25, 2)
    found = calibrated(cells_of(log))
    assert np.sqrt(np.mean((found.difficulties - difficulties) ** 2)) < 0.15
    assert np.sqrt(np.mean((np.log(found.discriminations) - np.log(slopes)) ** 2)) < 0.15
    assert found.population.theta == pytest.approx(0, abs=0.1)
    assert found.population.standard_error == pytest.approx(1, abs=0.1)


def test_eighteen_learners_are_survived() -> None:
    log, _, difficulties = examination(18, 40, 3)
    found = calibrated(cells_of(log))
    model = calibrated_factors(cells_of(log), found)
    assert np.corrcoef(found.difficulties, difficulties)[0, 1] > 0.7
    assert np.isfinite(model.loadings).all()


@pytest.mark.parametrize("correct", [0, 1])
def test_items_that_nobody_or_everybody_solves_stay_finite(correct: int) -> None:
    log = log_of([(f"u{u}", f"i{i}", "s", correct) for u in range(30) for i in range(5)])
    found = calibrated(cells_of(log))
    assert np.isfinite(found.difficulties).all()
    assert ((found.difficulties >= DIFFICULTIES[0]) & (found.difficulties <= DIFFICULTIES[1])).all()


rows = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("xyz"), st.sampled_from("st"), st.integers(0, 1)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25)
@given(rows, st.sampled_from([None, 1, 3]))
def test_any_log_has_bounded_parameters(given_: list[tuple[str, str, str, int]], at_most: int | None) -> None:
    cells = cells_of(log_of(given_), at_most)
    found = calibrated(cells)
    assert ((found.discriminations >= DISCRIMINATIONS[0]) & (found.discriminations <= DISCRIMINATIONS[1])).all()
    assert ((found.difficulties >= DIFFICULTIES[0]) & (found.difficulties <= DIFFICULTIES[1])).all()
    assert found.population.weights.sum() == pytest.approx(1)
    assert np.isfinite(calibrated_factors(cells, found).intercepts).all()


@given(rows, st.sampled_from([None, 1, 3]))
def test_sums_over_cells_are_sums_over_rows(given_: list[tuple[str, str, str, int]], at_most: int | None) -> None:
    log = log_of(given_)
    cells = cells_of(log, at_most)
    ones = np.ones((cells.learner_count, 1))
    assert cells.right.sum() + cells.wrong.sum() == len(log)
    assert cells.right.sum() == log.correct.sum()
    met = cells.by_item(cells.right + cells.wrong, ones)[:, 0]
    assert met.tolist() == np.bincount(log.items, minlength=len(log.item_names)).tolist()
    per_learner = cells.by_learner(cells.right + cells.wrong, np.ones((cells.item_count, 1)))
    assert per_learner.sum() == len(log)
    assert at_most is None or per_learner.max() <= at_most
    left = np.arange(cells.learner_count * 2.0).reshape(-1, 2)
    right = np.arange(cells.item_count * 2.0).reshape(-1, 2)
    expected = (left[cells.learners] * right[cells.items]).sum(axis=1)
    assert np.allclose(cells.products(left, right), expected)


class TestProfiles:
    @given(st.lists(st.floats(-4, 4), min_size=3, max_size=3), st.floats(-6, 6), st.booleans())
    def test_an_answer_moves_its_own_direction(self, loadings: list[float], intercept: float, correct: bool) -> None:
        along = np.array(loadings)
        before = unknown(3)
        seen = outlook(before, along, intercept)
        after = updated(before, seen, correct)
        assert 0 < seen.success < 1
        moved = float((after.mean - before.mean) @ along)
        assert moved >= -1e-9 if correct else moved <= 1e-9
        assert (np.linalg.eigvalsh(after.covariance) > -1e-9).all()
        assert np.trace(after.covariance) <= np.trace(before.covariance) + 1e-9

    def test_one_factor_is_the_grid(self) -> None:
        """The same posterior as `ability`, whose values are checked against brute force."""
        profile = unknown(1)
        for correct in (True, True, False, True):
            profile = updated(profile, outlook(profile, np.array([1.3]), 0.2), correct)
        ability = estimated([(ItemParameters(1.3, -0.2 / 1.3), score) for score in (1.0, 1.0, 0.0, 1.0)])
        assert float(profile.mean[0]) == pytest.approx(ability.theta, abs=0.02)
        assert float(profile.covariance[0, 0]) ** 0.5 == pytest.approx(ability.standard_error, abs=0.02)
