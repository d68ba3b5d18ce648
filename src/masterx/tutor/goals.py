"""Goals: how far a learner is, and when they will be there at the pace of their answers, with its doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from masterx.learner.irt import logit
from masterx.records.goals import Goal, GoalKind
from masterx.records.practice import PracticeResponse
from masterx.tutor.practice_views import SubjectProgress, subject_name

WEEK: Final = timedelta(days=7)
LONGEST: Final = timedelta(weeks=104)
"""A forecast beyond that says nothing."""
LONGEST_ITEM: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalView:
    subject: str
    subject_name: str
    kind: GoalKind
    target: float
    until: date | None
    now: float
    """In the unit of the target; of a weekly goal, what was done in the last seven days."""
    share: float
    """Of the way from the start to the target, 0 to 1."""
    reached: bool
    earliest: date | None
    """When it will be reached at the pace of the last weeks: with 95 % certainty not before `earliest` and not after
    `latest`. None where that cannot be said; then there is no forecast, or no end to it."""
    latest: date | None
    forecast: str
    """none, reached, on_track, open (it may be in time or not), late or unlikely."""


def goal_view(goal: Goal, progress: SubjectProgress, recent: Sequence[PracticeResponse], now: datetime) -> GoalView:
    """`recent` are the newest answers of all subjects."""
    done = _done(goal, progress, recent, now)
    reached = done >= goal.target
    way = goal.target - goal.start
    share = 1.0 if reached else min(max((done - goal.start) / way, 0.0), 1.0) if way > 0 else 0.0
    earliest, latest = (None, None) if reached else _when(goal, progress, now)
    return GoalView(
        subject=goal.subject,
        subject_name=subject_name(goal.subject),
        kind=goal.kind,
        target=goal.target,
        until=goal.until,
        now=done,
        share=share,
        reached=reached,
        earliest=earliest,
        latest=latest,
        forecast=_forecast(goal, reached, earliest, latest, now.date(), known=_paced(goal, progress)),
    )


def standing_at_start(kind: GoalKind, progress: SubjectProgress) -> float:
    """From where the way of a new goal is measured."""
    if kind is GoalKind.ABILITY:
        return progress.ability.level
    return float(_mastered(progress)) if kind is GoalKind.SKILLS else 0.0


def goal_line(goal: Goal) -> str:
    """For the prompt."""
    subject = subject_name(goal.subject).lower() if goal.subject != "python" else "Python"
    by = "" if goal.until is None else f" by {goal.until.isoformat()}"
    if goal.kind is GoalKind.ABILITY:
        return f"to reach {round(100 * goal.target)} of 100 in {subject}{by}"
    if goal.kind is GoalKind.SKILLS:
        return f"to master {round(goal.target)} skills of {subject}{by}"
    unit = "questions" if goal.kind is GoalKind.QUESTIONS else "minutes"
    return f"{round(goal.target)} {unit} of {subject} a week"


def _done(goal: Goal, progress: SubjectProgress, recent: Sequence[PracticeResponse], now: datetime) -> float:
    if goal.kind is GoalKind.ABILITY:
        return progress.ability.level
    if goal.kind is GoalKind.SKILLS:
        return float(_mastered(progress))
    theirs = [each for each in recent if each.subject == goal.subject and now - each.answered_at <= WEEK]
    if goal.kind is GoalKind.QUESTIONS:
        return float(len(theirs))
    return sum(min(each.seconds or 0.0, LONGEST_ITEM) for each in theirs) / 60


def _mastered(progress: SubjectProgress) -> int:
    return sum(skill.state == "mastered" for skill in progress.skills)


def _paced(goal: Goal, progress: SubjectProgress) -> bool:
    """Whether the answers say how fast ability grows, and with it when the goal is reached."""
    return goal.kind is GoalKind.ABILITY and progress.improvement_rate is not None and progress.ability.sure


def _when(goal: Goal, progress: SubjectProgress, now: datetime) -> tuple[date | None, date | None]:
    """From the interval of the rate and that of ability itself: the nearest start at the fastest pace, and so on."""
    low, high = progress.improvement_low, progress.improvement_high
    if low is None or high is None or not _paced(goal, progress):
        return None, None
    near, far = (max(logit(goal.target) - logit(level), 0.0) for level in (progress.ability.high, progress.ability.low))
    return _after(near, high, now), _after(far, low, now)


def _after(way: float, rate: float, now: datetime) -> date | None:
    """`rate` is a week's; None where it does not lead there."""
    if rate <= 0 or not math.isfinite(way / rate):
        return None
    weeks = way / rate
    return None if weeks > LONGEST / WEEK else (now + WEEK * weeks).date()


def _forecast(
    goal: Goal, reached: bool, earliest: date | None, latest: date | None, today: date, *, known: bool
) -> str:
    if reached:
        return "reached"
    if goal.until is None:
        return "none"
    if goal.until < today:
        return "late"
    if latest is not None and latest <= goal.until:
        return "on_track"
    if earliest is None:
        return "unlikely" if known else "none"
    return "open" if earliest <= goal.until else "unlikely"
