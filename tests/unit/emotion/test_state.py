from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.emotion.state import NEW_PROFILE, mood_of
from masterx.records.emotions import (
    STRAIN,
    Intervention,
    LearningReadiness,
    LearningState,
    Moment,
    TextMood,
    Trend,
)

unit = st.floats(0, 1)
signed = st.floats(-1, 1)
texts = st.builds(
    TextMood,
    state=st.sampled_from(LearningState),
    certainty=unit,
    valence=signed,
    arousal=signed,
    distress=st.booleans(),
)
moments = st.builds(
    Moment,
    state=st.sampled_from(LearningState),
    valence=signed,
    arousal=signed,
    words=st.integers(0, 5_000),
    pause_seconds=st.none() | st.floats(0, 1e6),
)
pasts = st.lists(moments, max_size=12)


def text(state: LearningState, certainty: float = 0.9, valence: float = 0.0, arousal: float = 0.1) -> TextMood:
    return TextMood(state=state, certainty=certainty, valence=valence, arousal=arousal)


def moment(state: LearningState, valence: float = 0.0, words: int = 12, pause: float = 30) -> Moment:
    return Moment(state=state, valence=valence, arousal=0.1, words=words, pause_seconds=pause)


@given(texts, pasts, st.integers(0, 5_000))
def test_everything_stays_in_its_range(read: TextMood, past: list[Moment], words: int) -> None:
    mood = mood_of(read, past, words=words)
    assert 0 <= mood.engagement <= 1
    assert 0 <= mood.certainty <= 1
    assert (mood.valence, mood.arousal) == (read.valence, read.arousal)


@given(texts, st.integers(0, 5_000))
def test_flow_and_boredom_and_engagement_never_come_from_one_message(read: TextMood, words: int) -> None:
    mood = mood_of(read, [], words=words)
    assert mood.state not in {LearningState.FLOW, LearningState.BOREDOM, LearningState.ENGAGEMENT}
    assert mood.trend is Trend.STEADY


@given(texts, pasts)
def test_distress_always_calls_for_care_and_nothing_else_does(read: TextMood, past: list[Moment]) -> None:
    mood = mood_of(read, past, words=10)
    assert (mood.intervention is Intervention.CARE) == read.distress


@given(texts, pasts)
def test_a_state_in_strain_is_never_left_alone(read: TextMood, past: list[Moment]) -> None:
    mood = mood_of(read, past, words=10)
    if mood.state in STRAIN:
        assert mood.intervention is not Intervention.NONE
        assert mood.state in {read.state, LearningState.FRUSTRATION}


@given(pasts, signed, signed, unit, unit)
def test_a_surer_reading_of_frustration_never_softens_the_answer(
    past: list[Moment], valence: float, arousal: float, one: float, other: float
) -> None:
    levels = list(Intervention)
    less, more = sorted((one, other))
    unsure, sure = (
        mood_of(
            TextMood(state=LearningState.FRUSTRATION, certainty=certainty, valence=valence, arousal=arousal),
            past,
            words=10,
        )
        for certainty in (less, more)
    )
    if unsure.state is LearningState.FRUSTRATION:
        assert levels.index(sure.intervention) >= levels.index(unsure.intervention)


@given(texts, pasts)
def test_a_pleasanter_message_never_lowers_readiness_in_the_same_state(read: TextMood, past: list[Moment]) -> None:
    order = [LearningReadiness.LOW, LearningReadiness.MODERATE, LearningReadiness.HIGH]
    before = mood_of(read, past, words=10)
    after = mood_of(replace(read, valence=min(1.0, read.valence + 0.3)), past, words=10)
    if after.state is before.state:
        assert order.index(after.readiness) >= order.index(before.readiness)


def test_what_is_unclear_is_neutral() -> None:
    assert mood_of(text(LearningState.CONFUSION, certainty=0.3), [], words=8).state is LearningState.NEUTRAL


def test_frustration_counts_from_the_learners_own_threshold() -> None:
    read = text(LearningState.FRUSTRATION, certainty=0.6, valence=-0.5)
    patient = replace(NEW_PROFILE, frustration_threshold=0.8)
    assert mood_of(read, [], words=8).state is LearningState.FRUSTRATION
    assert mood_of(read, [], words=8, profile=patient).state is LearningState.NEUTRAL


def test_confusion_that_stays_turns_into_frustration() -> None:
    past = [moment(LearningState.CONFUSION, -0.1), moment(LearningState.CONFUSION, -0.3)]
    mood = mood_of(text(LearningState.CONFUSION, valence=-0.5), past, words=8)
    assert mood.state is LearningState.FRUSTRATION
    assert mood.intervention is Intervention.STRONG
    assert mood.trend is Trend.FALLING


def test_confusion_that_clears_stays_confusion() -> None:
    past = [moment(LearningState.CONFUSION, -0.4), moment(LearningState.CONFUSION, -0.2)]
    assert mood_of(text(LearningState.CONFUSION, valence=0.0), past, words=8).state is LearningState.CONFUSION


def test_a_good_stretch_is_flow() -> None:
    past = [moment(LearningState.CURIOSITY, 0.3) for _ in range(4)]
    mood = mood_of(text(LearningState.CURIOSITY, valence=0.4), past, words=14, pause_seconds=25)
    assert mood.state is LearningState.FLOW
    assert mood.readiness is LearningReadiness.HIGH


def test_one_stumble_ends_flow() -> None:
    past = [moment(LearningState.CURIOSITY, 0.3) for _ in range(5)]
    assert mood_of(text(LearningState.CONFUSION), past, words=14).state is LearningState.CONFUSION


def test_answers_that_shrink_and_slow_down_are_boredom() -> None:
    past = [moment(LearningState.NEUTRAL, 0.0, words=30, pause=20) for _ in range(5)]
    past += [moment(LearningState.NEUTRAL, -0.1, words=2, pause=200)] * 2
    eager = replace(NEW_PROFILE, baseline_engagement=0.7)
    read = TextMood(state=LearningState.NEUTRAL, certainty=0.9, valence=-0.1, arousal=-0.2)
    assert mood_of(read, past, words=1, pause_seconds=300, profile=eager).state is LearningState.BOREDOM


@pytest.mark.parametrize(("times", "expected"), [(1, LearningState.NEUTRAL), (2, LearningState.BOREDOM)])
def test_boredom_has_to_be_said_twice(times: int, expected: LearningState) -> None:
    past = [moment(LearningState.NEUTRAL), *[moment(LearningState.BOREDOM, -0.2)] * (times - 1)]
    assert mood_of(text(LearningState.BOREDOM, valence=-0.2), past, words=5).state is expected
