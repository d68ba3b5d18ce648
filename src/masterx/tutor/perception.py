"""What was read from a learner's message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from masterx.records.emotions import Mood
from masterx.records.messages import EmotionState
from masterx.records.recall import Recalled
from masterx.records.users import EmotionalProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Perception:
    """All of it is None or empty where nothing could be read."""

    topic: str | None = None
    """The task category that the lesson is on from this message on."""
    mood: Mood | None = None
    emotion: EmotionState | None = None
    """The mood as it is stored; that of an answer which goes on was read before."""
    embedding: tuple[float, ...] | None = None
    emotional_profile: EmotionalProfile | None = None
    """The learner's after this message."""
    recalled: tuple[Recalled, ...] = ()


NOTHING: Final = Perception()
