"""What a learner knew of a subject at one moment, and the items and responses it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPerformance:
    id: str
    user_id: str
    subject: str
    timestamp: datetime
    ability_level: float
    """0 to 1."""
    difficulty_preference: float
    """0 to 1."""
    learning_velocity: float
    """Concepts mastered per hour of practice."""
    mastery_topics: tuple[str, ...] = ()
    struggling_topics: tuple[str, ...] = ()
    total_practice_time_hours: float = 0.0
    improvement_rate: float | None = None
    """Ability gained per week."""
