"""Learners as an administrator sees them: ability with its band, and what may need a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from masterx.learner.irt import level
from masterx.learner.velocity import IN_95_PERCENT
from masterx.records.learners import LearnerRow, SubjectStanding
from masterx.tutor.practice_views import SURE_ERROR, subject_name
from masterx.web.figures import count, percent

BAR_WIDTH = 72
_DOT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    name: str
    ability: str
    """Of 100 with its band; a dash where the error is too large for one to be told."""
    at: float | None
    """On a bar, as are the next."""
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerView:
    row: LearnerRow
    subjects: tuple[SubjectView, ...]
    success: str
    time: str


def learner_views(rows: Iterable[LearnerRow]) -> list[LearnerView]:
    return [
        LearnerView(
            row=row,
            subjects=tuple(_subject(each) for each in row.subjects),
            success="–" if row.success is None else f"{percent(row.success)} of {count(row.recent_answers)}",
            time=_time(row.practice_seconds),
        )
        for row in rows
    ]


def _subject(each: SubjectStanding) -> SubjectView:
    name = subject_name(each.subject)
    if each.theta is None or each.theta_error is None or each.theta_error > SURE_ERROR:
        return SubjectView(name=name, ability="not sure yet", at=None, low=0.0, high=0.0)
    low, high = (level(each.theta + side * IN_95_PERCENT * each.theta_error) for side in (-1, 1))
    return SubjectView(
        name=name,
        ability=f"{round(100 * each.level)}, {round(100 * low)} to {round(100 * high)}",
        at=_along(each.level),
        low=_along(low),
        high=_along(high),
    )


def _along(level: float) -> float:
    return round(_DOT + level * (BAR_WIDTH - 2 * _DOT), 1)


def _time(seconds: float) -> str:
    hours = seconds / 3600
    return f"{seconds / 60:.0f} min" if hours < 1 else f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"


def told_of(name: str, sentence: str) -> str:
    """What a learner reads of themselves, as somebody else reads it."""
    for words, others in (("You have ", f"{name} has "), ("You are ", f"{name} is ")):
        if sentence.startswith(words):
            return others + sentence.removeprefix(words)
    return sentence
