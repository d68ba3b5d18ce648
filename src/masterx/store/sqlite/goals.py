"""`GoalStore` and `OverviewStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.goals import Goal, GoalKind
from masterx.records.messages import Message
from masterx.records.overviews import MOST_DUE, RECENT_ANSWERS, LearnerOverview
from masterx.records.sessions import Session
from masterx.store.sqlite.columns import placeholders, time_of, time_text
from masterx.store.sqlite.messages import select_lesson
from masterx.store.sqlite.practice import select_due, select_responses, select_states
from masterx.store.sqlite.tables import Tables

_GOAL = "user_id, subject, kind, target, until, start, created_at"
_PUT = f"INSERT OR REPLACE INTO goals ({_GOAL}) VALUES ({placeholders(_GOAL)})"
_ALL = f"SELECT {_GOAL} FROM goals WHERE user_id = ? ORDER BY subject"
_REMOVE = "DELETE FROM goals WHERE user_id = ? AND subject = ?"


class SQLiteGoals(Tables):
    async def put_goal(self, goal: Goal) -> None:
        await self._writer.run(_put, goal)

    async def goals(self, user_id: str) -> Sequence[Goal]:
        return await self._readers.run(_select, user_id)

    async def remove_goal(self, user_id: str, subject: str) -> None:
        await self._writer.run(_remove, user_id, subject)

    async def learner_overview(self, user_id: str, now: datetime) -> LearnerOverview:
        return await self._readers.run(_overview, user_id, now)

    async def lesson_with_overview(
        self, session_id: str, user_id: str, now: datetime, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
        return await self._readers.run(_lesson, session_id, user_id, now, limit, before)


def _put(connection: sqlite3.Connection, goal: Goal) -> None:
    until = None if goal.until is None else goal.until.isoformat()
    connection.execute(
        _PUT, (goal.user_id, goal.subject, goal.kind, goal.target, until, goal.start, time_text(goal.created_at))
    )


def _select(connection: sqlite3.Connection, user_id: str) -> list[Goal]:
    return [_goal_of(row) for row in connection.execute(_ALL, (user_id,))]


def _goal_of(row: tuple[Any, ...]) -> Goal:
    return Goal(
        user_id=row[0],
        subject=row[1],
        kind=GoalKind(row[2]),
        target=row[3],
        until=None if row[4] is None else date.fromisoformat(row[4]),
        start=row[5],
        created_at=time_of(row[6]),
    )


def _remove(connection: sqlite3.Connection, user_id: str, subject: str) -> None:
    if connection.execute(_REMOVE, (user_id, subject)).rowcount != 1:
        raise NotFound


def _overview(connection: sqlite3.Connection, user_id: str, now: datetime) -> LearnerOverview:
    return LearnerOverview(
        states=tuple(select_states(connection, user_id)),
        recent=tuple(select_responses(connection, user_id, None, RECENT_ANSWERS, None)),
        due=tuple(select_due(connection, user_id, now, MOST_DUE)),
        goals=tuple(_select(connection, user_id)),
    )


def _lesson(
    connection: sqlite3.Connection, session_id: str, user_id: str, now: datetime, limit: int, before: str | None
) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
    found = select_lesson(connection, session_id, user_id, limit, before)
    return None if found is None else (*found, _overview(connection, user_id, now))
