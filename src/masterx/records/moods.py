"""What learners say of how their mood was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from masterx.records.emotions import LearningState
from masterx.records.users import EmotionalProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodCorrection:
    message_id: str
    user_id: str
    told: LearningState | None
    """The learner's own word; None takes an earlier one back."""
    corrected_at: datetime
    may_be_learned_from: bool = False
    """With the learner's consent: the message may be used as an example."""
    emotional_profile: EmotionalProfile | None = None
    """As the correction leaves it; None leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledMessage:
    """An example that its writer labelled and gave away."""

    id: str
    text: str
    read: LearningState
    told: LearningState
    corrected_at: datetime
