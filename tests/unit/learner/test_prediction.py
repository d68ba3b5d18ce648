from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.ability import prior
from masterx.learner.history import FEATURES, History
from masterx.learner.irt import ItemParameters
from masterx.learner.prediction import Weights, shipped_weights, success_chance
from masterx.learner.prediction_fitting import fitted_weights
from masterx.learner.response_log import log_of

answers = st.lists(
    st.tuples(st.sampled_from("st"), st.sampled_from("xyz"), st.booleans(), st.floats(-20, 20), st.floats(0, 1)),
    max_size=40,
)


def grown(given_: list[tuple[str, str, bool, float, float]]) -> History:
    history = History()
    for answer in given_:
        history.record(*answer)
    return history


@given(answers, st.floats(-6, 6), st.floats(0.05, 2))
def test_a_chance_is_never_certain(
    given_: list[tuple[str, str, bool, float, float]], mean: float, spread: float
) -> None:
    history = grown(given_)
    features = history.features("s", "x", 1.0, 1.0)
    assert len(features) == len(FEATURES)
    assert all(math.isfinite(each) for each in features)
    assert 0 < success_chance(prior(mean, spread), history, ItemParameters(1.2, 0.3), "s", "x") < 1


@given(answers)
def test_more_ability_is_a_better_chance(given_: list[tuple[str, str, bool, float, float]]) -> None:
    history = grown(given_)
    low, high = (success_chance(prior(mean, 0.3), history, ItemParameters(), "s", "x") for mean in (-0.5, 0.5))
    assert low < high


def test_shipped_weights_make_sense() -> None:
    named = dict(zip(FEATURES, shipped_weights().shared, strict=True))
    assert named["ability"] > 0.5
    assert named["skill_shift"] > 0
    assert named["skill_successes"] > named["skill_failures"]
    assert named["item_successes"] > named["item_failures"]


def test_a_history_counts() -> None:
    history = grown([("s", "x", True, 0.0, 0.5), ("s", "y", False, 0.0, 0.5), ("t", "x", False, 0.0, 0.5)])
    named = dict(zip(FEATURES, history.features("s", "x", 0.7, 0.9), strict=True))
    assert named["ability"] == 0.7
    assert named["profile"] == pytest.approx(0.2)
    assert named["skill_successes"] == named["skill_failures"] == pytest.approx(math.log(2))
    assert named["item_successes"] == named["item_failures"] == pytest.approx(math.log(2))
    assert named["item_last"] == -1.0
    assert named["item_recency"] == 1.0
    assert named["skill_recency"] == pytest.approx(1 / (1 + math.log(2)))
    assert named["surprise_last"] == -0.5
    new = dict(zip(FEATURES, history.features("new", "new", 0.0, 0.0), strict=True))
    assert (new["skill_recency"], new["item_last"], new["item_recency"], new["skill_shift"]) == (0, 0, 0, 0)


def test_right_answers_in_a_skill_shift_it() -> None:
    good = grown([("s", "x", True, 0.0, 0.5)] * 5)
    bad = grown([("s", "x", False, 0.0, 0.5)] * 5)
    assert good.skills["s"].shift > 0.3
    assert bad.skills["s"].shift == pytest.approx(-good.skills["s"].shift)
    assert good.skills["s"].variance < 0.64


def test_known_weights_are_found_again() -> None:
    rng = np.random.default_rng(6)
    features = np.zeros((6000, len(FEATURES)))
    features[:, 0] = 1.0
    features[:, 1], features[:, 3] = rng.normal(0, 1.5, (2, 6000))
    skills, items = rng.integers(0, 3, 6000), rng.integers(0, 4, 6000)
    logits = 0.9 * features[:, 1] + 0.5 * features[:, 3] + np.array([-1.0, 0.0, 1.0])[skills]
    correct = rng.random(6000) < 1 / (1 + np.exp(-logits))
    rows = [
        (f"{n:05}", f"i{i}", f"s{s}", int(c)) for n, (i, s, c) in enumerate(zip(items, skills, correct, strict=True))
    ]
    weights = fitted_weights(log_of(rows), features)
    assert weights.shared[1] == pytest.approx(0.9, abs=0.1)
    assert weights.shared[3] == pytest.approx(0.5, abs=0.1)
    assert weights.by_skill["s2"][0] - weights.by_skill["s0"][0] == pytest.approx(2.0, abs=0.25)
    assert abs(weights.by_item["i0"][0]) < 0.15


def test_what_was_not_calibrated_has_shared_weights() -> None:
    weights = Weights(np.ones(len(FEATURES)), {"s": np.full(5, 0.5)}, {"x": np.full(4, 0.5)})
    features = History().features("s", "x", 0.0, 0.0)
    assert weights.chance("s", "x", features) > weights.chance("s", "?", features) > weights.chance("?", "?", features)
