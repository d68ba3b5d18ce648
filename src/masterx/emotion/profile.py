"""The learner's emotional profile, learned slowly from what happened. Pure.

Each message moves a figure by a small share of the way to what was seen, so that one bad evening changes little and a
month changes much. All three stay between 0 and 1.
"""

from __future__ import annotations

from dataclasses import replace

from masterx.emotion.state import NEW_PROFILE
from masterx.records.emotions import LearningState, Mood
from masterx.records.users import EmotionalProfile

RATE = 0.02
"""Of the way, for each message: half of what is new is learned after 34."""
CORRECTION_RATE = 0.15
"""A learner who says it themselves is worth several readings."""
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.25, 0.9
"""Frustration is neither read into everything nor never."""


def after_message(profile: EmotionalProfile | None, mood: Mood, *, celebrated: bool | None = None) -> EmotionalProfile:
    """``celebrated``: whether the mood rose after a success that the tutor named; None where there was none."""
    known = profile or NEW_PROFILE
    responsiveness = known.celebration_responsiveness
    if celebrated is not None:
        responsiveness = _towards(responsiveness, 1.0 if celebrated else 0.0, RATE * 5)
    return replace(
        known,
        baseline_engagement=_towards(known.baseline_engagement, mood.engagement, RATE),
        celebration_responsiveness=responsiveness,
    )


def after_correction(profile: EmotionalProfile | None, read: LearningState, told: LearningState) -> EmotionalProfile:
    """The learner said what it was. Being read as frustrated wrongly raises the threshold, being missed lowers it."""
    known = profile or NEW_PROFILE
    frustrated = LearningState.FRUSTRATION
    if (read is frustrated) == (told is frustrated):
        return known
    aim = HIGHEST_THRESHOLD if read is frustrated else LOWEST_THRESHOLD
    return replace(known, frustration_threshold=_towards(known.frustration_threshold, aim, CORRECTION_RATE))


def _towards(value: float, aim: float, share: float) -> float:
    return value + share * (aim - value)
