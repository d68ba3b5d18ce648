"""How a learner is doing, as far as it can be told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LearningState(StrEnum):
    """What a message, or a stretch of a lesson, sounds like. Not a diagnosis: always shown as "sounds"."""

    CURIOSITY = "curiosity"
    ENGAGEMENT = "engagement"
    FLOW = "flow_state"
    CONFUSION = "confusion"
    FRUSTRATION = "frustration"
    ANXIETY = "anxiety"
    BOREDOM = "boredom"
    JOY = "joy"
    NEUTRAL = "neutral"


STRAIN = frozenset({LearningState.CONFUSION, LearningState.FRUSTRATION, LearningState.ANXIETY})
"""States in which a learner needs something else than more of the same."""


class LearningReadiness(StrEnum):
    HIGH = "high_readiness"
    MODERATE = "moderate_readiness"
    LOW = "low_readiness"


class Intervention(StrEnum):
    """How far the next answer departs from plain teaching, mildest first."""

    NONE = "none"
    LIGHT = "light"
    """Half a sentence on the mood, and a smaller step."""
    STRONG = "strong"
    """Another way in: stop, go back to what is known, offer a break."""
    CARE = "care"
    """Signs of distress: the operator's help text is shown, and teaching waits."""


class Trend(StrEnum):
    """Of the mood over the lesson."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMood:
    """What one message sounds like by itself."""

    state: LearningState
    certainty: float
    """0 to 1."""
    valence: float
    """Unpleasant to pleasant, -1 to 1."""
    arousal: float
    """Calm to excited, -1 to 1."""
    distress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One message of the lesson, reduced to what a trend needs."""

    state: LearningState
    """What the message said, before behaviour was looked at."""
    valence: float
    arousal: float
    words: int
    pause_seconds: float | None = None
    """From the end of the answer before it; None for the first message of a lesson."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """A message in the light of its lesson and its learner."""

    state: LearningState
    said: LearningState
    """Without what only behaviour over time tells; what the next message's trend is computed from."""
    certainty: float
    valence: float
    arousal: float
    engagement: float
    """0 to 1, from behaviour and mood over the last messages."""
    readiness: LearningReadiness
    intervention: Intervention
    trend: Trend
