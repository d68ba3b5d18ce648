from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.readings import make_reading

from masterx.emotion.states import LABEL_STATES, label_shares, mood_of, state_shares
from masterx.records.emotions import LearningState
from masterx.records.readings import STATES

share = st.floats(0, 1)
labels = st.dictionaries(st.sampled_from([*LABEL_STATES, "caring", "desire"]), share)


@given(labels)
def test_label_shares_add_up_to_one(probabilities: dict[str, float]) -> None:
    shares = label_shares(probabilities)
    assert set(shares) == set(STATES)
    assert all(value >= 0 for value in shares.values())
    assert sum(shares.values()) == pytest.approx(1)


@given(labels, st.lists(share, min_size=len(STATES), max_size=len(STATES)))
def test_state_shares_add_up_to_one(probabilities: dict[str, float], weights: list[float]) -> None:
    total = sum(weights) or 1.0
    states = {state: weight / total for state, weight in zip(STATES, weights, strict=True)}
    shares = state_shares(make_reading(probabilities=probabilities, states=states))
    assert sum(shares.values()) == pytest.approx(1)


@given(labels, st.sampled_from(sorted(LABEL_STATES)), share)
def test_a_likelier_label_never_speaks_less_for_its_state(
    probabilities: dict[str, float], label: str, more: float
) -> None:
    state = LABEL_STATES[label][0]
    raised = probabilities | {label: max(more, probabilities.get(label, 0.0))}
    assert label_shares(raised)[state] >= label_shares(probabilities)[state] - 1e-9


@pytest.mark.parametrize(
    ("label", "state"),
    [("confusion", "confusion"), ("annoyance", "frustration"), ("nervousness", "anxiety"), ("joy", "joy")],
)
def test_a_sure_label_decides_where_the_head_is_silent(label: str, state: str) -> None:
    assert mood_of(make_reading(probabilities={label: 0.9}, states={}), "").state == state


def test_the_head_outweighs_the_labels() -> None:
    reading = make_reading(probabilities={"joy": 0.9}, states={"boredom": 1.0})
    assert mood_of(reading, "").state is LearningState.BOREDOM


def test_nothing_read_is_neutral() -> None:
    assert mood_of(make_reading(probabilities={}, states={}), "").state is LearningState.NEUTRAL


def test_distress_comes_from_the_words() -> None:
    assert mood_of(make_reading(), "i want to die").distress
    assert not mood_of(make_reading(valence=-1.0), "so sad").distress


def test_every_state_of_the_table_exists() -> None:
    assert {state for state, _ in LABEL_STATES.values()} <= set(STATES)
