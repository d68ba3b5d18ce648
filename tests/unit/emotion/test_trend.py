from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.emotion.trend import engagement, slope, smoothed, strained, trend_of
from masterx.records.emotions import LearningState, Moment, Trend

values = st.lists(st.floats(-1, 1), min_size=1, max_size=20)


def moment(state: LearningState = LearningState.NEUTRAL, valence: float = 0.0, words: int = 10) -> Moment:
    return Moment(state=state, valence=valence, arousal=0.0, words=words, pause_seconds=30.0)


@given(values)
def test_smoothing_stays_between_the_extremes(series: list[float]) -> None:
    assert min(series) - 1e-12 <= smoothed(series) <= max(series) + 1e-12


@given(values, st.floats(-1, 1))
def test_a_slope_does_not_depend_on_the_level(series: list[float], level: float) -> None:
    assert slope([value + level for value in series]) == pytest.approx(slope(series), abs=1e-9)


@given(values)
def test_the_reverse_has_the_opposite_slope(series: list[float]) -> None:
    assert slope(series[::-1]) == pytest.approx(-slope(series), abs=1e-9)


def test_the_newest_counts_most() -> None:
    assert smoothed([0.0, 0.0, 1.0]) > 1 / 3 > smoothed([1.0, 0.0, 0.0])


def test_a_line_has_its_own_slope() -> None:
    assert slope([0.1, 0.3, 0.5]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("moods", "expected"),
    [
        ([0.5, -0.5], Trend.STEADY),
        ([0.5, 0.0, -0.5], Trend.FALLING),
        ([-0.5, 0.0, 0.5], Trend.RISING),
        ([0.1, -0.1, 0.1, -0.1], Trend.STEADY),
    ],
)
def test_a_trend_needs_three_messages_and_a_clear_direction(moods: list[float], expected: Trend) -> None:
    assert trend_of([moment(valence=mood) for mood in moods]) is expected


def test_a_terse_learner_is_not_a_bored_one() -> None:
    """Length is compared with the learner's own."""
    terse, wordy = ([moment(words=words) for _ in range(6)] for words in (2, 80))
    assert engagement(terse) == pytest.approx(engagement(wordy))


@given(st.lists(st.sampled_from(LearningState), min_size=1, max_size=8))
def test_strain_is_counted_from_the_newest_back(states: list[LearningState]) -> None:
    run = strained([moment(state) for state in states])
    assert 0 <= run <= len(states)
    assert strained([moment(state) for state in (*states, LearningState.NEUTRAL)]) == 0
    assert strained([moment(state) for state in (*states, LearningState.CONFUSION)]) == run + 1
