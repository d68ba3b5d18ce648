"""Goals, and all that a turn has to know of its learner; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.goals import Goal
from masterx.records.messages import Message
from masterx.records.overviews import LearnerOverview
from masterx.records.sessions import Session


class GoalStore(Protocol):
    async def put_goal(self, goal: Goal) -> None:
        """Takes the place of the one in the same subject. Raises `NotFound` without the user."""
        ...

    async def goals(self, user_id: str) -> Sequence[Goal]:
        """By subject."""
        ...

    async def remove_goal(self, user_id: str, subject: str) -> None:
        """Raises `NotFound`."""
        ...


class OverviewStore(Protocol):
    async def learner_overview(self, user_id: str, now: datetime) -> LearnerOverview:
        """In one read."""
        ...

    async def lesson_with_overview(
        self, session_id: str, user_id: str, now: datetime, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
        """`MessageStore.lesson` and `learner_overview`, without `before` in one read of one moment."""
        ...
