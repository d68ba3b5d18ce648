from __future__ import annotations

from dataclasses import replace

import pytest

from masterx.records.emotions import STRAIN, Intervention, LearningReadiness, LearningState, Mood, Trend
from masterx.tutor.strategy import CARE, LOW_READINESS, STRATEGIES, STRONG, instructions, shown_change

CALM = Mood(
    state=LearningState.NEUTRAL,
    said=LearningState.NEUTRAL,
    certainty=0.5,
    valence=0.0,
    arousal=0.0,
    engagement=0.5,
    readiness=LearningReadiness.MODERATE,
    intervention=Intervention.NONE,
    trend=Trend.STEADY,
)


def test_a_neutral_learner_is_taught_plainly() -> None:
    assert instructions(CALM) == ""
    assert shown_change("neutral") == ""


@pytest.mark.parametrize("state", sorted(STRATEGIES))
def test_each_state_changes_one_thing(state: LearningState) -> None:
    assert instructions(replace(CALM, state=state)) == f"- {STRATEGIES[state].instruction}"


@pytest.mark.parametrize("state", sorted(STRAIN))
def test_a_learner_in_strain_is_told_what_changes(state: LearningState) -> None:
    assert shown_change(state)


def test_strain_that_lasts_changes_the_way_in() -> None:
    mood = replace(CALM, state=LearningState.FRUSTRATION, intervention=Intervention.STRONG)
    assert instructions(mood).splitlines()[1] == f"- {STRONG}"


def test_a_learner_who_is_not_ready_gets_nothing_new() -> None:
    assert instructions(replace(CALM, readiness=LearningReadiness.LOW)) == f"- {LOW_READINESS}"


def test_in_distress_nothing_else_is_said() -> None:
    mood = replace(CALM, state=LearningState.JOY, intervention=Intervention.CARE, readiness=LearningReadiness.LOW)
    assert instructions(mood) == CARE
