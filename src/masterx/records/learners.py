"""What administrators see of those who practise: figures, never words or moods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

RECENT: Final = timedelta(days=30)
"""How far back the success rate looks."""


class LearnersSort(StrEnum):
    LAST_PRACTISED = "last_practised"
    """Who practised last comes first."""
    LONGEST_AWAY = "longest_away"
    NAME = "name"
    LEVEL = "level"
    """The lowest ability, in the subject where it is lowest, comes first."""
    STRUGGLING = "struggling"
    """Most skills that slip come first, as do the most of the next three."""
    MASTERED = "mastered"
    ANSWERS = "answers"
    TIME = "time"
    SUCCESS = "success"
    """The lowest share of right answers comes first, whoever has not answered of late last."""
    DUE = "due"
    """Most skills to be reviewed come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnersQuery:
    now: datetime
    search: str = ""
    """Part of a name or an e-mail address, without regard to case."""
    subject: str | None = None
    """Who practised it, and what they did in it; None for all subjects together."""
    sort: LearnersSort = LearnersSort.LAST_PRACTISED
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectStanding:
    """As the last answer left it."""

    subject: str
    level: float
    """0 to 1, as `UserPerformance.ability_level`."""
    theta: float | None
    theta_error: float | None
    mastered: int
    struggling: int
    answers: int
    practice_seconds: float
    last_answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerRow:
    user_id: str
    name: str
    email: str
    subjects: tuple[SubjectStanding, ...]
    """By name."""
    due: int
    """Skills to be reviewed by now, in all subjects."""
    recent_answers: int
    """In `RECENT`, in all subjects, as the next."""
    recent_right: int

    @property
    def mastered(self) -> int:
        return sum(each.mastered for each in self.subjects)

    @property
    def struggling(self) -> int:
        return sum(each.struggling for each in self.subjects)

    @property
    def answers(self) -> int:
        return sum(each.answers for each in self.subjects)

    @property
    def practice_seconds(self) -> float:
        return sum(each.practice_seconds for each in self.subjects)

    @property
    def last_answered_at(self) -> datetime:
        return max(each.last_answered_at for each in self.subjects)

    @property
    def success(self) -> float | None:
        """Share of right answers; None without one."""
        return self.recent_right / self.recent_answers if self.recent_answers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnersPage:
    learners: tuple[LearnerRow, ...]
    total: int
    """Of all pages."""
    next_cursor: str | None
