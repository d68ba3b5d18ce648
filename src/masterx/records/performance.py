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
    """0 to 1: 1 / (1 + exp(-theta)), the chance of a right answer to an average item."""
    difficulty_preference: float
    """0 to 1: the difficulty that suits the learner now, by the same transform."""
    learning_velocity: float
    """Concepts mastered per hour of practice."""
    mastery_topics: tuple[str, ...] = ()
    struggling_topics: tuple[str, ...] = ()
    total_practice_time_hours: float = 0.0
    improvement_rate: float | None = None
    """Ability (theta) gained per week; None while the answers say too little."""
    theta: float | None = None
    """Ability on the scale on which learners are about N(0, 1)."""
    theta_error: float | None = None
    """Standard error of theta."""
    improvement_rate_error: float | None = None
    """Standard error; 1.96 of them to either side cover the truth 95 % of the time."""
