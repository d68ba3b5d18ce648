from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.routing.difficulty.cost_quality import cost_quality, paired_interval, recovered

gains = st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=60).filter(lambda gain: sum(gain) > 0)


@given(gains)
def test_equal_scores_are_chance(gain: list[float]) -> None:
    found = cost_quality(np.zeros(len(gain)), np.array(gain))
    assert found.apgr == pytest.approx(0.5)
    assert 0 <= found.cpt50 - 0.5 < 1 / len(gain)


@given(gains)
def test_no_order_beats_the_gain_itself(gain: list[float]) -> None:
    scores = np.random.default_rng(len(gain)).random(len(gain))
    array = np.array(gain)
    assert cost_quality(scores, array).apgr <= cost_quality(array, array).apgr + 1e-9


@given(gains)
def test_the_opposite_order_has_the_opposite_gain(gain: list[float]) -> None:
    array = np.array(gain)
    scores = np.random.default_rng(7).random(len(gain))
    both = cost_quality(scores, array).apgr + cost_quality(-scores, array).apgr
    assert both == pytest.approx(1.0)


def test_a_small_case_by_hand() -> None:
    """Four questions, of which the first two gain: sent first, they recover everything with half of the calls."""
    gain = np.array([1.0, 1.0, 0.0, 0.0])
    assert recovered(np.array([4.0, 3.0, 2.0, 1.0]), gain).tolist() == [0, 0.5, 1, 1, 1]
    found = cost_quality(np.array([4.0, 3.0, 2.0, 1.0]), gain)
    assert (found.cpt50, found.cpt80, found.apgr) == (0.25, 0.5, 0.75)


def test_ties_count_as_their_mean() -> None:
    gain = np.array([1.0, 0.0, 0.0, 1.0])
    assert recovered(np.array([2.0, 2.0, 1.0, 1.0]), gain).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_without_a_gap_there_is_nothing_to_recover() -> None:
    with pytest.raises(ValueError, match="equally often"):
        cost_quality(np.zeros(3), np.zeros(3))


def test_the_interval_of_a_score_against_itself_is_nothing() -> None:
    gain = np.array([1.0, 0.0, 0.0, 1.0] * 20)
    scores = np.random.default_rng(1).random(80)
    assert paired_interval(scores, scores, gain, draws=50) == (0.0, 0.0)
    low, _ = paired_interval(gain, -gain, gain, draws=50)
    assert low > 0.4
