from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.scoring import area_under_curve, calibration_error, log_loss

pairs = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@given(pairs)
def test_the_area_is_the_share_of_pairs_in_order(given_: list[tuple[int, float]]) -> None:
    correct, chances = (np.array(column) for column in zip(*given_, strict=True))
    right, wrong = chances[correct == 1], chances[correct == 0]
    area = area_under_curve(correct, chances)
    if not len(right) or not len(wrong):
        assert math.isnan(area)
        return
    won = (right[:, None] > wrong).mean() + 0.5 * (right[:, None] == wrong).mean()
    assert area == pytest.approx(won)


def test_known_figures() -> None:
    correct, chances = np.array([1, 1, 0, 0]), np.array([0.95, 0.85, 0.25, 0.15])
    assert log_loss(correct, chances) == pytest.approx(-np.mean(np.log([0.95, 0.85, 0.75, 0.85])))
    assert calibration_error(correct, chances) == pytest.approx((0.05 + 0.15 + 0.25 + 0.15) / 4)


@given(pairs)
def test_figures_are_finite(given_: list[tuple[int, float]]) -> None:
    correct, chances = (np.array(column) for column in zip(*given_, strict=True))
    assert 0 <= calibration_error(correct, chances) <= 1
    assert math.isfinite(log_loss(correct, chances))
