"""What a learner wants to reach in a subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class GoalKind(StrEnum):
    ABILITY = "ability"
    """An ability by a day; `target` is a level from 0 to 1."""
    SKILLS = "skills"
    """So many skills mastered by a day."""
    QUESTIONS = "questions"
    """So many answered a week."""
    MINUTES = "minutes"
    """So long practised a week."""

    @property
    def is_weekly(self) -> bool:
        return self in {GoalKind.QUESTIONS, GoalKind.MINUTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One for each learner and subject."""

    user_id: str
    subject: str
    kind: GoalKind
    target: float
    until: date | None = None
    """The day by which; None for what is reached every week anew."""
    start: float = 0.0
    """Where the learner stood when the goal was set, in the unit of `target`."""
    created_at: datetime
