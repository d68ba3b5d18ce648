"""`GoalStore` and `OverviewStore`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from masterx.errors import NotFound
from masterx.records.goals import Goal, GoalKind
from masterx.records.messages import Message
from masterx.records.overviews import MOST_DUE, RECENT_ANSWERS, LearnerOverview
from masterx.records.sessions import Session
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_after, time_in
from masterx.store.mongodb.messages import lesson_before, lesson_of, lesson_pipeline
from masterx.store.mongodb.practice import NEWEST, pair_id, response_of, review_of, state_of
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user

_FROM: Final = "from_collection"


class MongoGoals(Tables):
    async def put_goal(self, goal: Goal) -> None:
        await self._database.transact(f"user {goal.user_id}", _put, goal)

    async def goals(self, user_id: str) -> Sequence[Goal]:
        return await self._database.read(_goals, user_id)

    async def remove_goal(self, user_id: str, subject: str) -> None:
        await self._database.write(_remove, user_id, subject)

    async def learner_overview(self, user_id: str, now: datetime) -> LearnerOverview:
        return await self._database.snapshot(_overview, user_id, now)

    async def lesson_with_overview(
        self, session_id: str, user_id: str, now: datetime, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
        if before is None:
            return await self._database.snapshot(_lesson, session_id, user_id, now, limit)
        return await self._database.snapshot(_lesson_before, session_id, user_id, now, limit, before)


async def _put(access: Access, goal: Goal) -> None:
    if not await touch_user(access, goal.user_id):
        raise NotFound
    row = document(
        user_id=goal.user_id,
        subject=goal.subject,
        kind=goal.kind,
        target=float(goal.target),
        until=None if goal.until is None else goal.until.isoformat(),
        start=float(goal.start),
        created_at=goal.created_at,
    )
    await access.update("goals", {"_id": pair_id(goal.user_id, goal.subject)}, {"$set": row}, upsert=True)


async def _goals(access: Access, user_id: str) -> list[Goal]:
    return [_goal_of(row) for row in await access.all("goals", {"user_id": user_id}, sort=[("subject", 1)])]


async def _remove(access: Access, user_id: str, subject: str) -> None:
    if not await access.delete("goals", {"_id": pair_id(user_id, subject)}):
        raise NotFound


def _goal_of(row: Mapping[str, Any]) -> Goal:
    return Goal(
        user_id=row["user_id"],
        subject=row["subject"],
        kind=GoalKind(row["kind"]),
        target=row["target"],
        until=None if row["until"] is None else date.fromisoformat(row["until"]),
        start=row["start"],
        created_at=time_in(row, "created_at"),
    )


def _parts(user_id: str, now: datetime) -> dict[str, list[Row]]:
    """What an overview reads of each collection."""
    theirs: Row = {"$match": {"user_id": user_id}}
    return {
        "learner_states": [theirs, {"$sort": {"subject": 1}}],
        "practice_responses": [theirs, {"$sort": dict(NEWEST)}, {"$limit": RECENT_ANSWERS}],
        "concept_reviews": [
            {"$match": {"user_id": user_id, "due_at": {"$lte": not_after(now)}}},
            {"$sort": {"due_at": 1, "_id": 1}},
            {"$limit": MOST_DUE},
        ],
        "goals": [theirs, {"$sort": {"subject": 1}}],
    }


def _united(parts: Mapping[str, list[Row]]) -> list[Row]:
    """Stages that add the rows of all parts, each marked with where it is from."""
    return [
        {"$unionWith": {"coll": name, "pipeline": [*pipeline, {"$set": {_FROM: name}}]}}
        for name, pipeline in parts.items()
    ]


async def _overview(access: Access, user_id: str, now: datetime) -> LearnerOverview:
    parts = _parts(user_id, now)
    states = [*parts.pop("learner_states"), {"$set": {_FROM: "learner_states"}}]
    return _overview_of(await access.aggregate("learner_states", [*states, *_united(parts)]))


async def _lesson(
    access: Access, session_id: str, user_id: str, now: datetime, limit: int
) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
    pipeline = [*lesson_pipeline(session_id, user_id, limit), *_united(_parts(user_id, now))]
    rows = await access.aggregate("sessions", pipeline)
    lessons = [row for row in rows if _FROM not in row]
    return (*lesson_of(lessons[0]), _overview_of(rows)) if lessons else None


async def _lesson_before(
    access: Access, session_id: str, user_id: str, now: datetime, limit: int, before: str
) -> tuple[Session, Sequence[Message], LearnerOverview] | None:
    found = await lesson_before(access, session_id, user_id, limit, before)
    return None if found is None else (*found, await _overview(access, user_id, now))


def _overview_of(rows: Iterable[Row]) -> LearnerOverview:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if _FROM in row:
            found.setdefault(row[_FROM], []).append(row)
    return LearnerOverview(
        states=tuple(state_of(row) for row in found.get("learner_states", ())),
        recent=tuple(response_of(row) for row in found.get("practice_responses", ())),
        due=tuple(review_of(row) for row in found.get("concept_reviews", ())),
        goals=tuple(_goal_of(row) for row in found.get("goals", ())),
    )
