"""Goals as learners meet them: set, changed, given up, and how far they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final, Protocol

from masterx.clock import Clock
from masterx.errors import InvalidInput
from masterx.records.goals import Goal, GoalKind
from masterx.store.goal_ports import GoalStore, OverviewStore
from masterx.tutor.goals import GoalView, goal_view, standing_at_start
from masterx.tutor.practice_views import SubjectProgress
from masterx.tutor.practising import Practice

MOST_A_WEEK: Final = {GoalKind.QUESTIONS: 1_000.0, GoalKind.MINUTES: 3_000.0}
LEVELS: Final = (0.05, 0.95)
"""Nobody is ever sure of more."""


class Store(GoalStore, OverviewStore, Protocol):
    """What goals read and write."""


class Goals:
    def __init__(self, store: Store, practice: Practice, clock: Clock) -> None:
        self._store = store
        self._practice = practice
        self._clock = clock

    async def of(self, user_id: str, progress: Collection[SubjectProgress] | None = None) -> tuple[GoalView, ...]:
        """By subject. `progress` where it is at hand."""
        goals = await self._store.goals(user_id)
        if not goals:
            return ()
        subjects = {each.subject: each for each in progress or await self._practice.progress(user_id)}
        now = self._clock.now()
        overview = await self._store.learner_overview(user_id, now)
        return tuple(
            goal_view(goal, subjects[goal.subject], overview.recent, now) for goal in goals if goal.subject in subjects
        )

    async def put(self, user_id: str, subject: str, kind: GoalKind, target: float, until: date | None) -> GoalView:
        """Raises `InvalidInput` for an unknown subject, a target that means nothing and a day gone by."""
        now = self._clock.now()
        subjects = {each.subject: each for each in await self._practice.progress(user_id)}
        progress = subjects.get(subject)
        if progress is None:
            raise InvalidInput("That subject is not in the bank.", details={"subjects": list(subjects)})
        _require(kind, target, until, now.date(), skills=len(progress.skills))
        start = standing_at_start(kind, progress)
        if not kind.is_weekly and target <= start:
            raise InvalidInput("You have reached that already.", details={"field": "target"})
        goal = Goal(
            user_id=user_id,
            subject=subject,
            kind=kind,
            target=target,
            until=None if kind.is_weekly else until,
            start=start,
            created_at=now,
        )
        await self._store.put_goal(goal)
        overview = await self._store.learner_overview(user_id, now)
        return goal_view(goal, progress, overview.recent, now)

    async def remove(self, user_id: str, subject: str) -> None:
        """Raises `NotFound`."""
        await self._store.remove_goal(user_id, subject)


def _require(kind: GoalKind, target: float, until: date | None, today: date, *, skills: int) -> None:
    low, high = {
        GoalKind.ABILITY: LEVELS,
        GoalKind.SKILLS: (1.0, float(skills)),
    }.get(kind) or (1.0, MOST_A_WEEK[kind])
    if not low <= target <= high:
        raise InvalidInput(f"The target has to be between {low:g} and {high:g}.", details={"field": "target"})
    if not kind.is_weekly and until is None:
        raise InvalidInput("Name the day by which you want to be there.", details={"field": "until"})
    if not kind.is_weekly and until is not None and until <= today:
        raise InvalidInput("That day is over.", details={"field": "until"})
