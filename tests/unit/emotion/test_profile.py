from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from masterx.emotion.profile import HIGHEST_THRESHOLD, LOWEST_THRESHOLD, RATE, after_correction, after_message
from masterx.emotion.state import NEW_PROFILE
from masterx.records.emotions import Intervention, LearningReadiness, LearningState, Mood, Trend
from masterx.records.users import EmotionalProfile

unit = st.floats(0, 1)
profiles = st.builds(
    EmotionalProfile, baseline_engagement=unit, frustration_threshold=unit, celebration_responsiveness=unit
)


def mood(engagement: float) -> Mood:
    return Mood(
        state=LearningState.NEUTRAL,
        said=LearningState.NEUTRAL,
        certainty=0.5,
        valence=0,
        arousal=0,
        engagement=engagement,
        readiness=LearningReadiness.MODERATE,
        intervention=Intervention.NONE,
        trend=Trend.STEADY,
    )


@given(profiles, unit, st.none() | st.booleans())
def test_a_message_moves_the_profile_a_little_and_never_out_of_range(
    profile: EmotionalProfile, engaged: float, celebrated: bool | None
) -> None:
    after = after_message(profile, mood(engaged), celebrated=celebrated)
    assert abs(after.baseline_engagement - profile.baseline_engagement) <= RATE + 1e-12
    assert 0 <= after.baseline_engagement <= 1
    assert 0 <= after.celebration_responsiveness <= 1
    assert after.frustration_threshold == profile.frustration_threshold


def test_a_month_of_lessons_finds_the_learners_own_engagement() -> None:
    profile = None
    for _ in range(300):
        profile = after_message(profile, mood(0.8))
    assert profile is not None
    assert abs(profile.baseline_engagement - 0.8) < 0.01


@given(st.lists(st.tuples(st.sampled_from(LearningState), st.sampled_from(LearningState)), max_size=60))
def test_the_threshold_for_frustration_keeps_within_its_bounds(corrections: list[tuple[LearningState, ...]]) -> None:
    profile = NEW_PROFILE
    for read, told in corrections:
        profile = after_correction(profile, read, told)
    assert LOWEST_THRESHOLD <= profile.frustration_threshold <= HIGHEST_THRESHOLD


def test_being_read_wrongly_as_frustrated_raises_the_threshold_and_being_missed_lowers_it() -> None:
    wrongly = after_correction(None, LearningState.FRUSTRATION, LearningState.NEUTRAL)
    missed = after_correction(None, LearningState.NEUTRAL, LearningState.FRUSTRATION)
    assert wrongly.frustration_threshold > NEW_PROFILE.frustration_threshold > missed.frustration_threshold


def test_other_corrections_leave_the_threshold_alone() -> None:
    assert after_correction(None, LearningState.CONFUSION, LearningState.CURIOSITY) == NEW_PROFILE
