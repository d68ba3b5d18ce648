from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.learner.ability import prior
from masterx.learner.irt import ItemParameters, success_probability
from masterx.learner.item_learning import FARTHEST, LONGEST_STEP, authored, learned


def test_a_wrong_difficulty_is_unlearned() -> None:
    rng = np.random.default_rng(3)
    true = ItemParameters(1.2, 0.9)
    item = authored(ItemParameters(1.2, -0.3))
    for _ in range(500):
        theta = float(rng.normal())
        item = learned(item, prior(theta, 0.3), float(rng.random() < success_probability(theta, true)))
    assert item.difficulty == pytest.approx(0.9, abs=0.3)
    assert item.difficulty_error < 0.15
    assert item.responses == 500


@given(
    st.floats(-5, 5), st.lists(st.tuples(st.floats(-6, 6), st.floats(0.1, 2), st.floats(0, 1)), min_size=1, max_size=60)
)
def test_steps_are_bounded(difficulty: float, answers: list[tuple[float, float, float]]) -> None:
    item = authored(ItemParameters(4.0, difficulty))
    for theta, deviation, score in answers:
        after = learned(item, prior(theta, deviation), score)
        assert abs(after.difficulty - item.difficulty) <= LONGEST_STEP + 1e-9
        assert abs(after.difficulty - difficulty) <= FARTHEST + 1e-9
        assert after.difficulty_error <= item.difficulty_error
        item = after


def test_a_right_answer_makes_an_item_easier() -> None:
    item = authored(ItemParameters())
    assert learned(item, prior(), 1.0).difficulty < 0 < learned(item, prior(), 0.0).difficulty


def test_an_unknown_learner_says_less() -> None:
    item = authored(ItemParameters(1.5, 0.5))
    known, unknown = (learned(item, prior(0, deviation), 0.0) for deviation in (0.2, 2.0))
    assert known.difficulty - 0.5 > unknown.difficulty - 0.5 > 0


def test_a_score_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidInput):
        learned(authored(ItemParameters()), prior(), 2.0)
